//! What a request for a build may say.

// A helper that is wrong must stop the test.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use nokube_domain::{
    Problem, ProblemKind,
    build::{BuildRecord, BuildRequest, NewBuild, Source},
    fields::Fields,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn asked(body: &Value) -> Result<NewBuild, Problem> {
    let mut fields = Fields::from_json(body.to_string().as_bytes())?;
    let project = NewBuild::project_id(&mut fields).map(|_| "myapp".parse().unwrap());
    let web = "https://github.com".parse().unwrap();
    NewBuild::parse(fields, project.as_ref(), &web)
}

/// The least that a request must say, with `more` in it.
fn with(more: Value) -> Value {
    let mut body = json!({
        "project_id": 7,
        "repository_url": "https://github.com/testuser/myapp",
        "image_name": "myapp",
        "service_name": "frontend",
    });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

/// The fields that are refused, in order, each with why.
fn faults(body: &Value) -> Vec<(String, String)> {
    let problem = asked(body).expect_err(&body.to_string());
    assert_eq!(problem.kind, ProblemKind::Invalid, "{problem:?}");
    problem.errors.into_iter().map(|fault| (fault.field, fault.detail)).collect()
}

fn faulty(body: &Value) -> Vec<String> {
    faults(body).into_iter().map(|(field, _)| field).collect()
}

#[test]
fn what_is_left_out_has_the_defaults_of_the_contract() {
    let nulls = json!({
        "branch": null, "has_dockerfile": null, "dockerfile_path": null, "image_tag": null,
        "dockerfile_content": null, "build_args": null, "context": null, "project_name": null,
    });
    for body in [with(json!({})), with(nulls)] {
        let build = asked(&body).unwrap();
        assert_eq!(build.repository.to_string(), "testuser/myapp");
        assert_eq!(build.git_ref, "main");
        assert_eq!(build.context, ".");
        assert_eq!(build.source, Source::Buildpacks);
        assert_eq!(build.service.as_str(), "frontend");
        assert_eq!(build.tag.to_string(), "latest");
        assert_eq!(build.build_args, BTreeMap::new());
    }
}

#[test]
fn everything_that_is_given_is_taken() {
    let build = asked(&with(json!({
        "branch": "feature/x", "has_dockerfile": true, "dockerfile_path": "./docker/Dockerfile",
        "image_name": "myapp-frontend", "image_tag": "v1.0", "build_args": { "A_1": "b=c d" },
        "context": "services/web/", "project_name": "myapp",
    })))
    .unwrap();
    assert_eq!(build.git_ref, "feature/x");
    assert_eq!(build.source, Source::DockerfileAt("docker/Dockerfile".into()));
    assert_eq!(build.tag.to_string(), "v1.0");
    assert_eq!(build.build_args, BTreeMap::from([("A_1".into(), "b=c d".into())]));
    assert_eq!(build.context, "services/web");
}

#[test]
fn every_fault_is_named_in_one_answer() {
    let body = json!({
        "project_id": 7, "repository_url": "x", "branch": "..", "context": "/", "service_name": "-",
        "image_tag": "!", "dockerfile_path": "..", "build_args": { "1": "a\nb" },
        "image_name": 5, "project_name": "other", "colour": "red", "image_full_name": null,
    });
    let mut fields = faulty(&body);
    fields.sort();
    fields.dedup();
    let expected = [
        "branch",
        "build_args.1",
        "colour",
        "context",
        "dockerfile_path",
        "image_full_name",
        "image_name",
        "image_tag",
        "project_name",
        "repository_url",
        "service_name",
    ];
    assert_eq!(fields, expected);
    let required = json!({ "project_id": 7 });
    assert_eq!(faulty(&required), ["repository_url", "service_name", "image_name"]);
    assert!(faults(&required).iter().all(|(_, why)| why == "is required"));
}

#[test]
fn a_field_of_the_wrong_type_is_told_the_right_one() {
    let table = [
        (json!({ "repository_url": 1 }), "must be a text"),
        (json!({ "branch": ["main"] }), "must be a text"),
        (json!({ "has_dockerfile": "true" }), "must be true or false"),
        (json!({ "build_args": [] }), "must be a map of texts"),
        (json!({ "build_args": { "A": 1 } }), "must be a text"),
        (json!({ "dockerfile_content": {} }), "must be a text"),
    ];
    for (more, expected) in table {
        let faults = faults(&with(more.clone()));
        assert!(matches!(faults.as_slice(), [(_, why)] if why == expected), "{more}: {faults:?}");
    }
    for id in [json!("7"), json!(0), json!(-1), json!(1.5), json!(4_294_967_296_u64)] {
        let faults = faults(&with(json!({ "project_id": id })));
        let (field, why) = faults.first().unwrap();
        assert_eq!(field, "project_id");
        assert!(why.contains("whole number above 0"), "{why}");
    }
}

#[test]
fn what_is_no_json_object_is_malformed() {
    for body in ["", "{", "[]", "\"a\"", "null", "{\"a\":1,}", "\u{feff}{}"] {
        let problem = Fields::from_json(body.as_bytes()).err().unwrap();
        assert_eq!(problem.kind, ProblemKind::Malformed, "{body}");
    }
    assert!(Fields::from_json("[".repeat(10_000).as_bytes()).is_err(), "no stack is that deep");
}

#[test]
fn the_source_is_one_of_three() {
    let given = |text: &str| Source::DockerfileGiven(text.into());
    let table = [
        (json!({ "has_dockerfile": true }), Source::DockerfileAt("Dockerfile".into())),
        (
            json!({ "has_dockerfile": true, "dockerfile_content": " \n" }),
            Source::DockerfileAt("Dockerfile".into()),
        ),
        (json!({ "dockerfile_content": "FROM x" }), given("FROM x")),
        (json!({ "dockerfile_content": "FROM x", "dockerfile_path": "a" }), given("FROM x")),
        (json!({ "dockerfile_content": "" }), Source::Buildpacks),
        (json!({ "dockerfile_path": "Dockerfile" }), Source::Buildpacks),
    ];
    for (more, expected) in table {
        assert_eq!(asked(&with(more.clone())).unwrap().source, expected, "{more}");
    }
    let both = json!({ "has_dockerfile": true, "dockerfile_content": "FROM x" });
    assert_eq!(faulty(&with(both)), ["dockerfile_content"]);
    for path in [".", "./", "a/..", ""] {
        let no_file = json!({ "has_dockerfile": true, "dockerfile_path": path });
        assert_eq!(faulty(&with(no_file)), ["dockerfile_path"], "{path:?} is no file");
    }
}

#[test]
fn what_was_asked_for_is_a_request_that_asks_for_the_same() {
    let web = "https://github.com/".parse().unwrap();
    for more in [
        json!({ "branch": "feature/x", "image_tag": "v1.0", "build_args": { "A": "b c" } }),
        json!({ "has_dockerfile": true, "dockerfile_path": "docker/Dockerfile", "context": "web" }),
        json!({ "dockerfile_content": "FROM x" }),
    ] {
        let record = BuildRecord { asked: asked(&with(more)).unwrap(), ..common::record() };
        let again = serde_json::to_value(BuildRequest::of(&record, &web)).unwrap();
        assert_eq!(asked(&again).unwrap(), record.asked, "{again}");
    }
}

#[test]
fn names_must_agree_with_the_project() {
    for (image, good) in
        [("myapp", true), ("myapp-frontend", true), ("frontend", false), ("myapp-x", false)]
    {
        let body = with(json!({ "image_name": image }));
        assert_eq!(asked(&body).is_ok(), good, "{image}");
    }
    assert_eq!(faulty(&with(json!({ "project_name": "MyApp" }))), ["project_name"]);
    assert_eq!(faulty(&with(json!({ "service_name": "Front" }))), ["service_name"]);
}

#[test]
fn build_arguments_are_named_as_docker_does_and_have_one_line() {
    for name in ["A", "_a", "a1", "HTTP_PROXY"] {
        assert!(asked(&with(json!({ "build_args": { name: "" } }))).is_ok(), "{name}");
    }
    for name in ["", "1a", "a-b", "a b", "a=b", "é", "a\n"] {
        let fields = faulty(&with(json!({ "build_args": { name: "x" } })));
        assert_eq!(fields, [format!("build_args.{name}")]);
    }
    for value in ["a\nb", "a\rb", "a\0b", "\n"] {
        assert_eq!(faulty(&with(json!({ "build_args": { "A": value } }))), ["build_args.A"]);
    }
}

#[test]
fn build_arguments_do_not_steer_the_builder() {
    for name in ["BUILDKIT_SYNTAX", "BUILDKIT_INLINE_CACHE", "BUILDKIT_", "BUILDX_X"] {
        let expected = "names that begin with BUILDKIT_ or BUILDX_ are the builder's own";
        let faults = faults(&with(json!({ "build_args": { "A": "", name: "" } })));
        assert_eq!(faults, [(format!("build_args.{name}"), expected.to_owned())]);
    }
    for name in ["BUILDKIT", "BUILDX", "BUILD_X", "MY_BUILDKIT_X", "buildkit_syntax"] {
        assert!(asked(&with(json!({ "build_args": { name: "" } }))).is_ok(), "{name}");
    }
}

/// GitHub takes 65,535 characters of inputs; the arguments go there as JSON in a text.
#[test]
fn what_github_could_not_take_is_too_long() {
    let fits = |more: Value| asked(&with(more)).and_then(|build| build.check_size());
    let text = |length| "x".repeat(length);
    assert!(fits(json!({ "dockerfile_content": text(60_000) })).is_ok());
    assert!(fits(json!({ "dockerfile_content": text(60_001) })).is_err());
    assert!(fits(json!({ "build_args": { "A": text(59_990) } })).is_ok());
    assert!(fits(json!({ "build_args": { "A": text(60_000) } })).is_err());
    let half = text(30_000);
    assert!(fits(json!({ "dockerfile_content": half, "build_args": { "A": half } })).is_err());
    assert!(fits(json!({ "build_args": { "A": "\"".repeat(40_000) } })).is_err(), "80,000 in JSON");
    let controls = "\u{1}".repeat(20_000);
    let both = json!({ "dockerfile_content": "FROM x", "build_args": { "A": controls } });
    assert!(fits(both).is_err(), "120,000 in JSON");
}

#[test]
fn a_fault_repeats_neither_secrets_nor_pages_of_text() {
    let secret = format!("hunter2{}", "x".repeat(5_000));
    let url = format!("https://me:{secret}@github.com/a/b");
    let body = json!({
        "project_id": 7, "repository_url": url, "branch": format!("..{secret}"), "service_name": secret,
        "context": format!("/{secret}"), "image_tag": format!("!{secret}"), "image_name": secret,
        "dockerfile_path": format!("../{secret}"), "has_dockerfile": secret,
        "dockerfile_content": format!("{secret}{}", " x".repeat(40_000)),
        "build_args": { "A": format!("{secret}\n"), "B": [secret] },
        "project_name": "y".repeat(5_000), "z".repeat(5_000): 1,
    });
    let problem = asked(&body).unwrap_err();
    let told = |problem: Problem| serde_json::to_string(&problem.body("/")).unwrap();
    let answer = told(problem);
    assert!(!answer.contains("hunter2"), "{answer}");
    assert!(answer.len() < 3_000, "{} characters", answer.len());
    let only = told(asked(&with(json!({ "z".repeat(5_000): 1 }))).unwrap_err());
    assert!(only.len() < 1_000 && only.contains("zzz"), "it is still named: {only}");
}
