//! The configuration that the file of a repository has of a service.

use crate::fixtures::{limits, project};
use nokube_domain::{
    Problem,
    config_file::{FileService, parse},
    deployments::{Address, Exposure, FileConfiguration, PlatformLimits, Spec, read_configuration},
    fields::Fields,
    name::ServiceName,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn frontend() -> ServiceName {
    "frontend".parse().unwrap()
}

fn file(text: &str) -> FileService {
    let text = format!("[services.frontend.deployment]\n{text}");
    parse(&text).unwrap().services.remove(&frontend()).unwrap()
}

fn saved(body: &Value) -> Spec {
    let fields = Fields::from_json(body.to_string().as_bytes()).unwrap();
    read_configuration(fields, &project(), Some(frontend()), &limits(), None, []).unwrap()
}

fn read(
    file: &FileService,
    [saved, current]: [Option<&Spec>; 2],
    limits: &PlatformLimits,
    secrets: Option<&[&str]>,
) -> Result<Option<Spec>, Problem> {
    let (project, service) = (&project(), &frontend());
    let configuration = FileConfiguration { project, service, file, saved, current };
    let secrets: Option<BTreeSet<String>> =
        secrets.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
    configuration.read(limits, secrets.as_ref())
}

fn errors(problem: Problem) -> Vec<String> {
    problem.errors.into_iter().map(|error| format!("{}: {}", error.field, error.detail)).collect()
}

fn domain(spec: &Spec) -> Option<String> {
    match &spec.exposure {
        Exposure::External { address: Address::Domain(domain), .. } => Some(domain.to_string()),
        _ => None,
    }
}

#[test]
fn the_whole_configuration_comes_from_the_file_and_what_it_does_not_say_is_the_default() {
    let saved = saved(&json!({ "replicas": 5, "env_vars": { "OLD": "1" }, "cpu_limit": "2" }));
    let file = file("replicas = 3\nenv_vars = { COLOUR = \"red\" }\n");
    let spec = read(&file, [Some(&saved), None], &limits(), None).unwrap().unwrap();
    assert_eq!((spec.replicas, spec.service.as_str()), (3, "frontend"));
    assert_eq!(json!(spec.variables), json!({ "COLOUR": "red" }));
    assert_ne!(spec.cpu, saved.cpu);
    // A file without it says nothing of the configuration.
    let nothing = FileService::default();
    assert_eq!(read(&nothing, [Some(&saved), None], &limits(), Some(&[])).unwrap(), None);
}

#[test]
fn a_push_changes_no_domain() {
    let own = saved(&json!({ "custom_domain": "shop.example.org" }));
    let other = saved(&json!({ "custom_domain": "a.example.net" }));
    let file = file("replicas = 3\n");
    for (known, expected) in [
        ([Some(&own), Some(&other)], Some("shop.example.org")),
        ([None, Some(&other)], Some("a.example.net")),
        ([Some(&saved(&json!({}))), Some(&other)], Some("a.example.net")),
        ([None, None], None),
    ] {
        let spec = read(&file, known, &limits(), None).unwrap().unwrap();
        assert_eq!(domain(&spec).as_deref(), expected);
    }
    assert!(
        parse("[services.frontend.deployment]\ncustom_domain = \"evil.example.net\"\n").is_err()
    );
}

#[test]
fn the_limits_of_the_platform_hold() {
    let file = file("replicas = 21\nmemory_limit = \"32Gi\"\n");
    let refused = errors(read(&file, [None, None], &limits(), None).unwrap_err());
    let fields: Vec<_> = refused.iter().filter_map(|error| error.split(':').next()).collect();
    assert!(fields.contains(&"replicas") && fields.contains(&"memory_limit"), "{refused:?}");
}

#[test]
fn secrets_that_the_file_names_have_to_be_saved() {
    let file = file("env_vars = { COLOUR = \"red\" }\nsecrets = [\"API_KEY\", \"TOKEN\"]\n");
    let refused = errors(read(&file, [None, None], &limits(), Some(&["TOKEN"])).unwrap_err());
    assert_eq!(
        refused,
        ["secrets.API_KEY: is named in nokube.toml and has no saved value; save one"]
    );
    let spec = read(&file, [None, None], &limits(), Some(&["API_KEY", "TOKEN", "MORE"]));
    assert!(spec.unwrap().is_some());
    // A variable does not replace a saved secret.
    let refused = read(&file, [None, None], &limits(), Some(&["API_KEY", "TOKEN", "COLOUR"]));
    let refused = errors(refused.unwrap_err());
    assert_eq!(refused, ["env_vars.COLOUR: is among the saved secrets too; remove one of the two"]);
    // A preview has other variables and secrets.
    assert!(read(&file, [None, None], &limits(), None).unwrap().is_some());
}
