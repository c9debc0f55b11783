//! Prints the OpenAPI document. `make contract` writes it to `docs/api/openapi.json`.

fn main() {
    print!("{}", nokube_openapi::openapi_json());
}
