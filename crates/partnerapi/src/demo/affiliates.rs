//! Two suppliers, twenty affiliates, and what they brought in the last ninety days: more in the evening and at
//! weekends, most by a few, and here and there a sale, which is pending until it is a fortnight old.

use kernel::clock::{Micros, SECOND};
use kernel::time::utc;
use serde_json::{Value, json};

const DAY: Micros = 24 * 3_600 * SECOND;
/// Local midnight of both suppliers, in UTC.
const SAO_PAULO: Micros = 3 * 3_600 * SECOND;
const DAYS: i64 = 90;
/// Accesses of a supplier on an ordinary day.
const ACCESSES_A_DAY: u64 = 14;

const HASHES: [(&str, &str); 2] = [
    ("hotel-hello", "0000000a-111b-222c-333d-44444444444e"),
    ("passeios-rio", "5f1d7c9e-2b34-4d6a-9c1f-7a8b9c0d1e2f"),
];

const AFFILIATES: [&str; 20] = [
    "Blog de viagem",
    "Mochileiros BR",
    "Guia de hotéis",
    "Descontos da semana",
    "Família na estrada",
    "Rio em detalhes",
    "Cupons já",
    "Nômades digitais",
    "Praias e trilhas",
    "Lua de mel",
    "Viajar barato",
    "Roteiros de fim de semana",
    "Canal do viajante",
    "Passaporte carimbado",
    "Milhas e pontos",
    "Turismo cultural",
    "Pé na areia",
    "Destino certo",
    "Mala pronta",
    "Volta ao mundo",
];

const SOURCES: [(&str, &str); 4] =
    [("blog", "banner"), ("instagram", "stories"), ("youtube", "descricao"), ("newsletter", "email")];

/// User agent, device, system, browser; width and height of the screen.
type Visitor = (&'static str, &'static str, &'static str, &'static str, i64, i64);

const VISITORS: [Visitor; 4] = [
    (
        "Mozilla/5.0 (Linux; Android 11; SAMSUNG SM-A207M) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/18.0 Chrome/99.0.4844.88 Mobile Safari/537.36",
        "Samsung SM-A207M",
        "Android 11",
        "Samsung Internet 18.0",
        412,
        892,
    ),
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
        "Apple iPhone",
        "iOS 17.5",
        "Safari 17.5",
        390,
        844,
    ),
    (
        "Mozilla/5.0 (Linux; Android 14; moto g84 5G) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36",
        "Motorola moto g84 5G",
        "Android 14",
        "Chrome 131.0",
        412,
        915,
    ),
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.2903.51",
        "PC",
        "Windows 10",
        "Edge 131.0",
        1920,
        1080,
    ),
];

const PLACES: [(&str, &str); 6] = [
    ("São Paulo", "SP"),
    ("Rio de Janeiro", "RJ"),
    ("Belo Horizonte", "MG"),
    ("Curitiba", "PR"),
    ("Salvador", "BA"),
    ("Porto Alegre", "RS"),
];

/// Chance that is the same each time.
struct Dice(u64);

impl Dice {
    /// A number below `end`.
    fn below(&mut self, end: u64) -> u64 {
        // Knuth's MMIX; its upper bits are good enough for a demonstration.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::try_from(self.below(choices.len() as u64)).unwrap_or_default()]
    }

    /// One of the first more often than one of the last.
    fn affiliate(&mut self) -> (i64, &'static str) {
        let number = self.below(AFFILIATES.len() as u64).min(self.below(AFFILIATES.len() as u64));
        let index = usize::try_from(number).unwrap_or_default();
        (2554 + number.cast_signed(), AFFILIATES[index])
    }
}

pub(crate) fn data(now: Micros) -> String {
    let mut dice = Dice(2554);
    let suppliers = [
        json!({"account": HASHES[0].0, "ecommerceHash": HASHES[0].1, "timezone": "America/Sao_Paulo", "default_rate": "0.10"}),
        json!({"account": HASHES[1].0, "ecommerceHash": HASHES[1].1, "timezone": "America/Sao_Paulo", "default_rate": "0.08"}),
    ];
    let affiliates: Vec<Value> =
        (2554..).zip(AFFILIATES).map(|(pcrid, name)| affiliate(pcrid, name)).collect();
    let (mut accesses, mut purchases) = (Vec::new(), Vec::new());
    let today = (now - SAO_PAULO).div_euclid(DAY) * DAY + SAO_PAULO;
    for day in (0..DAYS).rev() {
        let midnight = today - day * DAY;
        for (account, hash) in HASHES {
            for at in visits_of(&mut dice, midnight) {
                if at >= now {
                    continue;
                }
                let (pcrid, name) = dice.affiliate();
                let id = accesses.len() + 1;
                accesses.push(access(&mut dice, id, (account, hash), pcrid, at));
                // One visit in twenty ends in a sale, some minutes later.
                let later = at + SECOND * (300 + dice.below(1_500)).cast_signed();
                if dice.below(20) == 0 && later < now {
                    purchases.push(purchase(&mut dice, account, (pcrid, name), later, day));
                }
            }
        }
    }
    json!({"suppliers": suppliers, "affiliates": affiliates, "accesses": accesses, "purchases": purchases})
        .to_string()
}

fn affiliate(pcrid: i64, name: &str) -> Value {
    match pcrid % 5 {
        // Who brings most has negotiated.
        4 => json!({"pcrid": pcrid, "name": name, "rate": "0.12", "rates": {HASHES[0].0: "0.15"}}),
        0 => json!({"pcrid": pcrid, "name": name, "rate": "0.12"}),
        _ => json!({"pcrid": pcrid, "name": name}),
    }
}

/// What an affiliate gets of a supplier's sales, in per cent, as [`affiliate`] and the suppliers have it.
fn percent(account: &str, pcrid: i64) -> i64 {
    let is_hotel = account == HASHES[0].0;
    match pcrid % 5 {
        4 if is_hotel => 15,
        0 | 4 => 12,
        _ if is_hotel => 10,
        _ => 8,
    }
}

/// When a day's visits begin, in their order.
fn visits_of(dice: &mut Dice, midnight: Micros) -> Vec<Micros> {
    // 1970-01-01 was a Thursday.
    let is_weekend = matches!(midnight.div_euclid(DAY).rem_euclid(7), 2 | 3);
    let most = if is_weekend { ACCESSES_A_DAY * 3 / 2 } else { ACCESSES_A_DAY };
    let count = most * 2 / 3 + dice.below(most * 2 / 3);
    let mut visits: Vec<Micros> = (0..count)
        .map(|_| {
            // The later of two is more often late.
            let seconds = dice.below(86_400).max(dice.below(86_400));
            midnight + seconds.cast_signed() * SECOND + dice.below(1_000_000).cast_signed()
        })
        .collect();
    visits.sort_unstable();
    visits
}

fn access(dice: &mut Dice, id: usize, (account, hash): (&str, &str), pcrid: i64, at: Micros) -> Value {
    let (source, medium) = dice.of(&SOURCES);
    let (user_agent, device, os, browser, width, height) = dice.of(&VISITORS);
    let (city, state) = dice.of(&PLACES);
    let query = format!("?utm_medium={medium}&pcrid={pcrid}&utm_source={source}&pcrtt=verao,{source}");
    json!({
        "account": account, "id": id, "uuid": format!("{:08x}-0000-4000-8000-{id:012x}", dice.below(1 << 31)), "pcrid": pcrid,
        "ecommerceHash": hash, "utmSource": source, "utmMedium": medium, "tags": ["verao", source], "created_at": utc(at),
        "href": format!("https://www.{account}.example/{query}"), "referrer": format!("https://{source}.example/"),
        "cookie": format!("pcrid={pcrid}"), "userAgent": user_agent, "query": query, "device": device, "os": os,
        "browser": browser,
        "screen": {"availHeight": height, "availWidth": width, "height": height, "width": width, "colorDepth": 24, "pixelDepth": 24},
        "navigator": {"hardwareConcurrency": 8, "language": "pt-BR", "languages": ["pt-BR", "pt", "en-US", "en"]},
        "geolocation": {"city": city, "state": state, "country": "Brasil"}
    })
}

fn purchase(dice: &mut Dice, account: &str, (pcrid, name): (i64, &str), at: Micros, age: i64) -> Value {
    let price = (15_000 + dice.below(180_000)).cast_signed();
    let base = price * 9 / 10;
    let status = match (age, dice.below(10)) {
        (0..14, 0..8) => 0,
        (_, 0..8) => 1,
        _ => 2,
    };
    let decimal = |hundredths: i64| format!("{}.{:02}", hundredths / 100, hundredths % 100);
    let day = |at: Micros| utc((at - SAO_PAULO).div_euclid(DAY) * DAY);
    let nights = 1 + dice.below(6);
    json!({
        "account": account, "id": format!("{}-{}", account.to_uppercase(), at / SECOND), "pcrid": pcrid, "status": status,
        "purchase_date": day(at), "price": decimal(price), "payment_commission_date": day(at + 30 * DAY),
        "commission_base": decimal(base), "commission_value": decimal((base * percent(account, pcrid) + 50) / 100),
        "contact_name": dice.of(&["João Alves", "Maria Souza", "Ana Lima", "Pedro Santos", "Carla Dias"]),
        "tags": ["verao"], "extra": {"nights": nights, "via": name}, "created_at": utc(at)
    })
}
