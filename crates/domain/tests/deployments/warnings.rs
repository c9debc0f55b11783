//! Warnings about configurations that are valid but probably a mistake.

use crate::fixtures::parse;
use nokube_domain::deployments::{SecretInput, SecretValue, warnings};
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn warnings_of(more: Value) -> Vec<String> {
    let request = parse(more);
    let secrets: BTreeMap<String, SecretValue> = request
        .secrets
        .iter()
        .filter_map(|(name, input)| match input {
            SecretInput::Set(value) => Some((name.clone(), value.clone())),
            SecretInput::Keep => None,
        })
        .collect();
    warnings(&request.spec, Some(&secrets))
}

#[test]
fn a_port_variable_that_differs_from_the_containers_port_is_warned_of() {
    let variable = "The variable PORT is not 3000, the container_port, to which requests are sent";
    let secret = "The secret PORT is not 3000, the container_port, to which requests are sent";
    let check = "The variable PORT is not 9000, the health_check_port, to which health checks are";
    let worker = json!({
        "service_type": "worker", "health_check_port": 9000, "env_vars": { "PORT": "3000" },
    });
    let table = [
        (json!({ "env_vars": { "PORT": "8080" } }), variable),
        (json!({ "env_vars": { "PORT": "" } }), variable),
        (json!({ "env_vars": { "PORT": "http" } }), variable),
        (json!({ "env_vars": { "PORT": "8080" }, "exposure_type": "internal" }), variable),
        (json!({ "secrets": { "PORT": "8080" } }), secret),
        (worker, check),
    ];
    for (more, text) in table {
        let warnings = warnings_of(more.clone());
        assert!(warnings.len() == 1 && warnings[0].starts_with(text), "{more} {warnings:?}");
        assert!(!warnings[0].contains("8080"), "the value of a secret is not shown: {warnings:?}");
    }
}

#[test]
fn a_port_variable_that_nothing_depends_on_is_not_warned_of() {
    for more in [
        json!({}),
        json!({ "env_vars": { "PORT": "3000", "HTTP_PORT": "1" } }),
        json!({ "env_vars": { "PORT": " 3000 " } }),
        json!({ "container_port": 8080, "secrets": { "PORT": "8080" } }),
        json!({ "service_type": "worker", "env_vars": { "PORT": "1" } }),
        json!({ "secrets": { "PORT": null } }),
    ] {
        assert_eq!(warnings_of(more.clone()), Vec::<String>::new(), "{more}");
    }
}

#[test]
fn a_command_line_in_one_word_is_warned_of() {
    let warnings = warnings_of(json!({ "command": ["npm start"] }));
    assert!(warnings.len() == 1 && warnings[0].contains("each word as an item"), "{warnings:?}");
    for command in [json!(["npm", "start"]), json!(["/opt/my app/run"]), json!(["sh", "-c", "a b"])]
    {
        assert_eq!(warnings_of(json!({ "command": command })), Vec::<String>::new());
    }
}
