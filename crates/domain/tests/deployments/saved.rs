//! What is saved to deploy a service with, and how it completes a request.

use crate::fixtures::{at, limits, project};
use nokube_domain::{
    BuildId, Problem, ProjectId,
    access::Caller,
    deployments::{
        DeploymentRequest, ImageSource, NewDeployment, NewSecrets, SavedConfiguration,
        SavedConfigurationView, SavedDeployment, SavedSecrets, SavedSecretsView, SecretChange,
        SecretInput, SecretValue, Spec, read_configuration, with_changes,
    },
    fields::Fields,
    name::ServiceName,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn fields(body: &Value) -> Fields {
    Fields::from_json(body.to_string().as_bytes()).unwrap()
}

fn frontend() -> ServiceName {
    "frontend".parse().unwrap()
}

fn try_save(body: &Value, service: &str, secrets: &[&str]) -> Result<Spec, Problem> {
    let mut fields = fields(body);
    let service = fields.parse("service", service, str::parse);
    let secrets: Vec<_> = secrets.iter().map(|name| (*name).to_owned()).collect();
    read_configuration(fields, &project(), service, &limits(), None, &secrets)
}

fn save(body: Value) -> Spec {
    try_save(&body, "frontend", &[]).unwrap()
}

fn errors(problem: Problem) -> Vec<String> {
    problem.errors.into_iter().map(|error| format!("{}: {}", error.field, error.detail)).collect()
}

fn build() -> BuildId {
    BuildId::new(ProjectId(7), 5, 1)
}

/// Deploys what is saved, with the fields that are `sent`.
fn try_deploy(saved: &Spec, secrets: &[&str], sent: &Value) -> Result<DeploymentRequest, Problem> {
    let mut fields = fields(sent);
    let (project, service) = (project(), frontend());
    let secrets: Vec<_> = secrets.iter().map(|name| (*name).to_owned()).collect();
    let secrets = secrets.iter().collect();
    let saved =
        SavedDeployment { project: &project, service: &service, configuration: saved, secrets };
    saved.complete(&mut fields, build());
    let request = NewDeployment::read(&mut fields);
    let person = nokube_domain::Person { issuer: "x".into(), subject: "1".into() };
    let caller = Caller { person, login: "member".parse().unwrap() };
    DeploymentRequest::new(request, fields, &caller, Some(&project), &limits(), None)
}

fn deploy(saved: &Spec, sent: Value) -> Spec {
    try_deploy(saved, &[], &sent).unwrap_or_else(|problem| panic!("{sent}: {problem:?}")).spec
}

#[test]
fn what_is_saved_is_a_complete_request() {
    let configurations = [
        json!({}),
        json!({ "display_name": "Shop", "env_vars": { "COLOUR": "red" }, "replicas": 3 }),
        json!({ "service_type": "worker" }),
        json!({ "service_type": "worker", "health_check_port": 3000 }),
        json!({ "exposure_type": "internal", "service_port": 80, "command": ["sh"] }),
        json!({ "exposure_type": "none" }),
        json!({ "custom_domain": "shop.example.org", "enable_https": true }),
        json!({ "custom_path": "/shop", "health_check_enabled": false }),
        json!({ "storage_size": "1Gi", "storage_path": "/data" }),
        json!({ "enable_autoscaling": true, "min_replicas": 2, "max_replicas": 5 }),
        json!({ "health_check_port": 9000, "liveness_check_path": "/live" }),
    ];
    for body in configurations {
        let saved = save(body.clone());
        // Nobody has to send anything.
        let request = try_deploy(&saved, &["API_KEY"], &json!({})).unwrap();
        assert_eq!(request.spec, saved, "{body}");
        assert_eq!(request.image, ImageSource::Build { build: build(), name: None });
        assert_eq!(request.secrets, [("API_KEY".to_owned(), SecretInput::Keep)].into());
    }
}

#[test]
fn what_is_sent_wins_and_null_is_the_default() {
    let saved = save(json!({
        "container_port": 8080, "replicas": 3, "env_vars": { "COLOUR": "red" }, "description": "a",
    }));
    let sent = deploy(&saved, json!({ "replicas": 1, "env_vars": { "SIZE": "1" } }));
    assert_eq!((sent.replicas, sent.container_port), (1, 8080));
    assert_eq!(sent.variables, [("SIZE".to_owned(), "1".to_owned())].into());
    let sent = deploy(&saved, json!({ "replicas": null, "env_vars": null, "description": null }));
    assert_eq!((sent.replicas, sent.description), (2, None));
    assert!(sent.variables.is_empty());
    let request = try_deploy(&saved, &["A", "B"], &json!({ "secrets": { "B": null, "C": "x" } }));
    let names: Vec<_> = request.unwrap().secrets.into_keys().collect();
    assert_eq!(names, ["B", "C"]);
}

#[test]
fn saved_fields_without_effect_are_left_out() {
    let scaled = save(json!({ "enable_autoscaling": true, "max_replicas": 5 }));
    assert_eq!(deploy(&scaled, json!({ "enable_autoscaling": false })).scaling, None);
    let checked = save(json!({ "liveness_check_path": "/live", "health_check_period": 3 }));
    assert_eq!(deploy(&checked, json!({ "health_check_enabled": false })).health, None);
    let at_domain = save(json!({ "custom_domain": "shop.example.org", "service_port": 80 }));
    let internal = deploy(&at_domain, json!({ "exposure_type": "internal" }));
    assert_eq!(internal, Spec { service_port: 80, ..save(json!({ "exposure_type": "internal" })) });
    assert_eq!(
        deploy(&at_domain, json!({ "exposure_type": "none" })),
        save(json!({ "exposure_type": "none" }))
    );
    assert_eq!(
        deploy(&at_domain, json!({ "custom_path": "/shop" })).exposure,
        save(json!({ "custom_path": "/shop" })).exposure
    );
    assert_eq!(
        deploy(&at_domain, json!({ "service_type": "worker" })),
        save(json!({ "service_type": "worker" }))
    );
    let stored = save(json!({ "storage_size": "1Gi", "storage_path": "/data" }));
    assert_eq!(deploy(&stored, json!({ "storage_size": null })).volume, None);
    assert_eq!(deploy(&stored, json!({ "storage_size": "2Gi" })).volume.unwrap().path, "/data");
}

#[test]
fn a_default_follows_the_field_that_is_sent() {
    let saved = save(json!({}));
    let sent = deploy(&saved, json!({ "container_port": 9000 }));
    assert_eq!(sent.health.unwrap().port, 9000);
}

#[test]
fn a_configuration_is_checked_as_a_request_all_at_once() {
    let body = json!({
        "replicas": 99, "custom_domain": "a.example.edu", "project_id": 7, "image_name": "nginx",
        "secrets": {}, "colour": 1, "env_vars": { "API_KEY": "a" },
    });
    let errors = errors(try_save(&body, "1st", &["API_KEY"]).unwrap_err());
    let fields: Vec<_> = errors.iter().map(|error| error.split(':').next().unwrap()).collect();
    for field in [
        "replicas",
        "custom_domain",
        "project_id",
        "image_name",
        "secrets",
        "colour",
        "env_vars.API_KEY",
        "service",
    ] {
        assert_eq!(
            fields.iter().filter(|found| **found == field).count(),
            1,
            "{field}: {errors:?}"
        );
    }
    assert_eq!(errors.len(), 8, "{errors:?}");
    let invalid_name = try_save(&json!({}), "NOT A NAME", &[]).unwrap_err();
    assert_eq!(invalid_name.errors.len(), 1, "{invalid_name:?}");
    assert_eq!(invalid_name.errors[0].field, "service");
}

#[test]
fn a_record_keeps_what_only_a_newer_release_knows() {
    let first = SavedConfiguration::with_spec(None, save(json!({})), at(0));
    let mut stored = serde_json::to_value(&first).unwrap();
    stored["new"] = json!(1);
    stored["spec"]["newer"] = json!(2);
    let read: SavedConfiguration = serde_json::from_value(stored).unwrap();
    let second = SavedConfiguration::with_spec(Some(read), save(json!({ "replicas": 1 })), at(9));
    let stored = serde_json::to_value(&second).unwrap();
    assert_eq!((&stored["new"], &stored["spec"]["newer"]), (&json!(1), &json!(2)));
    assert_eq!((second.created_at, second.updated_at), (at(0), at(9)));
    let view = serde_json::to_value(SavedConfigurationView::new(&second)).unwrap();
    assert_eq!(view["configuration"]["replicas"], 1);
    assert!(view["configuration"].get("service_name").is_none());
    let removed = SavedConfiguration { spec: None, ..second };
    assert!(SavedConfigurationView::new(&removed).is_none());
    let again = SavedConfiguration::with_spec(Some(removed), save(json!({})), at(20));
    assert_eq!(again.created_at, at(20));

    let stored = json!({ "names": ["A"], "updated_at": "2027-01-15T08:00:00Z", "new": 1 });
    let read: SavedSecrets = serde_json::from_value(stored).unwrap();
    let stored = serde_json::to_value(read.with_names(["B".into()].into(), at(0))).unwrap();
    assert_eq!((&stored["names"], &stored["new"]), (&json!(["B"]), &json!(1)));
    let view = serde_json::to_value(SavedSecretsView::from(SavedSecrets::default())).unwrap();
    assert_eq!(view, json!({ "names": [], "updated_at": null }));
}

fn try_change(
    body: &Value,
    service: &str,
    variables: &[&str],
) -> Result<(ServiceName, BTreeMap<String, SecretChange>), Problem> {
    let mut fields = fields(body);
    let service = fields.parse("service", service, str::parse);
    let variables: Vec<_> = variables.iter().map(|name| (*name).to_owned()).collect();
    let request = NewSecrets::read(&mut fields);
    request.check(fields, service, &variables)
}

#[test]
fn secrets_are_set_and_removed_by_name() {
    let body = json!({ "secrets": { "NEW": "1", "CHANGED": "2", "OLD": null, "NEVER": null } });
    let (service, changes) = try_change(&body, "frontend", &["OLD"]).unwrap();
    assert_eq!(service, frontend());
    let value = |text: &str| SecretValue::new(text.into());
    let current = ["OLD", "CHANGED", "OTHER"].map(|name| (name.to_owned(), value("0")));
    let changed = with_changes(current.into(), &changes).unwrap();
    let changed: Vec<_> =
        changed.iter().map(|(name, value)| (name.as_str(), value.reveal())).collect();
    assert_eq!(changed, [("CHANGED", "2"), ("NEW", "1"), ("OTHER", "0")]);
}

#[test]
fn the_errors_about_secrets_are_said_at_once_and_without_values() {
    const VALUE: &str = "sentinel-value";
    let body = json!({
        "secrets": { "1": VALUE, "COLOUR": VALUE, "A": format!("{VALUE}\0"), "B": 7 }, "x": VALUE,
    });
    let errors = errors(try_change(&body, "1st", &["COLOUR"]).unwrap_err());
    assert_eq!(errors.len(), 6, "{errors:?}");
    assert!(!errors.concat().contains(VALUE), "{errors:?}");
    assert_eq!(try_change(&json!({}), "frontend", &[]).unwrap_err().errors[0].field, "secrets");

    let large = SecretValue::new("x".repeat(20 * 1024));
    let current = [("A".to_owned(), large.clone())].into();
    let changes = [("B".to_owned(), SecretChange::Set(large))].into();
    assert_eq!(with_changes(current, &changes).unwrap_err().errors[0].field, "secrets");
}
