//! Faults of a file: all at once, in order of position.

use super::faults;
use nokube_domain::config_file::{MAX_ERRORS, parse};

#[test]
fn all_faults_are_found_at_once_with_line_and_column() {
    let text = r#"project = "My App"
[services.frontend.build]
context = "../web"
dockerfile_path = "Dockerfile"
has_dockerfile = false
watch_path = ["web/**"]

[services.frontend.deployment]
container_port = 80800
replicas = "two"
cpu_limit = 1
env_vars = { "1ST" = "a", B = 2, API_KEY = "x" }
secrets = ["API_KEY", "OTHER", 7]

[services.Api]
build = "web"
"#;
    let found = faults(text);
    let expected = [
        "1:11: project: must be 1 to 40 lower-case letters",
        "3:11: services.frontend.build.context: must",
        "4:19: services.frontend.build.dockerfile_path: cannot be used with has_dockerfile: false",
        "6:1: services.frontend.build.watch_path: is not a field of [services.frontend.build]; did you mean \
         watch_paths?",
        "9:18: services.frontend.deployment.container_port: must be a whole number from 1 to 65535",
        "10:12: services.frontend.deployment.replicas: must be a whole number",
        "11:13: services.frontend.deployment.cpu_limit: must be a string",
        "12:14: services.frontend.deployment.env_vars.1ST: must have a name",
        "12:27: services.frontend.deployment.env_vars.B: must be a string",
        "13:12: services.frontend.deployment.secrets.API_KEY: is among env_vars too",
        "13:32: services.frontend.deployment.secrets: must be a list of names",
        "15:11: services.Api: must be a DNS label",
        "16:9: services.Api.build: must be a table",
    ];
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found}\n{expected}");
    }
}

#[test]
fn text_that_is_not_toml_has_positions_too() {
    let text = "[services.a.deployment]\nmemory_limit = 1Gi\nreplicas = 0\n[services.b\n[services.c.build]\nlfs = yes\n";
    let found = faults(text);
    let positions: Vec<_> = found.iter().map(|fault| &fault[..4]).collect();
    assert_eq!(positions, ["2:16", "3:12", "4:12", "6:7:"], "{found:#?}");
    assert!(found[0].contains("not valid TOML: string values must be quoted"), "{found:#?}");
    // What follows from an error is not a fault of its own: `lfs` must also be true or false.
    assert_eq!(found.iter().filter(|fault| fault.starts_with("6:")).count(), 1);
    assert_eq!(
        faults("a: 1"),
        ["1:2: not valid TOML: invalid unquoted key, expected letters, numbers, `-`, `_`"]
    );
}

#[test]
fn columns_count_characters_and_lines_end_as_on_any_system() {
    let found =
        faults("# é\r\n\r\n[services.a.deployment]\r\nenv_vars = { \"É\" = \"é\", B = 1 }\r\n");
    assert!(found[0].starts_with("4:14: services.a.deployment.env_vars.É: must have a name"));
    assert!(found[1].starts_with("4:25: services.a.deployment.env_vars.B: must be a string"));
    assert!(faults("\u{feff}x = 1\n")[0].starts_with("1:1: x: is not a field of this file"));
}

#[test]
fn a_field_that_is_set_elsewhere_is_told_where() {
    for (field, place) in [
        ("build.repository_url = 'https://github.com/a/b'", "nokube services set"),
        ("build.branch = 'main'", "nokube services set"),
        ("build.build_on_push = true", "members of the project decide"),
        ("deployment.deploy_on_build = true", "members of the project decide"),
        ("build.previews = 'deploy'", "members of the project decide"),
        ("build.preview_env_vars = {}", "members of the project decide"),
        ("deployment.custom_domain = 'a.example.org'", "the page of the service"),
        ("deployment.image_name = 'nginx'", "nokube deploy --image"),
        ("deployment.project_name = 'a'", "at the top of the file"),
        ("deployment.secrets = { API_KEY = 'x' }", "nokube secrets set"),
        ("build.container_port = 80", "belongs into [services.a.deployment]"),
        ("context = 'web'", "belongs into [services.a.build]"),
        ("deployment.build.context = 'web'", "belongs into [services.a]"),
        ("deployment.project = 'a'", "belongs to the top of the file"),
    ] {
        let found = faults(&format!("[services.a]\n{field}\n"));
        assert_eq!(found.len(), 1, "{field}: {found:?}");
        assert!(found[0].contains(place), "{field}: {found:?}");
    }
    let found = faults("[services.a]\ndeployment.secrets = { API_KEY = 's3cret' }\n");
    assert!(!found[0].contains("s3cret"), "a value that is perhaps secret is not repeated");
}

#[test]
fn the_name_that_was_meant_is_said() {
    for (name, meant) in [
        ("build.dockerfile", "dockerfile_path"),
        ("build.contxt", "context"),
        ("build.build-args", "build_args"),
        ("deployment.port", "container_port"),
        ("deployment.env", "env_vars"),
        ("deployment.replica", "replicas"),
        ("deployment.Replicas", "replicas"),
        ("deployment.enviroment_vars", ""),
        ("deploy", "deployment"),
        ("depolyment", "deployment"),
    ] {
        let found = faults(&format!("[services.a]\n{name} = 1\n"));
        let says =
            found[0].split("did you mean ").nth(1).map_or("", |rest| rest.trim_end_matches('?'));
        assert_eq!(says, meant, "{name}: {found:?}");
    }
    assert!(faults("service.a = {}")[0].ends_with("did you mean services?"));
}

#[test]
fn values_that_json_does_not_have_are_faults() {
    let text = "[services.a.deployment]\nreplicas = nan\nhealth_check_period = 1e999\ncontainer_port = \
                99999999999999999999\ndescription = 2026-01-01\nenv_vars = { A = 07:32:00 }\ndisplay_name = ['a']\n";
    let found = faults(text);
    let expected = ["2:12: ", "3:23: ", "4:18: ", "5:15: ", "6:18: ", "7:16: "];
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found}");
    }
    assert!(found[3].contains("put it in quotes"), "{found:#?}");
}

#[test]
fn what_concerns_several_fields_is_found() {
    let text = "[services.a.deployment]\nstorage_size = '1Gi'\nstorage_path = '/data'\nreplicas = 2\n\
                [services.b.deployment]\nstorage_size = '1Gi'\n[services.c.deployment]\nservice_type = 'worker'\n\
                exposure_type = 'external'\n[services.1d.deployment]\n";
    let found = faults(text);
    assert!(found[0].starts_with("4:12: services.a.deployment.replicas: must be 1 with storage"));
    assert!(found[1].starts_with("5:13: services.b.deployment.storage_path: is required"));
    assert!(found[2].starts_with("9:17: services.c.deployment.exposure_type: must be none"));
    assert!(found[3].starts_with("10:11: services.1d: must begin with a letter"));
    assert_eq!(found.len(), 4, "{found:#?}");
}

#[test]
fn a_file_has_limits() {
    let services =
        |count: usize| (0..count).map(|i| format!("[services.s{i}]\n")).collect::<String>();
    assert_eq!(parse(&services(50)).unwrap().services.len(), 50);
    assert_eq!(faults(&services(51)), ["1:2: services: must be at most 50 services"]);
    let long = "#".repeat(64 * 1024);
    assert_eq!(parse(&long).unwrap().services.len(), 0);
    assert_eq!(faults(&format!("{long}#")), ["1:1: must have at most 64 KiB"]);
    assert_eq!(faults("services = 1"), ["1:12: services: must be tables: [services.NAME]"]);
    assert!(
        faults("[[services.a]]")[0].starts_with("1:1: services.a: must be a table with [build]")
    );
}

#[test]
fn only_the_first_faults_are_listed() {
    let many: String = (0..80).map(|i| format!("unknown{i} = 1\n")).collect();
    let found = faults(&many);
    assert_eq!(found.len(), MAX_ERRORS + 1);
    assert_eq!(found[MAX_ERRORS], "51:1: and 30 more faults from here");
    let name = "x".repeat(30_000);
    for text in [format!("{name} = 1"), format!("[services.{name}.build]\nport = 1\n{name} = 2")] {
        let found = faults(&text);
        assert!(found.iter().all(|fault| fault.len() < 1000), "a long name is shortened");
    }
}
