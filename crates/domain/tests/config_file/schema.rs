//! The JSON Schema says what the parser says.

use nokube_domain::config_file::{json_schema, parse};
use serde_json::Value;

/// What both accept.
const VALID: [&str; 9] = [
    "",
    include_str!("example.toml"),
    "[services.a]",
    "[services.a.build]\nhas_dockerfile = true\nsubmodules = true\nimage_tag = 'v1'",
    "[services.a.build]\ndockerfile_content = 'FROM nginx'",
    "[services.a.deployment]\nexposure_type = 'internal'\nservice_port = 80\nargs = ['a b', '']",
    "[services.a.deployment]\ndescription = ''\ncustom_path = '/a'\nenable_https = true",
    "[services.a.deployment]\nstorage_size = '1Gi'\nstorage_path = '/data'",
    "[services.a.deployment]\nenable_autoscaling = true\nmin_replicas = 2\ntarget_cpu_percent = 50",
];

/// What both reject.
const INVALID: [&str; 22] = [
    "project = 'My App'",
    "services = 1",
    "unknown = 1",
    "[services.A]",
    "[services.a]\nbuild = 1",
    "[services.a]\nport = 80",
    "[services.a.build]\nbranch = 'main'",
    "[services.a.build]\nrepository_url = 'https://github.com/a/b'",
    "[services.a.build]\nbuild_on_push = true",
    "[services.a.build]\nlfs = 'yes'",
    "[services.a.build]\ncontext = ''",
    "[services.a.build]\nwatch_paths = 'web'",
    "[services.a.build]\nbuild_args = { A = 1 }",
    "[services.a.deployment]\ncustom_domain = 'a.example.org'",
    "[services.a.deployment]\nimage_name = 'nginx'",
    "[services.a.deployment]\ncontainer_port = 0",
    "[services.a.deployment]\ncontainer_port = '80'",
    "[services.a.deployment]\nreplicas = 0",
    "[services.a.deployment]\ncpu_limit = 1",
    "[services.a.deployment]\nservice_type = 'cron'",
    "[services.a.deployment]\nsecrets = { A = 'x' }",
    "[services.a.deployment]\nsecrets = ['A', 'A']",
];

fn as_json(text: &str) -> Value {
    serde_json::to_value(toml::from_str::<toml::Table>(text).unwrap()).unwrap()
}

#[test]
fn the_schema_accepts_and_rejects_what_the_parser_does() {
    let schema = jsonschema::validator_for(&json_schema()).unwrap();
    for text in VALID {
        assert_eq!(parse(text).err(), None, "{text}");
        assert!(schema.is_valid(&as_json(text)), "{text}");
    }
    for text in INVALID {
        assert!(parse(text).is_err(), "{text}");
        assert!(!schema.is_valid(&as_json(text)), "{text}");
    }
}

#[test]
fn every_field_is_described() {
    let schema = json_schema();
    for table in ["build", "deployment"] {
        let fields = &schema["definitions"]["Service"]["properties"][table]["properties"];
        let fields = fields.as_object().unwrap();
        assert!(fields.len() > 8, "{table}");
        for (name, field) in fields {
            let names_type =
                field.get("type").or_else(|| field.get("allOf")).or_else(|| field.get("$ref"));
            assert!(names_type.is_some(), "{name}: {field}");
            assert!(!field.to_string().contains("null"), "TOML has no null: {name}: {field}");
        }
    }
}

#[test]
fn the_published_schema_is_current() {
    let published = include_str!("../../../../docs/nokube.schema.json");
    let current = serde_json::to_string_pretty(&json_schema()).unwrap() + "\n";
    assert!(published == current, "docs/nokube.schema.json is out of date: run make contract");
}
