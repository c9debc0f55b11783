//! Prints the OpenAPI document, or with the argument `nokube.toml` the JSON Schema of that file. `make contract` writes
//! them to `docs/api/openapi.json` and `docs/nokube.schema.json`.

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("nokube.toml") => print!("{}", nokube_openapi::config_file_schema_json()),
        _ => print!("{}", nokube_openapi::openapi_json()),
    }
}
