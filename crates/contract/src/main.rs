//! Prints the OpenAPI document. `make contract` writes it to `docs/api/openapi.json`.

fn main() {
    print!("{}", nokube_contract::openapi_json());
}
