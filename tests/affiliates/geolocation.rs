//! Where visitors come from, told by a city database in MaxMind's format.

use reqwest::Method;
use serde_json::json;
use testkit::{Answer, App, Database, Engine, Terminal, on_both_engines, suppliers};

use super::{EVER, HASH, column};

on_both_engines!(an_access_tells_the_place_of_its_address);

/// A value of the format's data section.
enum Datum {
    Text(&'static str),
    Short(u16),
    Number(u32),
    Long(u64),
    List(Vec<Datum>),
    Map(Vec<(&'static str, Datum)>),
}

/// Writes a value: a control byte of type and size, then what it holds.
fn write(datum: &Datum, out: &mut Vec<u8>) {
    let mut control = |kind: u8, size: usize| {
        let (size, more) = if size < 29 { (size, None) } else { (29, Some(size - 29)) };
        let size = u8::try_from(size).expect("a small size");
        // Types above 7 stand in a byte of their own.
        if kind < 8 {
            out.push(kind << 5 | size)
        } else {
            out.extend([size, kind - 7])
        }
        out.extend(more.map(|more| u8::try_from(more).expect("a small size")));
    };
    match datum {
        Datum::Text(text) => {
            control(2, text.len());
            out.extend(text.as_bytes());
        }
        Datum::Short(number) => {
            control(5, 2);
            out.extend(number.to_be_bytes());
        }
        Datum::Number(number) => {
            control(6, 4);
            out.extend(number.to_be_bytes());
        }
        Datum::Long(number) => {
            control(9, 8);
            out.extend(number.to_be_bytes());
        }
        Datum::List(items) => {
            control(11, items.len());
            items.iter().for_each(|item| write(item, out));
        }
        Datum::Map(fields) => {
            control(7, fields.len());
            for (name, value) in fields {
                write(&Datum::Text(name), out);
                write(value, out);
            }
        }
    }
}

/// A database that knows the first half of all IPv4 addresses: one node whose other side leads nowhere.
fn city_database() -> Vec<u8> {
    use Datum::{List, Long, Map, Number, Short, Text};
    let names = |english, portuguese| Map(vec![("en", Text(english)), ("pt-BR", Text(portuguese))]);
    let place = Map(vec![
        ("city", Map(vec![("names", names("Sao Paulo", "São Paulo"))])),
        ("country", Map(vec![("iso_code", Text("BR")), ("names", names("Brazil", "Brasil"))])),
        (
            "subdivisions",
            List(vec![Map(vec![("iso_code", Text("SP")), ("names", names("Sao Paulo", "São Paulo"))])]),
        ),
    ]);
    // Records of 24 bits. Those above the number of nodes point into the data, 16 bytes of zeros before it.
    let nodes: u8 = 1;
    let mut file = vec![0, 0, nodes + 16, 0, 0, nodes];
    file.extend([0; 16]);
    write(&place, &mut file);
    file.extend(b"\xab\xcd\xefMaxMind.com");
    let metadata = Map(vec![
        ("binary_format_major_version", Short(2)),
        ("binary_format_minor_version", Short(0)),
        ("build_epoch", Long(1)),
        ("database_type", Text("GeoLite2-City")),
        ("description", Map(vec![("en", Text("A test"))])),
        ("ip_version", Short(4)),
        ("languages", List(vec![Text("en"), Text("pt-BR")])),
        ("node_count", Number(nodes.into())),
        ("record_size", Short(24)),
    ]);
    write(&metadata, &mut file);
    file
}

async fn an_access_tells_the_place_of_its_address(engine: Engine) {
    let directory = Terminal::new();
    let file = directory.file("city.mmdb", &city_database());
    let app = App::builder(engine)
        .env("PARTNERAPI_GEOIP_FILE", file.to_str().expect("UTF-8"))
        .env("PARTNERAPI_TRUSTED_PROXIES", "127.0.0.1")
        .start();
    app.import("affiliates", &suppliers()).printed();
    for address in ["100.64.0.1", "200.1.2.3", "2001:db8::1"] {
        let request = app.request(Method::POST, "/cmp").header("x-forwarded-for", address);
        let answer = Answer::of(request.body(json!({"ecommerceHash": HASH, "pcrid": 1}).to_string())).await;
        assert_eq!(answer.status, 204, "{}", answer.text);
    }
    let nowhere = json!({"city": "", "state": "", "country": ""});
    let sao_paulo = json!({"city": "São Paulo", "state": "SP", "country": "Brasil"});
    let page = app.supplier("hotel-hello").accesses(EVER).await;
    assert_eq!(column(&page, "geolocation"), [nowhere.clone(), nowhere, sao_paulo]);
    let checked = app.command(&["check"]);
    assert!(
        checked.stdout.contains(&format!("geolocation: {} can be read", file.display())),
        "{}",
        checked.stdout
    );
}

#[test]
fn a_file_that_is_no_city_database_is_refused_at_the_start() {
    let database = Database::fresh(Engine::Sqlite);
    let terminal = Terminal::new().env("PARTNERAPI_DATABASE_URL", database.url());
    let other = terminal.file("other.mmdb", b"nonsense");
    for file in [other, terminal.path("missing.mmdb")] {
        let path = file.to_str().expect("UTF-8");
        let refused = terminal.serve_refused(&["--geoip-file", path, "--listen", "127.0.0.1:0"]);
        assert_eq!(refused.status, 2, "{}", refused.stderr);
        assert!(
            refused.stderr.contains("PARTNERAPI_GEOIP_FILE") && refused.stderr.contains(path),
            "{}",
            refused.stderr
        );
    }
}
