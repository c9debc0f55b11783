//! The HTTP contract of the platform as an OpenAPI 3.1 document, made of the types that are really read
//! and answered. Tests keep it equal to the components: every exchange of `tests/flows` is held against
//! it, and the list of routes.
//!
//! ```
//! assert!(nokube_contract::text().contains("/api/v1/builds/{build}"));
//! ```

mod assemble;
mod examples;
mod operation;
mod problems;
pub mod requests;
mod routes;
mod schemas;
mod share;

use nokube_domain::answer::RouteView;

/// The document, as it stands in `docs/api/openapi.json`.
pub fn text() -> String {
    // Typed values with texts as keys, so this does not fail.
    let mut text = serde_json::to_string_pretty(&assemble::document()).unwrap_or_default();
    text.push('\n');
    text
}

/// Every route that the document describes, with what it demands.
pub fn routes() -> Vec<RouteView> {
    routes::all().iter().map(operation::Operation::route).collect()
}
