//! What every network begins with. What is there already stays as it is.

use kernel::clock::Micros;
use kernel::db::Tx;
use kernel::transfer::ImportError;
use serde_json::{Value, json};

use super::document::{AccountRoleDoc, Document, ReportTypeDoc};
use crate::rules::STATISTICS;
use crate::store::network;

const ACCOUNT_ROLES: [(i64, &str); 2] = [(3, "Shift Manager"), (7, "Office Manager")];

/// By falling priority.
const REPORT_TYPES: [(&str, &str); 10] = [
    (STATISTICS, "Отчёты по статистике"),
    ("INGREDIENTS_STOP_SALES", "Стопы (тесто, сыр, пицца-соус)"),
    ("STREET_STOP_SALES", "Стопы (Улица)"),
    ("SECTOR_STOP_SALES", "Стопы (Сектор)"),
    ("PIZZERIA_STOP_SALES", "Стопы (Пиццерия)"),
    ("STOPS_AND_RESUMES", "Стопы (Остальные ингредиенты)"),
    ("CANCELED_ORDERS", "Отмены заказов"),
    ("CHEATED_PHONE_NUMBERS", "Мошенничество с номерами"),
    ("WRITE_OFFS", "Списания ингредиентов"),
    ("LATE_DELIVERY_VOUCHERS", "Сертификаты за опоздание"),
];

/// Below STATISTICS, by falling priority.
const STATISTICS_TYPES: [(&str, &str); 11] = [
    ("COOKING_TIME", "Время приготовления (общее)"),
    ("RESTAURANT_COOKING_TIME", "Время приготовления (ресторан)"),
    ("KITCHEN_PERFORMANCE", "Производительность кухни"),
    ("DELIVERY_AWAITING_TIME", "Время на полке / 1в1"),
    ("DELIVERY_SPEED", "Скорость доставки"),
    ("DELIVERY_PERFORMANCE", "Производительность доставки"),
    ("BEING_LATE_CERTIFICATES", "Сертификаты за опоздание"),
    ("DAILY_REVENUE", "Выручка за сегодня"),
    ("AWAITING_ORDERS", "Остывает на полке"),
    ("BONUS_SYSTEM", "Бонусная система"),
    ("PRODUCTIVITY_BALANCE", "Баланс эффективности"),
];

/// Between two priorities is room for types of one's own.
const PRIORITY_STEP: i64 = 10;

/// A part of what every network begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Initial {
    /// The roles of accounts.
    AccountRoles,
    /// The types of reports.
    ReportTypes,
}

impl Initial {
    /// Adds what is missing, and says what that was.
    ///
    /// # Errors
    /// [`ImportError`]; the transaction is then undone.
    pub fn add_missing(self, tx: &mut Tx<'_>, now: Micros) -> Result<Vec<String>, ImportError> {
        let mut network = network::read(tx)?;
        let mut missing = Document::default();
        let added = match self {
            Self::AccountRoles => {
                let stored = &network.account_roles.rows;
                let is_missing = |role: &AccountRoleDoc| {
                    !stored.contains_key(&role.id) && stored.values().all(|name| *name != role.name)
                };
                missing.account_roles = account_roles().filter(is_missing).collect();
                missing.account_roles.iter().map(|role| format!("{} {}", role.id, role.name)).collect()
            }
            Self::ReportTypes => {
                let stored = &network.report_types.rows;
                let is_missing =
                    |kind: &ReportTypeDoc| stored.values().all(|stored| stored.name != kind.name);
                missing.report_types = report_types().filter(is_missing).collect();
                let told = |kind: &ReportTypeDoc| format!("{} «{}»", kind.name, kind.verbose_name);
                missing.report_types.iter().map(told).collect()
            }
        };
        network.put(&missing)?;
        network::write(tx, now, &network)?;
        Ok(added)
    }
}

/// All of it as the beginning of a file to import.
#[must_use]
pub fn initial() -> Value {
    json!({
        "account_roles": account_roles().collect::<Vec<_>>(),
        "report_types": report_types().collect::<Vec<_>>(),
    })
}

fn account_roles() -> impl Iterator<Item = AccountRoleDoc> {
    ACCOUNT_ROLES.into_iter().map(|(id, name)| AccountRoleDoc { id, name: name.to_owned() })
}

fn report_types() -> impl Iterator<Item = ReportTypeDoc> {
    let top = REPORT_TYPES.into_iter().map(|kind| (kind, None));
    let below = STATISTICS_TYPES.into_iter().map(|kind| (kind, Some(STATISTICS)));
    let priorities = (1..=(REPORT_TYPES.len() + STATISTICS_TYPES.len()) as i64).rev();
    top.chain(below).zip(priorities).map(|(((name, verbose_name), parent), priority)| ReportTypeDoc {
        id: None,
        name: name.to_owned(),
        verbose_name: verbose_name.to_owned(),
        parent: parent.map(str::to_owned),
        priority: PRIORITY_STEP * priority,
        is_active: true,
    })
}
