//! The HTTP API as an OpenAPI 3.1 document, generated from the request and response types of
//! `nokube_domain`. `tests/flows` checks every exchange against the document, and the list of routes.
//!
//! ```
//! assert!(nokube_contract::openapi_json().contains("/api/v1/builds/{build}"));
//! ```

mod document;
mod examples;
mod operation;
mod operations;
mod problems;
pub mod requests;
mod schemas;
mod shared_responses;

use nokube_domain::responses::RouteView;

/// The content of `docs/api/openapi.json`.
pub fn openapi_json() -> String {
    // All values are typed and all keys are strings, so serialization does not fail.
    let mut json = serde_json::to_string_pretty(&document::document()).unwrap_or_default();
    json.push('\n');
    json
}

/// Every route in the document with its access policy.
pub fn routes() -> Vec<RouteView> {
    operations::all().iter().map(operation::Operation::route).collect()
}
