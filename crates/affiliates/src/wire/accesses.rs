//! Accesses, as suppliers see them.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

/// A page of accesses.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes the answer, which is put together from what is stored as JSON")]
pub(crate) struct Accesses {
    current_page: i64,
    total_pages: i64,
    has_previous: bool,
    has_next: bool,
    total_items: i64,
    data: Vec<Access>,
}

/// An access that an affiliate brought.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the answer, which is put together from what is stored as JSON")]
pub(crate) struct Access {
    id: i64,
    uuid: String,
    /// The affiliate.
    pcrid: i64,
    /// The supplier.
    ecommerce_hash: String,
    #[schema(inline)]
    #[serde(flatten)]
    details: Details,
}

/// What is known of an access beside who brought it to whom; in the order of the answer.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Details {
    pub(crate) utm_source: String,
    pub(crate) utm_medium: String,
    pub(crate) tags: Vec<String>,
    /// In UTC.
    #[serde(rename = "created_at")]
    #[schema(format = DateTime)]
    pub(crate) created_at: String,
    pub(crate) href: String,
    pub(crate) referrer: String,
    pub(crate) cookie: String,
    pub(crate) user_agent: String,
    pub(crate) query: String,
    pub(crate) device: String,
    pub(crate) os: String,
    pub(crate) browser: String,
    pub(crate) screen: Screen,
    pub(crate) navigator: Navigator,
    pub(crate) geolocation: Geolocation,
}

/// The visitor's screen.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Screen {
    #[serde(deserialize_with = "whole")]
    pub(crate) avail_height: i64,
    #[serde(deserialize_with = "whole")]
    pub(crate) avail_width: i64,
    #[serde(deserialize_with = "whole")]
    pub(crate) height: i64,
    #[serde(deserialize_with = "whole")]
    pub(crate) width: i64,
    #[serde(deserialize_with = "whole")]
    pub(crate) color_depth: i64,
    #[serde(deserialize_with = "whole")]
    pub(crate) pixel_depth: i64,
}

/// What the visitor's browser tells of itself.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Navigator {
    #[serde(deserialize_with = "whole")]
    pub(crate) hardware_concurrency: i64,
    #[serde(deserialize_with = "or_default")]
    pub(crate) language: String,
    #[serde(deserialize_with = "or_default")]
    pub(crate) languages: Vec<String>,
}

/// Where the visitor is, as far as the address tells.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize, ToSchema)]
#[serde(default)]
pub(crate) struct Geolocation {
    pub(crate) city: String,
    pub(crate) state: String,
    pub(crate) country: String,
}

/// An object; `null` means what leaving out does. Derived code would take a list too, by the order of its fields.
pub(super) fn object_or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    struct Object<T>(PhantomData<T>);
    impl<'de, T: Default + Deserialize<'de>> Visitor<'de> for Object<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_unit<E: serde::de::Error>(self) -> Result<T, E> {
            Ok(T::default())
        }

        fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<T, A::Error> {
            T::deserialize(MapAccessDeserializer::new(fields))
        }
    }
    deserializer.deserialize_any(Object(PhantomData))
}

/// `null` means what leaving out does.
pub(super) fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// A browser that zooms may tell fractions of a pixel.
fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let number = Option::<f64>::deserialize(deserializer)?.unwrap_or_default();
    Ok(number.round() as i64)
}

/// An access as JSON. `record` is that of its [`Details`], which is not parsed to be written again.
pub(crate) fn assembled(id: i64, uuid: &str, pcrid: i64, ecommerce_hash: &str, record: &str) -> String {
    let hash = serde_json::Value::from(ecommerce_hash);
    let rest = record.strip_prefix('{').unwrap_or(record);
    format!(r#"{{"id":{id},"uuid":"{uuid}","pcrid":{pcrid},"ecommerceHash":{hash},{rest}"#)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_access_is_put_together_in_the_order_of_the_seed() {
        let record = serde_json::to_string(&Details::default()).unwrap();
        let access = assembled(7, "u", 2554, "a\"b", &record);
        let whole: serde_json::Value = serde_json::from_str(&access).unwrap();
        assert_eq!(whole["ecommerceHash"], "a\"b");
        let fields = [
            "id",
            "uuid",
            "pcrid",
            "ecommerceHash",
            "utmSource",
            "utmMedium",
            "tags",
            "created_at",
            "href",
            "referrer",
            "cookie",
            "userAgent",
            "query",
            "device",
            "os",
            "browser",
            "screen",
            "navigator",
            "geolocation",
        ];
        let places: Vec<usize> =
            fields.iter().map(|name| access.find(&format!("\"{name}\":")).unwrap()).collect();
        assert!(places.is_sorted(), "{access}");
        assert_eq!(whole.as_object().unwrap().len(), fields.len());
    }
}
