//! Files with a mistake: the complaint names its place, and nothing is stored.

use serde_json::{Value, json};
use testkit::{App, Engine, on_both_engines, suppliers};

use super::{access, purchase};

on_both_engines!(
    a_mistake_is_named_by_its_place,
    a_broken_file_is_named_by_its_line,
    what_contradicts_what_is_stored_is_refused,
);

/// A place in the file, a field of it, what is to stand there (nothing, if the field is to be missing), and the place
/// that the complaint must name.
type Mistake = (&'static str, &'static str, Option<Value>, &'static str);

fn mistakes() -> Vec<Mistake> {
    let long = "x".repeat(256);
    vec![
        ("/suppliers/1", "account", None, "suppliers[1]: missing field `account`"),
        ("/suppliers/1", "account", Some(json!("hotel-hello")), "suppliers[1].account"),
        ("/suppliers/1", "account", Some(json!("")), "suppliers[1].account"),
        ("/suppliers/1", "account", Some(json!(long)), "suppliers[1].account"),
        ("/suppliers/1", "ecommerceHash", None, "suppliers[1]: missing field `ecommerceHash`"),
        ("/suppliers/1", "ecommerceHash", Some(json!(super::HASH)), "suppliers[1].ecommerceHash"),
        ("/suppliers/1", "ecommerceHash", Some(json!("a\0")), "suppliers[1].ecommerceHash"),
        ("/suppliers/1", "timezone", Some(json!("Mars/Olympus")), "suppliers[1].timezone"),
        ("/suppliers/1", "default_rate", Some(json!("1.01")), "suppliers[1].default_rate"),
        ("/suppliers/1", "default_rate", Some(json!(-0.1)), "suppliers[1].default_rate"),
        ("/suppliers/1", "default_rate", Some(json!("0.1234567")), "suppliers[1].default_rate"),
        ("/suppliers/1", "rate", Some(json!("0.1")), "suppliers[1].rate: unknown field `rate`"),
        ("/affiliates/1", "pcrid", None, "affiliates[1]: missing field `pcrid`"),
        ("/affiliates/1", "pcrid", Some(json!(2554)), "affiliates[1].pcrid"),
        ("/affiliates/1", "pcrid", Some(json!(0)), "affiliates[1].pcrid"),
        ("/affiliates/1", "pcrid", Some(json!("2555")), "affiliates[1].pcrid"),
        ("/affiliates/1", "name", None, "affiliates[1]: missing field `name`"),
        ("/affiliates/1", "rate", Some(json!("two")), "affiliates[1].rate"),
        ("/affiliates/1", "rate", Some(json!("2")), "affiliates[1].rate"),
        ("/affiliates/1", "rates", Some(json!({"ryokan": "1.5"})), "affiliates[1].rates.ryokan"),
        ("/affiliates/1", "rates", Some(json!({"nobody": "0.5"})), "nobody, which is no supplier"),
        ("/accesses/1", "account", None, "accesses[1]: missing field `account`"),
        ("/accesses/1", "account", Some(json!("nobody")), "accesses[1].account"),
        ("/accesses/1", "id", Some(json!(0)), "accesses[1].id"),
        ("/accesses/1", "id", Some(json!(i64::MAX)), "accesses[1].id"),
        ("/accesses/1", "id", Some(json!("2")), "accesses[1].id"),
        ("/accesses/1", "uuid", Some(json!("u")), "accesses[1].uuid"),
        ("/accesses/1", "pcrid", Some(json!(-1)), "accesses[1].pcrid"),
        ("/accesses/1", "created_at", None, "accesses[1]: missing field `created_at`"),
        ("/accesses/1", "created_at", Some(json!("2022-10-04T10:00:00")), "accesses[1].created_at"),
        ("/accesses/1", "ecommerceHash", Some(json!("ryokan-hash")), "accesses[1].ecommerceHash"),
        ("/accesses/1", "tags", Some(json!("a,b")), "accesses[1].tags"),
        ("/accesses/1", "screen", Some(json!({"width": "x"})), "accesses[1].screen.width"),
        ("/accesses/1", "userAgents", Some(json!("x")), "accesses[1].userAgents: unknown field"),
        ("/purchases/1", "account", Some(json!("nobody")), "purchases[1].account"),
        ("/purchases/1", "id", Some(json!("")), "purchases[1].id"),
        ("/purchases/1", "id", Some(json!(5)), "purchases[1].id"),
        ("/purchases/1", "pcrid", Some(json!(0)), "purchases[1].pcrid"),
        ("/purchases/1", "status", Some(json!(3)), "purchases[1].status"),
        ("/purchases/1", "purchase_date", Some(json!("soon")), "purchases[1].purchase_date"),
        ("/purchases/1", "price", Some(json!(0.001)), "purchases[1].price"),
        ("/purchases/1", "price", Some(json!(-1)), "purchases[1].price"),
        ("/purchases/1", "commission_base", Some(json!(101)), "purchases[1].commission_base"),
        ("/purchases/1", "commission_value", None, "purchases[1]: missing field `commission_value`"),
        ("/purchases/1", "contact_name", Some(json!("a\0")), "purchases[1].contact_name"),
        ("/purchases/1", "extra", Some(json!([])), "purchases[1].extra"),
        ("/purchases/1", "created_at", Some(json!("2022-10-04")), "purchases[1].created_at"),
    ]
}

fn good() -> Value {
    let mut file = suppliers();
    file["accesses"] = json!([
        access("hotel-hello", 1, "2022-10-04T10:00:00Z"),
        access("hotel-hello", 2, "2022-10-04T10:00:00Z")
    ]);
    file["purchases"] = json!([
        purchase("hotel-hello", "1", 0, "2022-10-04T10:00:00Z"),
        purchase("hotel-hello", "2", 0, "2022-10-04T10:00:00Z")
    ]);
    file
}

async fn a_mistake_is_named_by_its_place(engine: Engine) {
    let app = App::start(engine);
    let empty = app.command(&["export", "affiliates"]).printed();
    for (place, field, value, complaint) in mistakes() {
        let mut file = good();
        let object = file.pointer_mut(place).and_then(Value::as_object_mut).expect(place);
        match &value {
            Some(value) => drop(object.insert(field.into(), value.clone())),
            None => drop(object.remove(field)),
        }
        let refused = app.import("affiliates", &file).refused(1);
        assert!(refused.contains(complaint), "{place} {field} {value:?}: {refused}");
    }
    assert_eq!(app.command(&["export", "affiliates"]).printed(), empty, "nothing of any file is stored");
    assert_eq!(
        app.import("affiliates", &good()).printed(),
        "8 inserted, 0 updated, 0 removed, 0 unchanged\n"
    );
}

async fn a_broken_file_is_named_by_its_line(engine: Engine) {
    let app = App::start(engine);
    for (content, complaint) in [
        (&b"{\"suppliers\": [\n{\"account\": \"a\",\n}]}"[..], "line 3"),
        (b"{\"suppliers\": []", "line 1"),
        (b"{\"suppliers\": []} {}", "line 1"),
        (b"[]", "an object with lists of suppliers"),
        (b"", "line 1"),
        (b"{\"supplier\": []}", "\"supplier\" is none of suppliers, affiliates, accesses, purchases"),
        (b"{\"suppliers\": {}}", "a list of suppliers"),
        (b"{\"suppliers\": [], \"suppliers\": []}", "suppliers stands in the file twice"),
        (b"{\"suppliers\":\n [{\"account\": \"\xff\"}]}", "line 2"),
    ] {
        let path = app.file("broken.json", content);
        let refused = app.command(&["import", "affiliates", path.to_str().expect("UTF-8")]).refused(1);
        assert!(refused.contains(complaint) && refused.contains("broken.json"), "{complaint}: {refused}");
    }
    let refused = app.command(&["import", "affiliates", "missing.json"]).refused(1);
    assert!(refused.contains("missing.json"), "{refused}");
}

async fn what_contradicts_what_is_stored_is_refused(engine: Engine) {
    let app = App::start(engine);
    app.import("affiliates", &good()).printed();
    let before = app.command(&["export", "affiliates"]).printed();
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut file = good();
        change(&mut file);
        file
    };
    for (file, complaint) in [
        (changed(&|file| file["accesses"][1]["pcrid"] = json!(1)), "the id 2 is another access's already"),
        (
            changed(&|file| file["accesses"][1]["created_at"] = json!("2022-10-04T10:00:01Z")),
            "the id 2 is another access's already",
        ),
        (
            changed(&|file| file["accesses"][1]["account"] = json!("ryokan")),
            "the id 2 is another access's already",
        ),
        (changed(&|file| file["accesses"][1]["id"] = json!(1)), "the id 1 is another access's already"),
        (
            changed(&|file| file["purchases"][1]["price"] = json!(101)),
            "hotel-hello has another sale of the id \"2\" already",
        ),
        (
            changed(&|file| file["purchases"][1]["commission_value"] = json!(8)),
            "hotel-hello has another sale of the id \"2\" already",
        ),
        (
            json!({"suppliers": [{"account": "third", "ecommerceHash": "ryokan-hash"}]}),
            "third: the ecommerceHash ryokan-hash is that of ryokan",
        ),
        (
            json!({"affiliates": [{"pcrid": 1, "name": "x", "rates": {"third": "0.1"}}]}),
            "third, which is no supplier",
        ),
    ] {
        let refused = app.import("affiliates", &file).refused(1);
        assert!(refused.contains(complaint), "{complaint}: {refused}");
    }
    assert_eq!(app.command(&["export", "affiliates"]).printed(), before);
}
