//! Of several faults of a POST the contract says which is told.

use serde_json::{Value, json};
use testkit::{App, Engine, on_both_engines};

use super::{ELDOS, HEAD_OFFICE, STRANGER, ask, everything, make_routes, post_routes, start};

on_both_engines!(
    of_all_faults_together_the_first_of_the_contract_is_told,
    the_chat_itself_acts_where_nobody_else_is_named,
);

/// Who acts: the manager may have reports 16, 19 and 777 about units 1, 2 and 4.
const ACTING: [i64; 3] = [ELDOS, 4040, STRANGER];
/// Allowed, unknown, denied.
const REPORT_TYPES: [i64; 3] = [16, 4040, 17];
/// Known, unknown.
const CHATS: [i64; 2] = [HEAD_OFFICE, 4041];
/// Beside unit 2, about which nothing is wrong: one that the chat has already, one that is not there, one that is
/// denied.
const THERE: i64 = 1;
const MISSING: i64 = 99;
const DENIED: i64 = 3;

struct Case {
    broken: bool,
    acting: i64,
    report_type: i64,
    units: Vec<i64>,
    chat: i64,
}

impl Case {
    fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for acting in ACTING {
            for report_type in REPORT_TYPES {
                for chat in CHATS {
                    for bits in 0..16 {
                        let wrong = [(1, THERE), (2, MISSING), (4, DENIED)];
                        let wrong =
                            wrong.into_iter().filter(|(bit, _)| bits & bit != 0).map(|(_, unit)| unit);
                        let units = [2].into_iter().chain(wrong).collect();
                        all.push(Self { broken: bits & 8 != 0, acting, report_type, units, chat });
                    }
                }
            }
        }
        all
    }

    fn body(&self) -> Value {
        let title = if self.broken { json!("x") } else { json!(self.report_type) };
        json!({"user_chat_id": self.acting, "report_type_id": title, "unit_ids": self.units, "chat_id": self.chat})
    }

    /// What the contract answers, in its own order.
    fn answer(&self) -> (u16, Value) {
        let told = |status, message: &str| (status, json!({"message": message, "extra": {}}));
        if self.broken {
            let fields = json!({"report_type_id": ["A valid integer is required."]});
            return (400, json!({"message": "Validation error", "extra": {"fields": fields}}));
        }
        if self.acting == 4040 {
            return told(404, "Chat by chat ID is not found");
        }
        if self.acting == STRANGER {
            return told(403, "User has no any role");
        }
        if self.report_type == 4040 {
            return told(404, "Report type by ID is not found");
        }
        if self.report_type == 17 {
            return told(403, "Permission to report type denied");
        }
        if self.units.contains(&MISSING) {
            return told(404, "Units {99} are not found");
        }
        if self.units.contains(&DENIED) {
            return told(403, "Permission to units {3} denied");
        }
        if self.chat == 4041 {
            return told(404, "Chat by chat ID is not found");
        }
        if self.units.contains(&THERE) {
            let message = "Unit route already exists";
            return (409, json!({"message": message, "extra": {"unit_ids": [THERE]}}));
        }
        (201, Value::Null)
    }
}

/// A server on which the head office gets a report about one unit.
async fn with_a_route(engine: Engine) -> App {
    let app = start(engine);
    make_routes(&app, HEAD_OFFICE, 16, &[THERE]).await;
    app
}

async fn of_all_faults_together_the_first_of_the_contract_is_told(engine: Engine) {
    let app = with_a_route(engine).await;
    let before = everything(&app);
    let cases = Case::all();
    assert_eq!(cases.len(), 3 * 3 * 2 * 16);
    for case in cases {
        let body = case.body();
        let answer = post_routes(&app, &body).await;
        assert_eq!((answer.status.as_u16(), answer.json), case.answer(), "{body}");
        if answer.status == 201 {
            let made = format!("/report-routes/?chat_id={HEAD_OFFICE}&report_type_id=16&unit_ids=2");
            assert_eq!(ask(&app, reqwest::Method::DELETE, &made, None).await.status, 204);
        }
    }
    assert_eq!(everything(&app), before, "what was refused left nothing");
}

async fn the_chat_itself_acts_where_nobody_else_is_named(engine: Engine) {
    let app = with_a_route(engine).await;
    for (chat_id, unit_ids, status, message) in [
        (4040, vec![1], 404, "Chat by chat ID is not found"),
        (STRANGER, vec![1], 403, "User has no any role"),
        (ELDOS, vec![3], 403, "Permission to units {3} denied"),
        (HEAD_OFFICE, vec![3], 201, ""),
    ] {
        let body =
            json!({"report_type_id": 16, "chat_id": chat_id, "unit_ids": unit_ids, "user_chat_id": null});
        let answer = post_routes(&app, &body).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.text);
        assert_eq!(answer.json["message"].as_str().unwrap_or_default(), message, "{body}");
    }
}
