//! What a file may say.

use super::service;
use nokube_domain::config_file::{FileService, parse};
use serde_json::json;

const SHOP: &str = r#"
project = "shop"

[services.frontend.build]
context = "web"
dockerfile_path = "web/Dockerfile"
watch_paths = ["web/**", "shared/*.css"]
build_args = { CHANNEL = "stable" }

[services.frontend.deployment]
container_port = 8080
replicas = 2
cpu_limit = "750m"
env_vars = { COLOUR = "red", "dotted.name" = "1" }
secrets = ["API_KEY"]
custom_path = "/shop"

# Built with buildpacks, and not deployed by this file.
[services.worker]
"#;

#[test]
fn a_file_has_the_fields_of_the_api_by_service() {
    let file = parse(SHOP).unwrap();
    assert_eq!(file.project.unwrap().as_str(), "shop");
    let names: Vec<_> = file.services.keys().map(|name| name.as_str()).collect();
    assert_eq!(names, ["frontend", "worker"]);
    let frontend = &file.services[&"frontend".parse().unwrap()];
    assert_eq!(
        json!(frontend.build),
        json!({
            "context": "web", "dockerfile_path": "web/Dockerfile",
            "watch_paths": ["web/**", "shared/*.css"], "build_args": { "CHANNEL": "stable" },
        })
    );
    assert_eq!(
        json!(frontend.deployment),
        json!({
            "container_port": 8080, "replicas": 2, "cpu_limit": "750m", "custom_path": "/shop",
            "env_vars": { "COLOUR": "red", "dotted.name": "1" },
        })
    );
    assert_eq!(frontend.secrets, ["API_KEY"]);
    assert_eq!(file.services[&"worker".parse().unwrap()], FileService::default());
}

#[test]
fn an_empty_file_has_no_services() {
    for text in ["", "\u{feff}", "# nothing yet\r\n", "[services]\n"] {
        assert_eq!(parse(text), Ok(Default::default()), "{text:?}");
    }
}

#[test]
fn a_table_without_fields_is_a_configuration_of_defaults() {
    assert_eq!(service("[services.a]").deployment, None);
    assert_eq!(service("[services.a.deployment]").deployment, Some(Default::default()));
    assert_eq!(
        service("services.a.deployment.secrets = ['A']").deployment,
        Some(Default::default())
    );
}

#[test]
fn what_a_platform_may_allow_is_accepted() {
    let text = r#"
        [services.a.deployment]
        enable_https = true
        enable_autoscaling = true
        max_replicas = 500
        cpu_limit = "64"
        memory_limit = "1Ti"
    "#;
    assert_eq!(service(text).deployment.unwrap()["max_replicas"], 500);
}

#[test]
fn a_section_is_stored_and_read_again() {
    let file = parse(SHOP).unwrap();
    for service in file.services.values() {
        let stored = serde_json::to_string(service).unwrap();
        assert_eq!(serde_json::from_str::<FileService>(&stored).unwrap(), *service);
    }
}
