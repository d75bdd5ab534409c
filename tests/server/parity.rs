//! Both engines have the same schema: same tables, same columns, same uniqueness.

use std::collections::{BTreeMap, BTreeSet};

use testkit::{Database, Engine, Terminal};

/// A table: its columns by name, each with its type and whether it may be NULL, and its sets of columns that
/// are unique together.
type Table = (BTreeMap<String, (String, bool)>, BTreeSet<(BTreeSet<String>, bool)>);

/// Migrated by the binary's own command.
fn migrated(engine: Engine) -> Database {
    let database = Database::empty(engine);
    Terminal::new().run(&["migrate", "--database-url", database.url()]).printed();
    database
}

fn cells(database: &Database, sql: &str) -> Vec<Vec<String>> {
    let rows = database.rows(sql);
    rows.into_iter().map(|row| row.into_iter().map(Option::unwrap_or_default).collect()).collect()
}

fn sqlite() -> BTreeMap<String, Table> {
    let database = migrated(Engine::Sqlite);
    let columns = cells(
        &database,
        "SELECT t.name, c.name, c.type, c.\"notnull\" FROM pragma_table_list t, pragma_table_info(t.name) c \
         WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite_%'",
    );
    // An INTEGER PRIMARY KEY is unique without an index of its own.
    let unique = cells(
        &database,
        "SELECT t.name, i.name, i.partial, c.name FROM pragma_table_list t, pragma_index_list(t.name) i, \
         pragma_index_info(i.name) c WHERE t.schema = 'main' AND i.\"unique\" AND t.name NOT LIKE 'sqlite_%' \
         UNION ALL SELECT t.name, 'primary key', 0, c.name FROM pragma_table_list t, pragma_table_info(t.name) c \
         WHERE t.schema = 'main' AND c.pk > 0 AND t.name NOT LIKE 'sqlite_%'",
    );
    tables(&columns, &unique)
}

fn postgres() -> BTreeMap<String, Table> {
    let database = migrated(Engine::Postgres);
    let columns = cells(
        &database,
        "SELECT table_name, column_name, data_type, CASE is_nullable WHEN 'NO' THEN 1 ELSE 0 END \
         FROM information_schema.columns WHERE table_schema = current_schema()",
    );
    let unique = cells(
        &database,
        "SELECT t.relname, i.relname, CASE WHEN x.indpred IS NULL THEN 0 ELSE 1 END, a.attname FROM pg_index x \
         JOIN pg_class t ON t.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid \
         JOIN pg_attribute a ON a.attrelid = i.oid \
         WHERE x.indisunique AND t.relnamespace = current_schema()::regnamespace",
    );
    tables(&columns, &unique)
}

fn tables(columns: &[Vec<String>], unique: &[Vec<String>]) -> BTreeMap<String, Table> {
    let mut tables: BTreeMap<String, Table> = BTreeMap::new();
    for column in columns {
        let [table, name, kind, not_null] = column.as_slice() else { panic!("{column:?}") };
        let kind = match kind.to_ascii_uppercase().as_str() {
            "INTEGER" | "BIGINT" => "BIGINT".to_owned(),
            other => other.to_owned(),
        };
        tables.entry(table.clone()).or_default().0.insert(name.clone(), (kind, not_null == "0"));
    }
    let mut sets: BTreeMap<(String, String, bool), BTreeSet<String>> = BTreeMap::new();
    for index in unique {
        let [table, name, partial, column] = index.as_slice() else { panic!("{index:?}") };
        let key = (table.clone(), name.clone(), partial == "1");
        sets.entry(key).or_default().insert(column.clone());
    }
    for ((table, _, partial), set) in sets {
        tables.entry(table).or_default().1.insert((set, partial));
    }
    tables
}

#[test]
fn both_engines_have_the_same_tables_columns_and_unique_sets() {
    let (sqlite, postgres) = (sqlite(), postgres());
    let names = |tables: &BTreeMap<String, Table>| tables.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&sqlite), names(&postgres));
    assert!(sqlite.len() > 5, "{:?}", names(&sqlite));
    for (name, (columns, unique)) in &sqlite {
        assert_eq!(*columns, postgres[name].0, "the columns of {name}");
        assert_eq!(*unique, postgres[name].1, "the unique sets of {name}");
        assert!(!unique.is_empty() || name == "kernel_probe", "{name} has no key");
    }
}

#[test]
fn no_column_holds_money_time_or_truth_in_a_type_of_one_engine_alone() {
    for (engine, tables) in [("SQLite", sqlite()), ("PostgreSQL", postgres())] {
        for (name, (columns, _)) in tables {
            for (column, (kind, _)) in columns {
                assert!(["BIGINT", "TEXT"].contains(&kind.as_str()), "{engine}: {name}.{column} is {kind}");
            }
        }
    }
}

#[test]
fn both_engines_took_the_same_numbered_steps() {
    let steps =
        |engine| cells(&migrated(engine), "SELECT number, name FROM kernel_migrations ORDER BY number");
    let (sqlite, postgres) = (steps(Engine::Sqlite), steps(Engine::Postgres));
    assert_eq!(sqlite, postgres);
    for (step, number) in sqlite.iter().zip(1..) {
        assert_eq!(step[0], number.to_string(), "without gaps");
        assert!(step[1].starts_with(&format!("{number:04}_")), "{}", step[1]);
    }
}
