//! Prints the document: `make contract` keeps it in `docs/api/openapi.json`.

fn main() {
    print!("{}", nokube_contract::text());
}
