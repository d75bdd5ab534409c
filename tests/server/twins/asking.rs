//! Questions made from the document, and places for a credential.

use std::collections::HashSet;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use reqwest::{Method, RequestBuilder};
use serde_json::{Map, Value, json};

use super::Credential;
use super::world::World;

/// An operation of an API, as the document has it.
pub(super) struct Operation {
    pub(super) api: String,
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) is_open: bool,
    /// What else it says of itself.
    pub(super) told: Value,
}

/// A request that fits an operation.
pub(super) struct Asked {
    pub(super) method: Method,
    path: String,
    query: Vec<(String, String)>,
    body: Option<Value>,
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = self.body.as_ref().map(Value::to_string).unwrap_or_default();
        write!(f, "{} {} {:?} {body}", self.method, self.path, self.query)
    }
}

impl Asked {
    pub(super) fn of(&self, world: &World) -> RequestBuilder {
        let request = world.request(self.method.clone(), &self.path).query(&self.query);
        match &self.body {
            Some(body) => request.json(body),
            None => request,
        }
    }
}

impl Operation {
    /// Its path, with what is ours in the places of its parameters.
    pub(super) fn path(&self) -> String {
        let segments = self.path.split('/').map(|segment| {
            match segment.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
                Some("event_id" | "chat_id" | "order_id") => "12",
                Some("show_id") => "21",
                Some("shop_id") => "3",
                Some("product_id") => "6343",
                Some("key") => "2016-06-07_3_6343",
                Some("name" | "unit_name") => "name",
                Some(other) => {
                    panic!("what stands for {{{other}}} of {} {}? Say so here", self.method, self.path)
                }
                None => segment,
            }
        });
        segments.collect::<Vec<_>>().join("/")
    }

    /// Requests that ask for what is ours: with what is required alone, with one or two things more, and with everything.
    pub(super) fn requests(&self, world: &World) -> Vec<Asked> {
        let sampler = Sampler { world, api: &self.api };
        let parameters = self.told["parameters"].as_array().cloned().unwrap_or_default();
        let parameters: Vec<_> = parameters.iter().filter(|parameter| parameter["in"] == "query").collect();
        let fields = parameters.iter().map(|parameter| {
            let name = parameter["name"].as_str().unwrap();
            let value = sampler.value(name, &parameter["schema"]);
            (parameter["required"] == true, name.to_owned(), value)
        });
        let asked = |query: Map<String, Value>, body| Asked {
            method: self.method.clone(),
            path: self.path(),
            query: query.into_iter().map(|(name, value)| (name, text(&value))).collect(),
            body,
        };
        let in_query = selections(fields.collect());
        let body = &self.told["requestBody"]["content"]["application/json"]["schema"];
        let bodies = if body.is_object() { selections(sampler.fields(body)) } else { Vec::new() };
        let required = in_query.first().cloned().unwrap_or_default();
        let with_body = bodies.into_iter().map(|body| asked(required.clone(), Some(body.into())));
        let with_body: Vec<_> = with_body.collect();
        in_query.iter().map(|query| asked(query.clone(), None)).chain(with_body).collect()
    }
}

/// What is required alone, with one or two things more, and everything.
fn selections(fields: Vec<(bool, String, Value)>) -> Vec<Map<String, Value>> {
    let choose = |chosen: &dyn Fn(usize) -> bool| {
        let kept = fields.iter().enumerate().filter(|(at, (required, ..))| *required || chosen(*at));
        kept.map(|(_, (_, name, value))| (name.clone(), value.clone())).collect::<Map<_, _>>()
    };
    let mut all = vec![choose(&|_| false)];
    for one in 0..fields.len() {
        all.extend((one..fields.len()).map(|other| choose(&|at| at == one || at == other)));
    }
    all.push(choose(&|_| true));
    let mut seen = HashSet::new();
    all.retain(|selection| seen.insert(Value::from(selection.clone()).to_string()));
    all
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.first().map(text).unwrap_or_default(),
        other => other.to_string(),
    }
}

/// Makes values that fit a schema, and name what is ours where they can.
struct Sampler<'a> {
    world: &'a World,
    api: &'a str,
}

impl Sampler<'_> {
    fn resolved<'s>(&'s self, schema: &'s Value) -> &'s Value {
        match schema["$ref"].as_str() {
            Some(reference) => {
                let found = self.world.document.pointer(reference.trim_start_matches('#'));
                self.resolved(found.unwrap())
            }
            None => schema,
        }
    }

    /// The fields of an object, or of the one of several shapes that is an object.
    fn fields(&self, schema: &Value) -> Vec<(bool, String, Value)> {
        let schema = self.resolved(schema);
        if let Some(shapes) = schema["oneOf"].as_array() {
            return shapes
                .iter()
                .map(|shape| self.fields(shape))
                .find(|fields| !fields.is_empty())
                .unwrap_or_default();
        }
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        let properties = schema["properties"].as_object().cloned().unwrap_or_default();
        let field = |(name, schema): (&String, &Value)| {
            (required.iter().any(|required| required == name), name.clone(), self.value(name, schema))
        };
        properties.iter().map(field).collect()
    }

    fn value(&self, name: &str, schema: &Value) -> Value {
        if let Some(ours) = self.world.named(self.api, name) {
            return ours;
        }
        let schema = self.resolved(schema);
        if let Some(first) = schema["enum"].as_array().and_then(|values| values.first()) {
            return first.clone();
        }
        if let Some(shape) = schema["oneOf"].as_array().and_then(|shapes| shapes.first()) {
            return self.value(name, shape);
        }
        let kinds = schema["type"].as_array().cloned().unwrap_or_else(|| vec![schema["type"].clone()]);
        match kinds.first().and_then(Value::as_str) {
            Some("integer" | "number") => json!(1),
            Some("boolean") => json!(true),
            Some("array") => json!([self.value(name, &schema["items"])]),
            Some("object") => {
                let fields = self.fields(schema).into_iter().map(|(_, name, value)| (name, value));
                Value::Object(fields.collect())
            }
            _ => match schema["format"].as_str() {
                Some("date") => json!("2016-06-07"),
                Some("date-time") => json!("2029-12-31T00:00:00Z"),
                _ => json!("x"),
            },
        }
    }
}

fn basic(text: &str) -> String {
    format!("Basic {}", STANDARD.encode(text))
}

/// A key in every place in which one is taken.
pub(super) fn accepted(key: &str) -> impl Iterator<Item = Credential> + use<> {
    let authorization = [
        format!("Bearer {key}"),
        format!("bearer  {key}"),
        basic(key),
        basic(&format!("{key}:")),
        basic(&format!("{key}:anything")),
        basic(&format!("anybody:{key}")),
        format!("basic {}", URL_SAFE_NO_PAD.encode(format!("{key}:"))),
    ];
    let header = ("x-api-key", key.to_owned().into_bytes());
    authorization.into_iter().map(|value| ("authorization", value.into_bytes())).chain([header])
}

/// A key in places in which nobody looks for one.
pub(super) fn elsewhere(key: &str) -> impl Iterator<Item = Credential> + use<> {
    let places = [
        ("authorization", key.to_owned()),
        ("authorization", format!("Digest {key}")),
        ("authorization", format!("Token {key}")),
        ("proxy-authorization", format!("Bearer {key}")),
        ("cookie", format!("key={key}; token={key}; sessionid={key}")),
        ("query", key.to_owned()),
    ];
    places.into_iter().map(|(place, value)| (place, value.into_bytes()))
}

/// What only looks like a credential.
pub(super) fn no_credentials() -> impl Iterator<Item = Credential> {
    let authorization: [&[u8]; 8] = [
        b"Bearer",
        b"Bearer \xff\xfe",
        b"Bearer null",
        b"Bearer pk_tickets_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        b"Bearer at_inventory_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        b"Basic %%%",
        b"Basic Og==",
        b"Basic a2Fzc2lyOnBhc3N3b3Jk",
    ];
    let header = ("x-api-key", vec![b'x'; 4_000]);
    authorization.into_iter().map(|value| ("authorization", value.to_vec())).chain([header])
}
