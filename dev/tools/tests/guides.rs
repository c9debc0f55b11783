//! The guide `docs/deployment-problems.md` has a row for each value that the API can return, and for no other.
#![allow(clippy::unwrap_used)] // Tests.

use serde_json::Value;
use std::collections::BTreeSet;

const GUIDE: &str = include_str!("../../../docs/deployment-problems.md");

/// The names in the first column of the table whose header begins with `name`.
fn first_column(name: &str) -> BTreeSet<String> {
    let lines =
        GUIDE.lines().skip_while(|line| !line.starts_with(&format!("| {name} | meaning |")));
    let rows = lines.skip(2).take_while(|line| line.starts_with("| `"));
    let first_cell = |row: &str| row.split('|').nth(1).unwrap_or_default().to_owned();
    let names = rows.flat_map(|row| {
        let cell = first_cell(row);
        cell.split(", ").map(|name| name.trim().trim_matches('`').to_owned()).collect::<Vec<_>>()
    });
    names.collect()
}

/// The values of an enum of the contract, or the fields of an object.
fn contract(schema: &str) -> BTreeSet<String> {
    let contract: Value =
        serde_json::from_str(include_str!("../../../docs/api/openapi.json")).unwrap();
    let schema = contract.pointer(&format!("/components/schemas/{schema}")).unwrap().clone();
    let values = schema.get("enum").and_then(Value::as_array).into_iter().flatten();
    let fields = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    let values = values.map(|value| value.as_str().unwrap().to_owned());
    values.chain(fields.map(|(name, _)| name.clone())).collect()
}

#[test]
fn the_guide_to_problems_of_deployments_is_complete() {
    for (column, schema) in [
        ("`status`", "DeploymentStatus"),
        ("field", "Issue"),
        ("`code`", "DeploymentErrorCode"),
        ("`reachable`", "Reachable"),
    ] {
        let documented = first_column(column);
        assert!(!documented.is_empty(), "{column}");
        assert_eq!(documented, contract(schema), "{column}");
    }
}
