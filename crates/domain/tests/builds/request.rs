//! Validation of build requests.

use nokube_domain::{
    Problem, ProblemKind,
    builds::{BuildRecord, BuildRequest, BuildSpec, NewBuild, PushTrigger, Source},
    fields::Fields,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn parse(body: &Value) -> Result<BuildSpec, Problem> {
    let mut fields = Fields::from_json(body.to_string().as_bytes())?;
    let request = NewBuild::read(&mut fields);
    let project = request.project_id.map(|_| "myapp".parse().unwrap());
    let web = "https://github.com".parse().unwrap();
    BuildSpec::new(request, fields, project.as_ref(), &web)
}

/// A request with the required fields and `more`.
fn request_with(more: Value) -> Value {
    let mut body = json!({
        "project_id": 7,
        "repository_url": "https://github.com/testuser/myapp",
        "image_name": "myapp",
        "service_name": "frontend",
    });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

/// The invalid fields with their error messages, in order.
fn field_errors(body: &Value) -> Vec<(String, String)> {
    let problem = parse(body).expect_err(&body.to_string());
    assert_eq!(problem.kind, ProblemKind::Invalid, "{problem:?}");
    problem.errors.into_iter().map(|error| (error.field, error.detail)).collect()
}

fn invalid_fields(body: &Value) -> Vec<String> {
    field_errors(body).into_iter().map(|(field, _)| field).collect()
}

#[test]
fn omitted_and_null_fields_have_defaults() {
    let nulls = json!({
        "branch": null, "has_dockerfile": null, "dockerfile_path": null, "image_tag": null,
        "dockerfile_content": null, "build_args": null, "context": null, "project_name": null,
        "submodules": null, "lfs": null,
    });
    for body in [request_with(json!({})), request_with(nulls)] {
        let build = parse(&body).unwrap();
        assert_eq!(build.repository.to_string(), "testuser/myapp");
        assert_eq!(build.git_ref, "HEAD", "the default branch, whatever it is called");
        assert_eq!(build.context, ".");
        assert_eq!(build.source, Source::Buildpacks);
        assert_eq!(build.service.as_str(), "frontend");
        assert_eq!(build.tag.to_string(), "latest");
        assert_eq!(build.build_args, BTreeMap::new());
        assert!(!build.submodules && !build.lfs);
    }
}

#[test]
fn all_fields_are_parsed() {
    let build = parse(&request_with(json!({
        "branch": "feature/x", "has_dockerfile": true, "dockerfile_path": "./docker/Dockerfile",
        "image_name": "myapp-frontend", "image_tag": "v1.0", "build_args": { "A_1": "b=c d" },
        "context": "services/web/", "project_name": "myapp", "submodules": true, "lfs": true,
    })))
    .unwrap();
    assert_eq!(build.git_ref, "feature/x");
    assert_eq!(build.source, Source::DockerfilePath("docker/Dockerfile".into()));
    assert_eq!(build.tag.to_string(), "v1.0");
    assert_eq!(build.build_args, BTreeMap::from([("A_1".into(), "b=c d".into())]));
    assert_eq!(build.context, "services/web");
    assert!(build.submodules && build.lfs);
}

#[test]
fn all_invalid_fields_are_reported_together() {
    let body = json!({
        "project_id": 7, "repository_url": "x", "branch": "..", "context": "/", "service_name": "-",
        "image_tag": "!", "dockerfile_path": "..", "build_args": { "1": "a\nb" },
        "image_name": 5, "project_name": "other", "colour": "red", "image_full_name": null,
    });
    let mut fields = invalid_fields(&body);
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
    assert_eq!(invalid_fields(&required), ["repository_url", "service_name", "image_name"]);
    assert!(field_errors(&required).iter().all(|(_, why)| why == "is required"));
}

#[test]
fn a_type_error_names_the_expected_type() {
    let table = [
        (json!({ "repository_url": 1 }), "must be a string"),
        (json!({ "branch": ["main"] }), "must be a string"),
        (json!({ "has_dockerfile": "true" }), "must be true or false"),
        (json!({ "build_args": [] }), "must be a map of strings"),
        (json!({ "build_args": { "A": 1 } }), "must be a string"),
        (json!({ "dockerfile_content": {} }), "must be a string"),
    ];
    for (more, expected) in table {
        let errors = field_errors(&request_with(more.clone()));
        assert!(matches!(errors.as_slice(), [(_, why)] if why == expected), "{more}: {errors:?}");
    }
    for id in [json!("7"), json!(0), json!(-1), json!(1.5), json!(4_294_967_296_u64)] {
        let errors = field_errors(&request_with(json!({ "project_id": id })));
        let (field, why) = errors.first().unwrap();
        assert_eq!(field, "project_id");
        assert!(why.contains("whole number above 0"), "{why}");
    }
}

#[test]
fn a_body_that_is_not_a_json_object_is_malformed() {
    for body in ["", "{", "[]", "\"a\"", "null", "{\"a\":1,}", "\u{feff}{}"] {
        let problem = Fields::from_json(body.as_bytes()).err().unwrap();
        assert_eq!(problem.kind, ProblemKind::Malformed, "{body}");
    }
    assert!(
        Fields::from_json("[".repeat(10_000).as_bytes()).is_err(),
        "the nesting depth is limited"
    );
}

#[test]
fn the_source_depends_on_the_dockerfile_fields() {
    let given = |text: &str| Source::DockerfileContent(text.into());
    let path = |path: &str| Source::DockerfilePath(path.into());
    let table = [
        (json!({}), Source::Buildpacks),
        (json!({ "has_dockerfile": false, "context": "web" }), Source::Buildpacks),
        (json!({ "has_dockerfile": true }), path("Dockerfile")),
        (json!({ "has_dockerfile": true, "dockerfile_content": " \n" }), path("Dockerfile")),
        (json!({ "dockerfile_content": "FROM x" }), given("FROM x")),
        (json!({ "dockerfile_content": "FROM x", "has_dockerfile": false }), given("FROM x")),
        (json!({ "dockerfile_content": "" }), Source::Buildpacks),
        // A path says that there is a Dockerfile.
        (json!({ "dockerfile_path": "Dockerfile" }), path("Dockerfile")),
        (json!({ "dockerfile_path": "./docker/Dockerfile.prod" }), path("docker/Dockerfile.prod")),
        // Without a path, it is where `docker build` looks for it; a path is relative to the repository.
        (
            json!({ "has_dockerfile": true, "context": "./services/web/" }),
            path("services/web/Dockerfile"),
        ),
        (json!({ "dockerfile_path": "Dockerfile", "context": "services/web" }), path("Dockerfile")),
    ];
    for (more, expected) in table {
        assert_eq!(parse(&request_with(more.clone())).unwrap().source, expected, "{more}");
    }
}

#[test]
fn contradictory_dockerfile_fields_are_an_error_and_none_is_dropped() {
    let table = [
        (json!({ "has_dockerfile": true, "dockerfile_content": "FROM x" }), "dockerfile_content"),
        (json!({ "dockerfile_path": "a", "dockerfile_content": "FROM x" }), "dockerfile_content"),
        (json!({ "has_dockerfile": false, "dockerfile_path": "Dockerfile" }), "dockerfile_path"),
    ];
    for (more, field) in table {
        let errors = field_errors(&request_with(more.clone()));
        let [(found, why)] = errors.as_slice() else { panic!("{more}: {errors:?}") };
        assert_eq!(found, field, "{more}");
        assert!(why.contains("leave one of the two out"), "{why}");
    }
}

#[test]
fn an_invalid_path_of_a_dockerfile_is_the_only_error() {
    for path in [".", "./", "a/..", "", "/Dockerfile", "docker/", "docker/.", "a\\Dockerfile"] {
        for has_dockerfile in [json!(true), json!(null)] {
            let body = json!({ "has_dockerfile": has_dockerfile, "dockerfile_path": path });
            assert_eq!(invalid_fields(&request_with(body)), ["dockerfile_path"], "{path:?}");
        }
    }
    let longest = json!({ "has_dockerfile": true, "context": "a".repeat(512) });
    assert_eq!(
        invalid_fields(&request_with(longest)),
        ["context"],
        "with /Dockerfile it is too long"
    );
}

#[test]
fn the_request_made_from_a_record_parses_to_the_same_spec() {
    let web = "https://github.com/".parse().unwrap();
    for more in [
        json!({ "branch": "feature/x", "image_tag": "v1.0", "build_args": { "A": "b c" } }),
        json!({ "has_dockerfile": true, "dockerfile_path": "docker/Dockerfile", "context": "web" }),
        json!({ "has_dockerfile": true, "context": "web" }),
        json!({ "dockerfile_content": "FROM x", "submodules": true, "lfs": true }),
    ] {
        let record =
            BuildRecord { spec: parse(&request_with(more)).unwrap(), ..crate::fixtures::record() };
        let again = serde_json::to_value(BuildRequest::from_record(&record, &web)).unwrap();
        assert_eq!(parse(&again).unwrap(), record.spec, "{again}");
    }
}

#[test]
fn the_workflow_gets_the_whole_specification() {
    let inputs = |more: Value| {
        let inputs = parse(&request_with(more)).unwrap().workflow_inputs();
        Value::from_iter(inputs)
    };
    let given = json!({
        "dockerfile_content": "FROM scratch\n", "context": "web", "image_tag": "v1",
        "build_args": { "A": "\"b\" ${{ secrets.X }}" },
    });
    let expected = json!({
        "repository": "testuser/myapp",
        "context": "web",
        "dockerfile_path": "",
        "dockerfile_content": "FROM scratch\n",
        "build_args": "{\"A\":\"\\\"b\\\" ${{ secrets.X }}\"}",
        "tag": "v1",
    });
    assert_eq!(inputs(given), expected);
    let path = inputs(json!({ "has_dockerfile": true, "dockerfile_path": "docker/Dockerfile" }));
    assert_eq!(path["dockerfile_path"], "docker/Dockerfile");
    assert_eq!(path["dockerfile_content"], "");
    assert_eq!(inputs(json!({}))["dockerfile_path"], "");
}

/// GitHub Enterprise Server takes ten inputs, which are all in use. An older workflow rejects what it does not know.
#[test]
fn submodules_and_lfs_share_the_input_private() {
    let input = |private, more: Value| {
        let spec = parse(&request_with(more)).unwrap();
        BuildRecord { spec, private, ..crate::fixtures::record() }.private_input()
    };
    assert_eq!(input(false, json!({})), "false");
    assert_eq!(input(true, json!({ "submodules": true })), "true,submodules");
    assert_eq!(input(false, json!({ "lfs": true })), "false,lfs");
    assert_eq!(input(true, json!({ "lfs": true, "submodules": true })), "true,submodules,lfs");
}

/// An older workflow would let it write the cache of the branch.
#[test]
fn an_older_workflow_rejects_the_build_of_a_pull_request() {
    let trigger = |pull_request| PushTrigger {
        base: 1,
        number: 2,
        sender: None,
        pull_request,
        is_fork: false,
    };
    let input = |pull_request| {
        let spec = parse(&request_with(json!({ "submodules": true }))).unwrap();
        let trigger = Some(trigger(pull_request));
        BuildRecord { spec, trigger, ..crate::fixtures::record() }.private_input()
    };
    assert_eq!(input(Some(7)), "false,submodules,preview");
    assert_eq!(input(None), "false,submodules");
}

#[test]
fn the_tags_of_pull_requests_cannot_be_requested() {
    let problem = parse(&request_with(json!({ "image_tag": "pr-7" }))).unwrap_err();
    assert_eq!(problem.errors[0].field, "image_tag");
    assert!(problem.detail.contains("tags of pull requests' images"), "{problem:?}");
}

#[test]
fn names_must_agree_with_the_project() {
    for (image, is_valid) in
        [("myapp", true), ("myapp-frontend", true), ("frontend", false), ("myapp-x", false)]
    {
        let body = request_with(json!({ "image_name": image }));
        assert_eq!(parse(&body).is_ok(), is_valid, "{image}");
    }
    assert_eq!(invalid_fields(&request_with(json!({ "project_name": "MyApp" }))), ["project_name"]);
    assert_eq!(invalid_fields(&request_with(json!({ "service_name": "Front" }))), ["service_name"]);
}

#[test]
fn build_arguments_have_names_that_docker_accepts_and_single_line_values() {
    for name in ["A", "_a", "a1", "HTTP_PROXY"] {
        assert!(parse(&request_with(json!({ "build_args": { name: "" } }))).is_ok(), "{name}");
    }
    for name in ["", "1a", "a-b", "a b", "a=b", "é", "a\n"] {
        let fields = invalid_fields(&request_with(json!({ "build_args": { name: "x" } })));
        assert_eq!(fields, [format!("build_args.{name}")]);
    }
    for value in ["a\nb", "a\rb", "a\0b", "\n"] {
        assert_eq!(
            invalid_fields(&request_with(json!({ "build_args": { "A": value } }))),
            ["build_args.A"]
        );
    }
}

#[test]
fn build_arguments_cannot_configure_buildkit() {
    for name in ["BUILDKIT_SYNTAX", "BUILDKIT_INLINE_CACHE", "BUILDKIT_", "BUILDX_X"] {
        let expected = "names that begin with BUILDKIT_ or BUILDX_ are the builder's own";
        let errors = field_errors(&request_with(json!({ "build_args": { "A": "", name: "" } })));
        assert_eq!(errors, [(format!("build_args.{name}"), expected.to_owned())]);
    }
    for name in ["BUILDKIT", "BUILDX", "BUILD_X", "MY_BUILDKIT_X", "buildkit_syntax"] {
        assert!(parse(&request_with(json!({ "build_args": { name: "" } }))).is_ok(), "{name}");
    }
}

/// GitHub accepts 65,535 characters of inputs; the build arguments are sent as JSON in a string.
#[test]
fn text_is_limited_to_what_github_accepts() {
    let fits = |more: Value| parse(&request_with(more));
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
fn error_messages_contain_neither_secrets_nor_long_text() {
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
    let problem = parse(&body).unwrap_err();
    let to_json = |problem: Problem| serde_json::to_string(&problem.body("/")).unwrap();
    let answer = to_json(problem);
    assert!(!answer.contains("hunter2"), "{answer}");
    assert!(answer.len() < 3_000, "{} characters", answer.len());
    let only = to_json(parse(&request_with(json!({ "z".repeat(5_000): 1 }))).unwrap_err());
    assert!(only.len() < 1_000 && only.contains("zzz"), "it is still named: {only}");
}

/// 170 KB of unknown fields must not become a response of 1 MB.
#[test]
fn at_most_fifty_errors_are_listed_and_the_rest_is_counted() {
    let unknown: serde_json::Map<_, _> =
        (0..262).map(|number| (format!("{number}{}", "x".repeat(600)), json!(1))).collect();
    let mut body = request_with(Value::Object(unknown));
    body.as_object_mut().unwrap().remove("service_name");
    let problem = parse(&body).unwrap_err();
    assert_eq!(problem.detail, "263 fields need a change: these 50, and 213 more.");
    let answer = serde_json::to_value(problem.body("/")).unwrap();
    assert_eq!(answer["errors"].as_array().unwrap().len(), 50);
    assert_eq!(answer["more_errors"], 213);
    assert_eq!(answer["errors"][0]["field"], "service_name", "known fields come first");
    assert!(answer.to_string().len() < 10_000, "{} bytes", answer.to_string().len());
}
