//! Networks of shops to load the server with.

/// Units, report types and chats of the smallest network.
const UNITS: usize = 100;
const CHATS: usize = 10;
/// Report types that are routed; as many more stand below STATISTICS.
const TYPES: usize = 10;
const UNITS_OF_A_REGION: usize = 10;

/// So many times the smallest network, which has 100 units, 10 chats and 10,000 routes. Whatever the size, a chat gets
/// a report about 100 units, and a report about a unit goes to 10 chats.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Network {
    pub(crate) times: usize,
}

impl Network {
    pub(crate) fn units(self) -> usize {
        UNITS * self.times
    }

    pub(crate) fn chats(self) -> usize {
        CHATS * self.times
    }

    pub(crate) fn routes(self) -> usize {
        self.chats() * TYPES * UNITS
    }

    fn regions(self) -> usize {
        self.units() / UNITS_OF_A_REGION
    }

    /// A file for `import routes`.
    pub(crate) fn file(self) -> String {
        let mut file = String::from("{");
        list(&mut file, "regions", 1..=self.regions(), |region| {
            format!(r#"{{"id": {region}, "name": "Москва {region}"}}"#)
        });
        list(&mut file, "units", 1..=self.units(), |unit| {
            let region = region_of(unit);
            format!(
                r#"{{"id": {unit}, "name": "{}", "uuid": "00000000-0000-4000-8000-{unit:012}", "region": "Москва {region}",
                "office_manager_account_name": "om_account_msk_{region}",
                "dodo_is_api_account_name": "api_account_msk_{region}"}}"#,
                name_of(unit)
            )
        });
        list(&mut file, "report_types", 1..=2 * TYPES, |kind| {
            let (name, parent) = match kind {
                1 => ("STATISTICS".to_owned(), "null"),
                2..=TYPES => (format!("TYPE_{kind}"), "null"),
                _ => (format!("TYPE_{kind}"), r#""STATISTICS""#),
            };
            format!(
                r#"{{"id": {kind}, "name": "{name}", "verbose_name": "Отчёт {kind}", "parent": {parent}}}"#
            )
        });
        let unit_ids: Vec<usize> = (1..=self.units()).collect();
        list(&mut file, "roles", 1..=1, |_| {
            format!(
                r#"{{"name": "Head office", "report_types": ["STATISTICS", "TYPE_2"], "unit_ids": {unit_ids:?}}}"#
            )
        });
        list(&mut file, "chats", 1..=self.chats(), |chat| {
            format!(
                r#"{{"chat_id": {chat}, "type": "PRIVATE", "title": "Чат {chat}", "role": "Head office"}}"#
            )
        });
        list(&mut file, "routes", 0..self.routes(), |route| {
            let (chat, kind, unit) = (route / (TYPES * UNITS), route / UNITS % TYPES + 1, route % UNITS);
            let kind = if kind == 1 { "STATISTICS".to_owned() } else { format!("TYPE_{kind}") };
            let unit = chat % self.times * UNITS + unit + 1;
            format!(r#"{{"report_type": "{kind}", "unit_id": {unit}, "chat_id": {}}}"#, chat + 1)
        });
        file.push('}');
        file
    }
}

/// What a unit is called.
pub(crate) fn name_of(unit: usize) -> String {
    format!("Москва {}-{unit}", region_of(unit))
}

fn region_of(unit: usize) -> usize {
    (unit - 1) / UNITS_OF_A_REGION + 1
}

/// Writes a part of the file.
fn list(file: &mut String, part: &str, numbers: impl Iterator<Item = usize>, one: impl Fn(usize) -> String) {
    let comma = if file.len() > 1 { ",\n" } else { "" };
    file.push_str(&format!("{comma}\"{part}\": ["));
    for (index, number) in numbers.enumerate() {
        file.push_str(if index > 0 { ",\n" } else { "\n" });
        file.push_str(&one(number));
    }
    file.push(']');
}
