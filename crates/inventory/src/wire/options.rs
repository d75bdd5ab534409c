//! What OPTIONS tells of a collection.

use serde::Serialize;
use serde::ser::{SerializeMap as _, Serializer};
use utoipa::ToSchema;

use super::described::PARSED;

/// What can be done at an address.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Metadata {
    name: &'static str,
    description: &'static str,
    renders: [&'static str; 2],
    parses: &'static [&'static str],
    #[serde(skip_serializing_if = "Option::is_none")]
    actions: Option<Actions>,
}

/// What a POST takes.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) struct Actions {
    #[schema(value_type = BTreeMap<String, Field>)]
    post: Fields,
}

/// A field of an object.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Field {
    r#type: &'static str,
    required: bool,
    read_only: bool,
    label: &'static str,
}

#[derive(Debug)]
struct Fields(&'static [Told]);

/// A field's name, its type, whether it is required, and what people call it.
pub(crate) type Told = (&'static str, &'static str, bool, &'static str);

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for &(name, r#type, required, label) in self.0 {
            map.serialize_entry(name, &Field { r#type, required, read_only: false, label })?;
        }
        map.end()
    }
}

impl Metadata {
    fn of(name: &'static str, fields: Option<Fields>) -> Self {
        Self {
            name,
            description: "",
            renders: ["application/json", "text/html"],
            parses: PARSED,
            actions: fields.map(|post| Actions { post }),
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// The fields of what a POST takes. `None`: it takes nothing.
    pub(crate) fn fields(&self) -> Option<&'static [Told]> {
        self.actions.as_ref().map(|actions| actions.post.0)
    }

    pub(crate) fn root() -> Self {
        Self::of("Api Root", None)
    }

    pub(crate) fn one_stock() -> Self {
        Self::of("Product Inventory Instance", None)
    }

    pub(crate) fn one_shop() -> Self {
        Self::of("Shop Instance", None)
    }

    pub(crate) fn one_product() -> Self {
        Self::of("Product Instance", None)
    }

    /// The seed's, to the letter.
    pub(crate) fn stock() -> Self {
        const FIELDS: Fields = Fields(&[
            ("date", "datetime", true, "Date"),
            ("shop_id", "string", true, "Shop id"),
            ("product_id", "string", true, "Product id"),
            ("qty", "decimal", true, "Qty"),
            ("original_price", "decimal", false, "Price"),
            ("stock_total_price", "decimal", false, "Total price"),
        ]);
        Self::of("Product Inventory List", Some(FIELDS))
    }

    pub(crate) fn shops() -> Self {
        const FIELDS: Fields = Fields(&[
            ("shop_id", "string", true, "Shop id"),
            ("name", "string", true, "Name"),
            ("address", "string", false, "Address"),
            ("open_date", "date", false, "Open date"),
            ("latitude", "decimal", false, "Latitude"),
            ("longitude", "decimal", false, "Longitude"),
            ("group_id", "string", false, "Group id"),
            ("format_id", "string", false, "Format id"),
        ]);
        Self::of("Shop List", Some(FIELDS))
    }

    pub(crate) fn products() -> Self {
        const FIELDS: Fields = Fields(&[
            ("product_id", "string", true, "Product id"),
            ("name", "string", true, "Name"),
            ("barcode", "string", false, "Barcode"),
            ("article", "string", false, "Article"),
            ("category_id", "string", false, "Category id"),
            ("unit_id", "string", false, "Unit id"),
            ("brand_id", "string", false, "Brand id"),
            ("producer_id", "string", false, "Producer id"),
            ("active", "boolean", false, "Active"),
        ]);
        Self::of("Product List", Some(FIELDS))
    }
}
