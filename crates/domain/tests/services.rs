//! The switches of a service: what is saved, changed and shown, and what is refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

use nokube_domain::{
    Person, ProjectId, Timestamp, UnknownFields,
    builds::BuildSpec,
    fields::Fields,
    previews::{PreviewMode, PreviewSettings},
    services::{
        LinkedBy, NewSavedSource, NewService, SavedSource, ServiceRecord, ServiceView, SourceDetail,
    },
};
use serde_json::{Value, json};
use url::Url;

fn web() -> Url {
    "https://github.com".parse().unwrap()
}

fn fields(body: &Value) -> Fields {
    Fields::from_json(body.to_string().as_bytes()).unwrap()
}

fn now() -> Timestamp {
    "2026-11-29T10:00:00Z".parse().unwrap()
}

fn linked_by() -> LinkedBy {
    LinkedBy {
        person: Person { issuer: "github".into(), subject: "7".into() },
        login: "testuser".parse().unwrap(),
        github_identity: serde_json::from_value(json!({ "account": 7 })).unwrap(),
        enabled_at: now(),
        since: 1,
        place: 1,
        may_push: true,
        unknown_fields: UnknownFields::default(),
    }
}

/// Saves what the fields say, in place of what was saved.
fn save_fields(
    mut fields: Fields,
    saved: Option<ServiceRecord>,
) -> Result<ServiceRecord, Vec<String>> {
    let NewService { source, automation } = NewService::read(&mut fields);
    let previews = automation.preview_settings(3);
    let spec = BuildSpec::saved(source, "frontend".parse().ok(), fields, &web());
    let spec = spec.map_err(|problem| {
        let errors = problem.errors.into_iter();
        errors.map(|error| format!("{}: {}", error.field, error.detail)).collect::<Vec<_>>()
    })?;
    let source = NewSavedSource {
        spec,
        repository_id: 42,
        build_on_push: automation.build_on_push.unwrap().then(linked_by),
        watch_paths: automation.watch_paths.unwrap(),
        deploy_on_build: automation.deploy_on_build.unwrap(),
        use_config_file: automation.use_config_file.unwrap(),
        previews,
    };
    Ok(ServiceRecord::with_source(saved, source, 1, now()))
}

fn put(more: Value) -> Result<ServiceRecord, Vec<String>> {
    let mut body = json!({ "repository_url": "https://github.com/acme/shop" });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    save_fields(fields(&body), None)
}

fn patch(saved: &ServiceRecord, body: &Value) -> Result<ServiceRecord, Vec<String>> {
    let mut fields = fields(body);
    source(saved).complete_change(&mut fields, &web());
    save_fields(fields, Some(saved.clone()))
}

fn source(record: &ServiceRecord) -> &SavedSource {
    record.source.as_ref().unwrap()
}

fn show(record: &ServiceRecord, detail: SourceDetail) -> Value {
    let name = "frontend".parse().unwrap();
    let view = ServiceView::new(ProjectId(1), name, Some(record), detail, &web());
    serde_json::to_value(view).unwrap()
}

/// All switches on.
fn everything() -> Value {
    json!({
        "build_on_push": true, "deploy_on_build": true, "previews": "deploy",
        "preview_base_branches": ["main", "release/2", "main"],
        "preview_env_vars": { "LOG_LEVEL": "debug" }, "preview_secrets": ["API_KEY"],
    })
}

#[test]
fn nothing_is_deployed_and_no_pull_request_built_unless_somebody_asks_for_it() {
    let saved = put(json!({ "build_on_push": true })).unwrap();
    let saved = source(&saved);
    assert!(saved.build_on_push.is_some());
    assert!(!saved.deploy_on_build && saved.previews.is_none());
    assert_eq!(saved.preview_mode(), PreviewMode::Off);
    let stored = serde_json::to_value(saved).unwrap();
    assert!(stored.get("deploy_on_build").is_none() && stored.get("previews").is_none());
}

#[test]
fn the_switches_are_saved_and_shown_and_values_only_to_developers() {
    let saved = put(everything()).unwrap();
    let shown = show(&saved, SourceDetail::Full);
    assert_eq!((&shown["deploy_on_build"], &shown["previews"]), (&json!(true), &json!("deploy")));
    assert_eq!(shown["preview_base_branches"], json!(["main", "release/2"]));
    assert_eq!(shown["preview_env_vars"], json!({ "LOG_LEVEL": "debug" }));
    assert_eq!(shown["preview_secrets"], json!(["API_KEY"]));
    let summary = show(&saved, SourceDetail::Summary);
    assert_eq!(summary["preview_secrets"], json!(["API_KEY"]));
    assert!(summary.get("preview_env_vars").is_none());
    let off = show(&put(json!({})).unwrap(), SourceDetail::Full);
    assert_eq!((&off["previews"], &off["preview_env_vars"]), (&json!("off"), &json!({})));
}

#[test]
fn a_change_keeps_the_switches_that_it_does_not_name() {
    let saved = put(everything()).unwrap();
    let renamed = patch(&saved, &json!({ "branch": "main" })).unwrap();
    assert_eq!(source(&renamed).previews, source(&saved).previews);
    assert!(source(&renamed).deploy_on_build);
    let built = patch(&saved, &json!({ "previews": "build" })).unwrap();
    let (built, before) = (source(&built).previews.clone().unwrap(), source(&saved));
    assert_eq!(built.mode, PreviewMode::Build);
    assert_eq!(built.variables, before.previews.clone().unwrap().variables);
    // `null` stands for the default.
    let own = patch(&saved, &json!({ "preview_base_branches": null })).unwrap();
    assert!(source(&own).previews.clone().unwrap().base_branches.is_empty());
}

#[test]
fn without_builds_by_pushes_the_other_switches_go_off_too() {
    let saved = put(everything()).unwrap();
    for body in [json!({ "build_on_push": false }), json!({ "build_on_push": null })] {
        let off = patch(&saved, &body).unwrap();
        assert!(!source(&off).deploy_on_build && source(&off).previews.is_none(), "{body}");
    }
    let off = patch(&saved, &json!({ "previews": "off" })).unwrap();
    assert!(source(&off).deploy_on_build && source(&off).previews.is_none());
    let refused = patch(&saved, &json!({ "build_on_push": false, "previews": "deploy" }));
    assert_eq!(refused.unwrap_err(), ["previews: needs build_on_push: true"]);
}

#[test]
fn all_that_is_wrong_with_the_switches_is_said_at_once() {
    let errors = put(json!({
        "deploy_on_build": true, "previews": "build", "preview_base_branches": vec!["b"; 11],
        "preview_env_vars": { "PR_NUMBER": "1", "1ST": "x", "KEY": "x" },
        "preview_secrets": ["PREVIEW_URL", "KEY", "a b"], "branch": "-x",
    }));
    let errors = errors.unwrap_err();
    for expected in [
        "deploy_on_build: needs build_on_push: true",
        "previews: needs build_on_push: true",
        "preview_base_branches: must be at most 10 branches",
        "preview_env_vars.PR_NUMBER: is set by the platform",
        "preview_env_vars.1ST: must have a name",
        "preview_secrets.PREVIEW_URL: is set by the platform",
        "preview_secrets.KEY: is among preview_env_vars too",
        "preview_secrets.a b: must have a name",
        "branch: must",
    ] {
        assert!(errors.iter().any(|error| error.starts_with(expected)), "{expected}: {errors:?}");
    }
    assert_eq!(errors.len(), 9, "{errors:?}");
}

#[test]
fn what_belongs_to_previews_needs_previews() {
    let errors = put(json!({
        "build_on_push": true, "preview_base_branches": ["main"],
        "preview_env_vars": { "A": "b" }, "preview_secrets": ["C"],
    }));
    let needed = "needs previews: build or deploy";
    let fields = ["preview_base_branches", "preview_env_vars", "preview_secrets"];
    assert_eq!(errors.unwrap_err(), fields.map(|field| format!("{field}: {needed}")));
    let names = vec!["A"; 51];
    let errors =
        put(json!({ "build_on_push": true, "previews": "build", "preview_secrets": names }));
    assert_eq!(errors.unwrap_err(), ["preview_secrets: must be at most 50 names"]);
    let errors = put(json!({ "previews": "on", "preview_base_branches": ["a b"] })).unwrap_err();
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert_eq!(errors[0], "previews: must be off, build or deploy");
}

#[test]
fn the_switches_of_a_service_stay_readable_and_keep_fields_of_a_newer_release() {
    let stored = json!({
        "source": {
            "spec": {
                "repository": "acme/shop", "git_ref": "HEAD", "context": ".",
                "source": "buildpacks", "service": "frontend", "tag": "latest", "build_args": {},
            },
            "repository_id": 42, "deploy_on_build": true,
            "previews": {
                "mode": "deploy", "since": 3, "base_branches": ["main"],
                "variables": { "A": "b" }, "secrets": ["KEY"], "of_tomorrow": 1,
            },
        },
        "place": 7, "created_at": "2026-11-29T10:00:00Z", "updated_at": "2026-11-29T11:00:00Z",
    });
    let record: ServiceRecord = serde_json::from_value(stored.clone()).unwrap();
    assert_eq!(serde_json::to_value(&record).unwrap(), stored);
    let saved = record.source.clone().unwrap();
    let source = NewSavedSource {
        spec: saved.spec,
        repository_id: 42,
        build_on_push: None,
        watch_paths: Vec::new(),
        deploy_on_build: true,
        use_config_file: false,
        previews: Some(PreviewSettings {
            secrets: Default::default(),
            unknown_fields: Default::default(),
            ..saved.previews.unwrap()
        }),
    };
    let again = ServiceRecord::with_source(Some(record.clone()), source, 7, record.updated_at);
    let again = serde_json::to_value(&again).unwrap();
    assert_eq!(again["source"]["previews"]["of_tomorrow"], 1);
    assert_eq!(again["source"]["previews"].get("secrets"), None);
}
