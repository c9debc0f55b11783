//! A release is deployed for another service: what comes along, and what stays.

use crate::fixtures::{at, id, limits, project, release};
use nokube_domain::{
    Problem,
    access::Caller,
    deployments::{
        Address, ApplyOutcome, Cause, DeployedState, DeploymentRecord, DeploymentRequest,
        DesiredState, Exposure, ImageSource, NewDeployment, OutcomeRecord, Promotion, Release,
        Revision, SecretInput, Spec, check_promotable,
    },
    fields::Fields,
    previews::PreviewOf,
};
use serde_json::{Value, json};

/// The release of staging.
fn staging(more: Value) -> Release {
    release(4, more)
}

/// What production has of its own.
fn production(more: Value) -> Spec {
    let mut own = json!({ "display_name": "Shop", "description": "Ours" });
    own.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    release(1, own).spec
}

/// Promotes `release` for the service `shop`, with the fields that are `sent` in addition.
fn try_promote(
    release: &Release,
    own: Option<&Spec>,
    secrets: &[&str],
    sent: Value,
) -> Result<DeploymentRequest, Problem> {
    let mut body = json!({ "project_id": 7, "service_name": "shop", "release_of": id() });
    body.as_object_mut().unwrap().extend(sent.as_object().unwrap().clone());
    let mut fields = Fields::from_json(body.to_string().as_bytes()).unwrap();
    let (project, service) = (project(), "shop".parse().unwrap());
    let secrets: Vec<_> = secrets.iter().map(|name| (*name).to_owned()).collect();
    let secrets = secrets.iter().collect();
    let promotion = Promotion { release, project: &project, service: &service, own, secrets };
    promotion.complete(&mut fields);
    let request = NewDeployment::read(&mut fields);
    let person = nokube_domain::Person { issuer: "x".into(), subject: "1".into() };
    let caller = Caller { person, login: "member".parse().unwrap() };
    DeploymentRequest::new(request, fields, &caller, Some(&project), &limits(), own)
}

fn promote(release: &Release, own: Option<&Spec>, sent: Value) -> Spec {
    try_promote(release, own, &[], sent).unwrap().spec
}

fn errors(problem: Problem) -> Vec<String> {
    problem.errors.into_iter().map(|error| format!("{}: {}", error.field, error.detail)).collect()
}

#[test]
fn a_service_that_was_never_deployed_gets_the_configuration_at_an_address_of_its_own() {
    let release = staging(json!({
        "service_type": "api", "container_port": 8080, "replicas": 3, "env_vars": { "COLOUR": "red" },
        "custom_domain": "shop.example.org", "enable_https": true, "description": "Try it",
        "liveness_check_path": "/live", "args": ["serve"], "memory_limit": "1Gi",
    }));
    let request = try_promote(&release, None, &[], json!({})).unwrap();
    assert_eq!(request.image, ImageSource::ReleaseOf(id()));
    assert!(request.secrets.is_empty());
    let expected = Spec {
        service: "shop".parse().unwrap(),
        display_name: "shop".into(),
        exposure: Exposure::External { address: Address::OwnHost, https: true },
        ..release.spec
    };
    assert_eq!(request.spec, expected);

    // A path is below the project's own host, and a name that somebody chose is kept.
    let release = staging(json!({ "custom_path": "/shop", "display_name": "The shop" }));
    let spec = promote(&release, None, json!({}));
    let expected = Spec { service: "shop".parse().unwrap(), ..release.spec };
    assert_eq!(spec, expected);
    for exposure in ["internal", "none"] {
        let release = staging(json!({ "exposure_type": exposure }));
        assert_eq!(promote(&release, None, json!({})).exposure, release.spec.exposure);
    }
}

#[test]
fn names_and_the_address_of_the_service_stay() {
    let release = staging(json!({
        "display_name": "Staging", "custom_path": "/try", "service_port": 80, "replicas": 4,
        "env_vars": { "COLOUR": "red" },
    }));
    let own = production(json!({
        "custom_domain": "shop.example.org", "service_port": 9000, "replicas": 2, "container_port": 1,
        "env_vars": { "COLOUR": "blue", "SIZE": "1" },
    }));
    let expected = Spec {
        service: "shop".parse().unwrap(),
        display_name: "Shop".into(),
        description: Some("Ours".into()),
        exposure: own.exposure.clone(),
        service_port: 9000,
        ..release.spec.clone()
    };
    assert_eq!(promote(&release, Some(&own), json!({})), expected);
    // What is sent wins.
    let sent = json!({ "replicas": 5, "custom_domain": null, "env_vars": { "SIZE": "2" } });
    let spec = promote(&release, Some(&own), sent);
    assert_eq!((spec.replicas, spec.service_port), (5, 9000));
    assert_eq!(spec.exposure, Exposure::External { address: Address::OwnHost, https: false });
    assert_eq!(spec.variables, [("SIZE".to_owned(), "2".to_owned())].into());
}

#[test]
fn a_worker_has_no_address_and_one_that_becomes_more_gets_that_of_the_release() {
    let worker = json!({ "service_type": "worker", "health_check_port": 3000 });
    let spec = promote(&staging(worker.clone()), Some(&production(json!({}))), json!({}));
    assert_eq!(spec.exposure, Exposure::None);
    let web = staging(json!({ "custom_domain": "shop.example.org" }));
    let spec = promote(&web, Some(&production(worker)), json!({}));
    assert_eq!(spec.exposure, Exposure::External { address: Address::OwnHost, https: false });
}

#[test]
fn a_volume_is_neither_made_smaller_nor_taken_away() {
    let with_volume =
        |size: &str, path: &str| json!({ "storage_size": size, "storage_path": path });
    let volume = |release: Value, own: Value| {
        let spec = promote(&staging(release), Some(&production(own)), json!({}));
        spec.volume.map(|volume| (volume.size.to_string(), volume.path, spec.replicas))
    };
    let (small, large) = (with_volume("1Gi", "/new"), with_volume("5Gi", "/old"));
    assert_eq!(volume(small.clone(), large.clone()), Some(("5Gi".into(), "/new".into(), 1)));
    assert_eq!(volume(large.clone(), small.clone()), Some(("5Gi".into(), "/old".into(), 1)));
    assert_eq!(volume(small, json!({})), Some(("1Gi".into(), "/new".into(), 1)));
    let scaled = json!({ "enable_autoscaling": true, "min_replicas": 2, "max_replicas": 4 });
    assert_eq!(volume(scaled, large), Some(("5Gi".into(), "/old".into(), 1)));
    assert_eq!(volume(json!({ "replicas": 4 }), json!({})), None);
}

#[test]
fn secrets_are_those_of_the_service() {
    let release = staging(json!({
        "secrets": { "API_KEY": "of-staging" }, "env_vars": { "TOKEN": "plain", "COLOUR": "red" },
    }));
    let request = try_promote(&release, None, &["API_KEY", "OWN", "TOKEN"], json!({})).unwrap();
    let keep = |name: &str| (name.to_owned(), SecretInput::Keep);
    assert_eq!(request.secrets, ["API_KEY", "OWN", "TOKEN"].map(keep).into());
    assert_eq!(request.spec.variables.into_keys().collect::<Vec<_>>(), ["COLOUR"]);

    // The program would start without it.
    let missing = errors(try_promote(&release, None, &["OWN"], json!({})).unwrap_err());
    assert_eq!(missing.len(), 1, "{missing:?}");
    assert!(
        missing[0].starts_with("secrets.API_KEY: is a secret of this release that 'shop' does")
    );
    // A request can say that it is none here, or a variable.
    for sent in [json!({ "secrets": {} }), json!({ "env_vars": { "API_KEY": "plain" } })] {
        try_promote(&release, None, &[], sent).unwrap();
    }
    let sent = json!({ "secrets": { "TOKEN": null } });
    let request = try_promote(&release, None, &["OWN"], sent).unwrap();
    assert_eq!(request.secrets, [keep("TOKEN")].into());
    assert!(!request.spec.variables.contains_key("TOKEN"));
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let release = staging(json!({ "secrets": { "API_KEY": "x" } }));
    let sent = json!({
        "image_name": "nginx", "build_id": "00000080000037psdcmuh8ad0s", "replicas": 99, "colour": 1,
    });
    let mut found = errors(try_promote(&release, None, &[], sent).unwrap_err());
    found.sort_unstable();
    let names: Vec<_> = found.iter().map(|error| error.split(':').next().unwrap()).collect();
    assert_eq!(names, ["build_id", "colour", "image_name", "replicas", "secrets.API_KEY"]);
    assert!(found[0].contains("cannot be combined with release_of"), "{found:?}");

    let sent = json!({ "release_of": "nonsense" });
    let found = errors(try_promote(&staging(json!({})), None, &[], sent).unwrap_err());
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("release_of: "), "{found:?}");
}

fn deployed(release: Release) -> (DeploymentRecord, Revision) {
    let record = DeploymentRecord {
        id: id(),
        service: "frontend".parse().unwrap(),
        created_at: at(0),
        adopted: None,
        preview: None,
    };
    let state = DeployedState::with_release(None, release, 10);
    let revision = json!({
        "of": id(), "number": 6, "by": "testuser", "at": at(6), "cause": Cause::Restart,
        "wish": DesiredState::Deployed(Box::new(state)),
    });
    (record, serde_json::from_value(revision).unwrap())
}

#[test]
fn only_what_a_service_runs_is_promoted() {
    let (record, revision) = deployed(staging(json!({})));
    let outcome = |revision, outcome| OutcomeRecord {
        deployment_id: id(),
        revision,
        at: at(7),
        outcome,
        warnings: Vec::new(),
    };
    let applied = outcome(6, ApplyOutcome::Applied);
    assert_eq!(check_promotable(&record, &revision, Some(&applied)), Ok(()));
    let rejected = ApplyOutcome::Rejected { errors: Vec::new(), applied: Vec::new() };
    for (outcome, text) in [
        (None, "revision 6 of it is still being applied"),
        (Some(outcome(5, ApplyOutcome::Applied)), "revision 6 of it is still being applied"),
        (Some(outcome(6, ApplyOutcome::Interrupted("away".into()))), "still being applied"),
        (Some(outcome(6, rejected)), "the cluster rejected revision 6"),
    ] {
        let detail = check_promotable(&record, &revision, outcome.as_ref()).unwrap_err();
        assert!(detail.contains(text), "{detail}");
    }
    let service = "frontend".parse().unwrap();
    let preview = Some(PreviewOf { service, pull_request: 12 });
    let record = DeploymentRecord { preview, ..record };
    let detail = check_promotable(&record, &revision, Some(&applied)).unwrap_err();
    assert!(detail.starts_with("is a preview of pull request 12: "), "{detail}");
}
