//! The HTTP API as an OpenAPI 3.1 document. Method, path, access policy and rate limit of an operation are
//! those in its component's table of routes; the rest is described beside its handler
//! ([`nokube_contract`]). `tests/flows` checks every exchange against the document.

mod document;
mod operation;
mod problems;
mod shared_responses;
mod strict;

use nokube_edge::Route;

/// Each component with its routes.
pub const COMPONENTS: &[(&str, &[Route])] = &[
    ("platform", platform::ROUTES),
    ("builds", builds::ROUTES),
    ("deploy", deploy::ROUTES),
    ("auth", auth::ROUTES),
    ("webhook", webhook::ROUTES),
];

/// The content of `docs/api/openapi.json`.
pub fn openapi_json() -> String {
    pretty(&document::document())
}

/// The content of `docs/nokube.schema.json`.
pub fn config_file_schema_json() -> String {
    pretty(&nokube_domain::config_file::json_schema())
}

fn pretty(document: &impl serde::Serialize) -> String {
    // All values are typed and all keys are strings, so serialization does not fail.
    let mut json = serde_json::to_string_pretty(document).unwrap_or_default();
    json.push('\n');
    json
}
