//! A network of a hundred pizzerias in a dozen regions, and the chats that get its reports.

use kernel::clock::Micros;
use serde_json::{Value, json};

/// A region's name, what its accounts and access code are called by, its number of units and its manager.
const REGIONS: [(&str, &str, i64, &str, &str); 12] = [
    ("Москва 1", "msk-1", 12, "Анна Кузнецова", "a_kuznetsova"),
    ("Москва 2", "msk-2", 11, "Сергей Волков", "svolkov"),
    ("Москва 3", "msk-3", 9, "Ольга Лебедева", "olga_lebedeva"),
    ("Санкт-Петербург 1", "spb-1", 10, "Дмитрий Соколов", "d_sokolov"),
    ("Санкт-Петербург 2", "spb-2", 8, "Мария Белова", "mbelova"),
    ("Казань 1", "kzn-1", 9, "Тимур Галиев", "timur_galiev"),
    ("Нижний Новгород 1", "nnv-1", 8, "Екатерина Смирнова", "ek_smirnova"),
    ("Екатеринбург 1", "ekb-1", 8, "Павел Морозов", "pmorozov"),
    ("Новосибирск 1", "nsk-1", 8, "Наталья Фёдорова", "n_fedorova"),
    ("Самара 1", "smr-1", 6, "Алексей Никитин", "alex_nikitin"),
    ("Ростов-на-Дону 1", "rnd-1", 6, "Ирина Ковалёва", "irina_kovaleva"),
    ("Краснодар 1", "krd-1", 5, "Роман Захаров", "rzakharov"),
];

/// What the stop-list group of a region gets.
const STOPS: [&str; 5] = [
    "INGREDIENTS_STOP_SALES",
    "STREET_STOP_SALES",
    "SECTOR_STOP_SALES",
    "PIZZERIA_STOP_SALES",
    "STOPS_AND_RESUMES",
];
/// What the group of its shift managers gets.
const SHIFT: [&str; 3] = ["CANCELED_ORDERS", "WRITE_OFFS", "LATE_DELIVERY_VOUCHERS"];
/// What its manager gets.
const STATISTICS: [&str; 4] =
    ["DAILY_REVENUE", "DELIVERY_SPEED", "KITCHEN_PERFORMANCE", "BEING_LATE_CERTIFICATES"];
/// What security gets, of every unit.
const SECURITY: [&str; 2] = ["CANCELED_ORDERS", "CHEATED_PHONE_NUMBERS"];

const HEAD_OFFICE_ROLE: &str = "Управляющая компания";
const SECURITY_ROLE: &str = "Служба безопасности";

pub(crate) fn data(_: Micros) -> String {
    let mut file = routes::initial();
    let types: Vec<Value> = names_of(&file["report_types"]);
    let mut network = Network::default();
    for (name, code, units, manager, username) in REGIONS {
        network.add_region(name, code, units, &types, (manager, username));
    }
    network.add_head_office(&types);
    let Network { regions, units, roles, chats, routes } = network;
    for (part, list) in
        [("regions", regions), ("units", units), ("roles", roles), ("chats", chats), ("routes", routes)]
    {
        file[part] = list.into();
    }
    file.to_string()
}

fn names_of(list: &Value) -> Vec<Value> {
    list.as_array().into_iter().flatten().map(|entry| entry["name"].clone()).collect()
}

/// The parts of the file, as far as they are made.
#[derive(Default)]
struct Network {
    regions: Vec<Value>,
    units: Vec<Value>,
    roles: Vec<Value>,
    chats: Vec<Value>,
    routes: Vec<Value>,
}

impl Network {
    fn add_region(&mut self, name: &str, code: &str, count: i64, types: &[Value], manager: (&str, &str)) {
        self.regions.push(json!({"id": self.regions.len() + 1, "name": name}));
        let first = self.units.len() as i64 + 1;
        let unit_ids: Vec<i64> = (first..first + count).collect();
        for (number, id) in (1..).zip(&unit_ids) {
            // A region's newest unit waits for its accounts.
            let account =
                |kind: &str| (number < count).then(|| format!("{kind}_account_{}", code.replace('-', "_")));
            self.units.push(json!({
                "id": id, "name": format!("{name}-{number}"), "uuid": uuid(*id), "region": name,
                "office_manager_account_name": account("om"), "dodo_is_api_account_name": account("api"),
            }));
        }
        let role = format!("Управляющий: {name}");
        self.add_role(&role, code, types, &unit_ids);
        let (manager, username) = manager;
        self.add_person(manager, Some(username), &role, &STATISTICS, &unit_ids);
        self.add_group(&format!("{name} · стопы"), &STOPS, &unit_ids);
        self.add_group(&format!("{name} · смена"), &SHIFT, &unit_ids);
    }

    fn add_head_office(&mut self, types: &[Value]) {
        let all: Vec<i64> = (1..=self.units.len() as i64).collect();
        self.add_role(HEAD_OFFICE_ROLE, "head-office", types, &all);
        self.add_person("Виктория Орлова", Some("v_orlova"), HEAD_OFFICE_ROLE, &["DAILY_REVENUE"], &all);
        self.add_role(SECURITY_ROLE, "security", &SECURITY.map(Value::from), &all);
        self.add_person("Глеб Тарасов", None, SECURITY_ROLE, &SECURITY, &all);
        self.add_group("Безопасность · номера", &["CHEATED_PHONE_NUMBERS"], &all);
    }

    fn add_role(&mut self, name: &str, code: &str, types: &[Value], unit_ids: &[i64]) {
        let access_code = format!("demo-{code}");
        self.roles.push(
            json!({"name": name, "access_code": access_code, "report_types": types, "unit_ids": unit_ids}),
        );
    }

    fn add_person(
        &mut self,
        name: &str,
        username: Option<&str>,
        role: &str,
        types: &[&str],
        unit_ids: &[i64],
    ) {
        let chat_id = 210_000_000 + self.chosen(700_000_000);
        let chat =
            json!({"chat_id": chat_id, "type": "PRIVATE", "title": name, "username": username, "role": role});
        self.add_chat(chat_id, chat, types, unit_ids);
    }

    fn add_group(&mut self, title: &str, types: &[&str], unit_ids: &[i64]) {
        let chat_id = -1_001_000_000_000 - self.chosen(900_000_000_000);
        let chat =
            json!({"chat_id": chat_id, "type": "GROUP", "title": title, "username": null, "role": null});
        self.add_chat(chat_id, chat, types, unit_ids);
    }

    fn add_chat(&mut self, chat_id: i64, chat: Value, types: &[&str], unit_ids: &[i64]) {
        self.chats.push(chat);
        for report_type in types {
            let routes = unit_ids
                .iter()
                .map(|unit_id| json!({"report_type": report_type, "unit_id": unit_id, "chat_id": chat_id}));
            self.routes.extend(routes);
        }
    }

    /// A number below `end` for the next chat, the same one at every start.
    fn chosen(&self, end: u64) -> i64 {
        (mixed(self.chats.len() as u64) % end) as i64
    }
}

/// A UUID of version 4 by its form, the same one at every start.
fn uuid(unit: i64) -> String {
    let (high, low) = (mixed(unit.unsigned_abs() * 2), mixed(unit.unsigned_abs() * 2 + 1));
    let (one, two, three) = (high >> 32, high >> 16 & 0xffff, high & 0xfff);
    let (four, five) = (low >> 48 & 0x3fff | 0x8000, low & 0xffff_ffff_ffff);
    format!("{one:08x}-{two:04x}-4{three:03x}-{four:04x}-{five:012x}")
}

/// A number that looks like chance and is none: the generator SplitMix64, at its step `n`.
fn mixed(n: u64) -> u64 {
    let mut z = n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
