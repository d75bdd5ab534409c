//! The Routes API.

mod import_export;
mod import_mistakes;
mod management;
