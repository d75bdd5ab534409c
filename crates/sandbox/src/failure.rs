//! What can go wrong on demand, and how it is named.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use axum::http::StatusCode;

/// What the partner offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    FindOrders,
    Create,
    OrdersData,
    Cancel,
}

impl Endpoint {
    pub(crate) const ALL: [Self; 4] = [Self::FindOrders, Self::Create, Self::OrdersData, Self::Cancel];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::FindOrders => "find-orders",
            Self::Create => "create",
            Self::OrdersData => "orders-data",
            Self::Cancel => "cancel",
        }
    }
}

impl FromStr for Endpoint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|endpoint| endpoint.name() == text);
        found.ok_or_else(|| format!("endpoint may be {}", Self::ALL.map(Self::name).join(", ")))
    }
}

/// The names of all failures. Those of the first list may end in `-after`: the partner does what it was asked to,
/// and then fails to say so.
pub(crate) const NAMES: [&str; 15] = [
    "slow[:MS]",
    "hang-up",
    "400 to 599",
    "html",
    "broken-json",
    "wrong-shape",
    "empty",
    "huge[:MB]",
    "gzip",
    "cut",
    "errors-text",
    "errors-list",
    "errors-object",
    "errors-empty",
    "not-allowed",
];
/// The failures of `create` that are about items: about all that are ordered, or about one of them.
pub(crate) const ITEM_NAMES: [&str; 5] = [
    "item-not-found[:ID]",
    "wrong-quantity[:ID]",
    "wrong-price[:ID]",
    "unknown-text[:ID]",
    "unordered-item[:ID]",
];

/// A failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// As it was asked for.
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// What was asked for is done first.
    pub(crate) after: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The true answer, late.
    Slow(Duration),
    /// No answer: the connection is closed.
    HangUp,
    /// An error of HTTP.
    Status(StatusCode),
    /// An answer that nobody can read.
    Nonsense(Nonsense),
    /// A refusal for no reason of the order's.
    Refusal(Refusal),
    /// A refusal of items, beside those that are true.
    Items(ItemFault, Option<String>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nonsense {
    Html,
    BrokenJson,
    WrongShape,
    Empty,
    /// So many megabytes.
    Huge(u32),
    Gzip,
    /// Half of the true answer.
    Cut,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    Text,
    List,
    Object,
    Empty,
    NotAllowed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ItemFault {
    NotFound,
    WrongQuantity,
    WrongPrice,
    UnknownText,
    Unordered,
}

impl Failure {
    /// Reads a failure of `endpoint`.
    ///
    /// # Errors
    /// The list of those that it may be.
    pub(crate) fn read(text: &str, endpoint: Endpoint) -> Result<Self, String> {
        let (whole, argument) =
            text.split_once(':').map_or((text, None), |(name, value)| (name, Some(value)));
        let (name, after) = match whole.strip_suffix("-after") {
            Some(name) => (name, true),
            None => (whole.strip_suffix("-before").unwrap_or(whole), false),
        };
        let items = |fault| Some(Kind::Items(fault, argument.map(str::to_owned)));
        let kind = match name {
            "slow" => number(argument, 5_000).map(|ms| Kind::Slow(Duration::from_millis(ms.into()))),
            "huge" => number(argument, 64).map(|mb| Kind::Nonsense(Nonsense::Huge(mb))),
            "item-not-found" => items(ItemFault::NotFound),
            "wrong-quantity" => items(ItemFault::WrongQuantity),
            "wrong-price" => items(ItemFault::WrongPrice),
            "unknown-text" => items(ItemFault::UnknownText),
            "unordered-item" => items(ItemFault::Unordered),
            _ if argument.is_some() => None,
            "hang-up" => Some(Kind::HangUp),
            "html" => Some(Kind::Nonsense(Nonsense::Html)),
            "broken-json" => Some(Kind::Nonsense(Nonsense::BrokenJson)),
            "wrong-shape" => Some(Kind::Nonsense(Nonsense::WrongShape)),
            "empty" => Some(Kind::Nonsense(Nonsense::Empty)),
            "gzip" => Some(Kind::Nonsense(Nonsense::Gzip)),
            "cut" => Some(Kind::Nonsense(Nonsense::Cut)),
            "errors-text" => Some(Kind::Refusal(Refusal::Text)),
            "errors-list" => Some(Kind::Refusal(Refusal::List)),
            "errors-object" => Some(Kind::Refusal(Refusal::Object)),
            "errors-empty" => Some(Kind::Refusal(Refusal::Empty)),
            "not-allowed" => Some(Kind::Refusal(Refusal::NotAllowed)),
            status => status
                .parse()
                .ok()
                .filter(|status| (400..600).contains(status))
                .and_then(|status| StatusCode::from_u16(status).ok())
                .map(Kind::Status),
        };
        let fits = |kind: &Kind| !matches!(kind, Kind::Items(..)) || (endpoint == Endpoint::Create && !after);
        let failure = kind.filter(fits).map(|kind| Self { name: text.to_owned(), kind, after });
        failure.ok_or_else(|| {
            let items = if endpoint == Endpoint::Create { &ITEM_NAMES[..] } else { &[] };
            let items: String = items.iter().map(|name| format!(", {name}")).collect();
            format!("failure of {} may be {}{items}", endpoint.name(), NAMES.join(", "))
        })
    }

    /// Whether what was asked for is done all the same.
    pub(crate) fn works(&self) -> bool {
        // Half of the true answer needs the whole of it.
        let answers = matches!(self.kind, Kind::Slow(_) | Kind::Items(..) | Kind::Nonsense(Nonsense::Cut));
        self.after || answers
    }

    /// What it says of the items.
    pub(crate) fn items(&self) -> Option<(ItemFault, Option<&str>)> {
        match &self.kind {
            Kind::Items(fault, only) => Some((*fault, only.as_deref())),
            _ => None,
        }
    }

    /// How long it waits before the work, and how long after it.
    pub(crate) fn pauses(&self) -> (Duration, Duration) {
        match self.kind {
            Kind::Slow(pause) if self.after => (Duration::ZERO, pause),
            Kind::Slow(pause) => (pause, Duration::ZERO),
            _ => (Duration::ZERO, Duration::ZERO),
        }
    }
}

fn number(argument: Option<&str>, default: u32) -> Option<u32> {
    argument.map_or(Some(default), |text| text.parse().ok())
}

/// What fails without being asked to, and how often.
#[derive(Clone, Debug, Default)]
pub struct Rules(pub(crate) Vec<Rule>);

#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) endpoint: Endpoint,
    pub(crate) failure: Failure,
    /// The share of requests that fail, from 0 to 1.
    pub(crate) rate: f64,
}

impl FromStr for Rules {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rules = text.split(',').map(str::trim).filter(|rule| !rule.is_empty()).map(rule);
        rules.collect::<Option<_>>().map(Self).ok_or(
            "may be failures like create=500 or find-orders=slow:200@0.1, separated by commas; GET /_sandbox/ of \
             a running sandbox lists them",
        )
    }
}

impl fmt::Display for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, Rule { endpoint, failure, rate }) in self.0.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            write!(f, "{comma}{}={}@{rate}", endpoint.name(), failure.name)?;
        }
        Ok(())
    }
}

fn rule(text: &str) -> Option<Rule> {
    let (endpoint, rest) = text.split_once('=')?;
    let (failure, rate) = rest.split_once('@').map_or((rest, Some(1.0)), |(f, rate)| (f, rate.parse().ok()));
    let endpoint = endpoint.parse().ok()?;
    let rate = rate.filter(|rate| (0.0..=1.0).contains(rate))?;
    Some(Rule { endpoint, failure: Failure::read(failure, endpoint).ok()?, rate })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Kind> {
        Failure::read(text, Endpoint::Create).ok().map(|failure| failure.kind)
    }

    #[test]
    fn every_name_that_is_listed_can_be_read() {
        for name in NAMES.iter().chain(&ITEM_NAMES) {
            let plain = name.split('[').next().unwrap().replace("400 to 599", "503");
            assert!(read(&plain).is_some(), "{plain}");
            assert_eq!(read(&format!("{plain}-after")).is_some(), NAMES.contains(name), "{plain}-after");
            let with_argument = read(&format!("{plain}:7")).is_some();
            assert_eq!(with_argument, name.contains(":"), "{plain}:7");
        }
    }

    #[test]
    fn what_is_no_failure_is_refused_with_those_that_are() {
        for text in ["", "399", "600", "slow:soon", "html:1", "hang", "wrong-price-after", "-after"] {
            assert_eq!(read(text), None, "{text:?}");
        }
        let told = Failure::read("wrong-price", Endpoint::Cancel).unwrap_err();
        assert!(told.contains("slow[:MS]") && !told.contains("wrong-price"), "{told}");
    }

    #[test]
    fn rules_have_an_endpoint_a_failure_and_perhaps_a_rate() {
        let Rules(rules) = "create=500, find-orders=slow:200@0.25".parse().unwrap();
        assert_eq!(rules.len(), 2);
        assert_eq!((rules[0].endpoint, rules[0].rate), (Endpoint::Create, 1.0));
        assert_eq!(rules[1].failure.kind, Kind::Slow(Duration::from_millis(200)));
        assert_eq!(rules[1].rate, 0.25);
        assert!("".parse::<Rules>().is_ok_and(|Rules(rules)| rules.is_empty()));
        for text in
            ["create", "create=", "make=500", "create=500@2", "create=500@often", "cancel=wrong-price"]
        {
            assert!(text.parse::<Rules>().is_err(), "{text:?}");
        }
    }
}
