//! The Routes API.

mod files;
mod import_changes;
mod import_export;
mod import_mistakes;
mod management;
