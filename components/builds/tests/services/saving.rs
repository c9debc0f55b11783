//! Saving, changing and removing what a service is built from, and building it.

use crate::platform::{
    API, BUILDS, DISPATCHES, FRONTEND, LIST, build, dispatched, patch, platform, repository, source,
};
use builds::ROUTES;
use nokube_domain::{
    Person,
    access::GitHubIdentity,
    scope::Scopes,
    session::{BearerToken, Identity, Purpose, SigningKeys},
};
use nokube_test_host::{PLATFORM_URL, SESSION_SECRET};
use serde_json::{Value, json};

#[test]
fn a_service_is_saved_once_and_built_with_one_request() {
    let (host, alice) = platform();
    let saved = alice.put(FRONTEND, &source()).expect(201);
    assert_eq!(saved["source"]["repository_id"], 42);
    assert_eq!(saved["source"]["branch"], "dev");
    assert_eq!(alice.get(FRONTEND).expect(200), saved);
    assert!(host.sent("POST", DISPATCHES).is_empty(), "saving builds nothing");

    let created = alice.post(BUILDS, &build("frontend")).expect(202);
    let inputs = dispatched(&host);
    assert_eq!(inputs["repository"], "acme/shop");
    assert_eq!(inputs["context"], "web");
    assert_eq!(inputs["dockerfile_content"], "FROM scratch");
    assert_eq!(inputs["build_args"], r#"{"COLOUR":"red"}"#);
    assert_eq!(host.sent("GET", &format!("{API}/repositories/42/commits/dev")).len(), 1);
    let service = alice.get(FRONTEND).expect(200);
    assert_eq!(service["last_build"]["build_id"], created["build_id"]);
    assert_eq!(service["last_build"]["branch"], "dev");
    assert_eq!(service["source"], saved["source"]);
}

#[test]
fn what_a_build_request_has_wins_and_changes_nothing_saved() {
    let (host, alice) = platform();
    let saved = alice.put(FRONTEND, &source()).expect(201)["source"].clone();
    let with = |more: Value| {
        let mut request = build("frontend");
        request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        alice.post(BUILDS, &request).expect(202);
        dispatched(&host)
    };
    // The fields of the Dockerfile are one choice.
    let inputs = with(json!({ "dockerfile_path": "ops/Dockerfile" }));
    assert_eq!(
        (&inputs["dockerfile_path"], &inputs["dockerfile_content"]),
        (&json!("ops/Dockerfile"), &json!(""))
    );
    assert_eq!(inputs["context"], "web");
    let inputs = with(json!({ "has_dockerfile": null, "build_args": null, "branch": null }));
    assert_eq!((&inputs["dockerfile_content"], &inputs["build_args"]), (&json!(""), &json!("{}")));
    assert_eq!(host.sent("GET", &format!("{API}/repositories/42/commits/main")).len(), 1);
    // With a repository, the request is complete, as it was before services could be saved.
    repository(&host, 43, "acme/other", false);
    let other = json!({ "repository_url": "https://github.com/acme/other", "image_name": "myapp" });
    let inputs = with(other);
    assert_eq!((&inputs["repository"], &inputs["context"]), (&json!("acme/other"), &json!(".")));
    assert_eq!((&inputs["dockerfile_content"], &inputs["build_args"]), (&json!(""), &json!("{}")));
    assert_eq!(alice.get(FRONTEND).expect(200)["source"], saved);
}

#[test]
fn without_anything_saved_a_build_request_must_be_complete() {
    let (_, alice) = platform();
    let errors = alice.post(BUILDS, &build("frontend")).expect(422)["errors"].clone();
    let required = |field: &str| json!({ "field": field, "detail": "is required" });
    assert_eq!(errors, json!([required("repository_url"), required("image_name")]));
    alice.put(FRONTEND, &source()).expect(201);
    alice.delete(FRONTEND).expect(204);
    alice.post(BUILDS, &build("frontend")).expect(422);
}

#[test]
fn a_change_replaces_what_is_sent() {
    let (host, alice) = platform();
    alice.put(FRONTEND, &source()).expect(201);
    let changed =
        patch(&host, &alice, &json!({ "branch": null, "has_dockerfile": true })).expect(200);
    let source = &changed["source"];
    assert_eq!(source["branch"], json!(null));
    assert_eq!(source["context"], "web");
    assert_eq!(source["dockerfile_path"], "web/Dockerfile", "the pasted one is dropped");
    assert_eq!(
        (&source["builder"], &source["build_args"]["COLOUR"]),
        (&json!("dockerfile"), &json!("red"))
    );
    let wrong = json!({ "context": "..", "colour": "red" });
    let errors = patch(&host, &alice, &wrong).expect(422)["errors"].clone();
    assert_eq!(errors.as_array().unwrap().len(), 2, "all faults at once: {errors}");
    assert_eq!(alice.get(FRONTEND).expect(200)["source"], *source);
    // With another context, it is the Dockerfile there; a path that was chosen stays.
    let moved = patch(&host, &alice, &json!({ "context": "api" })).expect(200);
    assert_eq!(moved["source"]["dockerfile_path"], "api/Dockerfile");
    patch(&host, &alice, &json!({ "dockerfile_path": "ops/Dockerfile" })).expect(200);
    let moved = patch(&host, &alice, &json!({ "context": "web" })).expect(200);
    assert_eq!(moved["source"]["dockerfile_path"], "ops/Dockerfile");
    // A replacement keeps nothing.
    let other = json!({ "repository_url": "https://github.com/acme/shop" });
    let replaced = alice.put(FRONTEND, &other).expect(200);
    assert_eq!(
        (&replaced["source"]["context"], &replaced["source"]["builder"]),
        (&json!("."), &json!("buildpacks"))
    );
    assert_eq!(replaced["created_at"], changed["created_at"]);
}

#[test]
fn the_fields_of_a_source_are_checked_as_those_of_a_build() {
    let (_, alice) = platform();
    let wrong = json!({
        "repository_url": "https://example.org/acme/shop", "branch": "a..b", "context": "..",
        "has_dockerfile": true, "dockerfile_content": "FROM scratch",
        "build_args": { "BUILDKIT_SYNTAX": "x" }, "lfs": "yes", "service_name": "other",
    });
    let path = "/api/v1/projects/1/services/Not-A-Label";
    let errors = alice.put(path, &wrong).expect(422)["errors"].clone();
    let fields: Vec<_> = errors.as_array().unwrap().iter().map(|e| e["field"].clone()).collect();
    for field in [
        "service",
        "repository_url",
        "branch",
        "context",
        "dockerfile_content",
        "build_args.BUILDKIT_SYNTAX",
        "lfs",
        "service_name",
    ] {
        assert!(fields.contains(&json!(field)), "{field}: {errors}");
    }
    let long = json!({
        "repository_url": "https://github.com/acme/shop", "dockerfile_content": "x".repeat(60_001),
    });
    alice.put(FRONTEND, &long).expect(422);
}

#[test]
fn viewers_see_a_service_without_build_arguments_and_a_pasted_dockerfile() {
    let (host, alice) = platform();
    let full = alice.put(FRONTEND, &source()).expect(201);
    assert_eq!(full["source"]["build_args"]["COLOUR"], "red");
    assert_eq!(full["source"]["dockerfile_content"], "FROM scratch");
    let vic = host.user(ROUTES, "vic");
    for response in [vic.get(FRONTEND), vic.get(LIST), alice.get(LIST)] {
        let text = response.expect(200).to_string();
        assert!(text.contains("pasted_dockerfile"), "{text}");
        assert!(!text.contains("FROM scratch") && !text.contains("COLOUR"), "{text}");
    }
    vic.put(FRONTEND, &source()).expect(403);
    patch(&host, &vic, &json!({})).expect(403);
    vic.delete(FRONTEND).expect(403);
    let bob = host.user(ROUTES, "bob");
    bob.get(FRONTEND).expect(404);
    bob.get(LIST).expect(404);
    bob.put(FRONTEND, &source()).expect(404);
}

#[test]
fn a_token_that_may_not_build_reads_no_build_arguments() {
    let (host, alice) = platform();
    alice.put(FRONTEND, &source()).expect(201);
    let second = nokube_edge::now().as_second();
    let keys = SigningKeys { issuer: PLATFORM_URL, secret: SESSION_SECRET, previous_secret: "" };
    let program = |scopes: &str| {
        let identity = Identity {
            person: Person { issuer: "nokube".into(), subject: "alice".into() },
            login: "alice".parse().unwrap(),
            github_identity: GitHubIdentity::Login,
            github_membership: None,
        };
        let token = BearerToken { identity, scopes: Scopes::parse_subset(scopes).unwrap() };
        let token = keys.sign(Purpose::Bearer, &token, second, second + 600).unwrap();
        host.anybody(ROUTES).with_header("authorization", &format!("Bearer {token}"))
    };
    let source = program("read").get(FRONTEND).expect(200)["source"].clone();
    assert_eq!(source["builder"], "pasted_dockerfile");
    let hidden = ["build_args", "dockerfile_content"].map(|field| source[field].clone());
    assert_eq!(hidden, [json!(null), json!(null)]);
    let source = program("read build").get(FRONTEND).expect(200)["source"].clone();
    assert_eq!(source["build_args"]["COLOUR"], "red");
}

#[test]
fn what_is_saved_and_removed_is_in_the_audit_log_of_the_project() {
    let (host, alice) = platform();
    alice.put(FRONTEND, &source()).expect(201);
    patch(&host, &alice, &json!({ "lfs": true })).expect(200);
    alice.delete(FRONTEND).expect(204);
    alice.delete(FRONTEND).expect(404);
    let stored = host.stored();
    let actions = (1..=3).map(|n| stored[&format!("e/p/1/{n}")].clone());
    for (entry, action) in actions.zip(["service.save", "service.save", "service.remove"]) {
        assert!(entry.contains(action) && entry.contains(FRONTEND), "{entry}");
    }
    assert!(!stored.contains_key("e/p/1/4"));
}
