//! Every request to GitHub: its content, and that GitHub's OpenAPI description allows it.

// Test helpers may panic: that fails the test.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use common::{TOKEN, enterprise, github, record, time};
use http::{Method, header};
use nokube_conformance::Description;
use nokube_domain::{
    builds::{BuildRecord, CancelMode, RunKey},
    github_deployments::{DeploymentState, Environment},
    pushes::CommitState,
};
use nokube_github::{
    Api, Request,
    api::{NewDeployment, NewDeploymentStatus, NewStatus, RepositoryPath, TokenScope},
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const RUN: RunKey = RunKey { run_id: 30, attempt: 2 };

/// Method, path and query, request.
type Expected = (Method, &'static str, Request);

/// All requests of an API.
fn requests(api: &Api) -> Vec<Expected> {
    [
        requests_of_the_app(api),
        requests_about_sources(api),
        requests_about_pulls_and_deployments(api),
        requests_about_runs(api),
    ]
    .concat()
}

fn requests_of_the_app(api: &Api) -> Vec<Expected> {
    let permissions = json!({ "actions": "write", "contents": "read", "metadata": "read" });
    let scope = TokenScope::Name("my.app");
    let token = api.installation_token(5, scope, &permissions, TOKEN);
    let renamed = api.installation_token(5, TokenScope::Id(7), &permissions, TOKEN);
    let all = api.installation_token(5, TokenScope::All, &json!({ "metadata": "read" }), TOKEN);
    let source = "testuser/my.app".parse().unwrap();
    vec![
        (Method::GET, "/app", api.app(TOKEN)),
        (Method::GET, "/app/hook/config", api.webhook_config(TOKEN)),
        (Method::GET, "/app/hook/deliveries?per_page=100", api.deliveries(TOKEN)),
        (
            Method::GET,
            "/app/hook/deliveries?per_page=100&status=failure",
            api.failed_deliveries(TOKEN),
        ),
        (Method::POST, "/app/hook/deliveries/7/attempts", api.redeliver(7, TOKEN)),
        (Method::GET, "/repos/testuser/my.app/installation", api.installation(&source, TOKEN)),
        (
            Method::GET,
            "/repositories/7/installation",
            api.installation(RepositoryPath::Id(7), TOKEN),
        ),
        (Method::POST, "/app/installations/5/access_tokens", token),
        (Method::POST, "/app/installations/5/access_tokens", renamed),
        (Method::POST, "/app/installations/5/access_tokens", all),
        (Method::GET, "/app/installations?per_page=10", api.installations(10, TOKEN)),
        (
            Method::GET,
            "/installation/repositories?per_page=100&page=3",
            api.installation_repositories(3, TOKEN),
        ),
    ]
}

fn requests_about_sources(api: &Api) -> Vec<Expected> {
    let source = "testuser/my.app".parse().unwrap();
    let user = "testuser".parse().unwrap();
    let by_id = || RepositoryPath::Id(7);
    let [base, head] = ["a", "b"].map(|digit| digit.repeat(40).parse().unwrap());
    let compare = "/repositories/7/compare/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...\
                   bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb?per_page=1";
    let contents =
        "/repositories/7/contents/docs/no%20file.toml?ref=bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
    let status = NewStatus {
        context: "nokube/shop/web",
        state: CommitState::Failure,
        description: "The build failed",
        target_url: Some("https://nokube.example.org/builds/x"),
    };
    let statuses = "/repositories/7/statuses/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
    let permission = "/repos/testuser/my.app/collaborators/testuser/permission";
    let commit = "/repos/testuser/my.app/commits/feature%2Fx%231%C3%B6";
    vec![
        (
            Method::GET,
            "/repositories/7/commits/heads%2Ffeature%2Fx?per_page=1",
            api.head(by_id(), "feature/x", TOKEN),
        ),
        (Method::GET, compare, api.compare(by_id(), &base, &head, TOKEN)),
        (Method::GET, contents, api.contents(by_id(), "docs/no file.toml", &head, TOKEN)),
        (Method::GET, "/repositories/7/branches?per_page=20", api.branches(by_id(), 20, TOKEN)),
        (
            Method::GET,
            "/repositories/7/git/matching-refs/heads%2Ffeature%2F%23",
            api.matching_branches(by_id(), "feature/#", TOKEN),
        ),
        (Method::POST, statuses, api.create_status(by_id(), &head, &status, TOKEN)),
        (Method::GET, "/repos/testuser/my.app", api.repository(&source, TOKEN)),
        (Method::GET, "/repositories/7", api.repository(by_id(), TOKEN)),
        (Method::GET, "/repositories/7/commits/main", api.commit(by_id(), "main", TOKEN)),
        (
            Method::GET,
            "/repositories/7/collaborators/testuser/permission",
            api.permission(by_id(), &user, TOKEN),
        ),
        (Method::GET, commit, api.commit(&source, "feature/x#1ö", TOKEN)),
        (Method::GET, permission, api.permission(&source, &user, TOKEN)),
    ]
}

/// The environments of a service and of one of its previews.
fn environments() -> [Environment; 2] {
    let (project, service) = ("shop".parse().unwrap(), "web".parse().unwrap());
    [Environment::of_service(&project, &service), Environment::of_preview(&project, &service, 12)]
}

fn new_deployments(api: &Api) -> [Request; 2] {
    let commit = "b".repeat(40).parse().unwrap();
    environments().map(|environment| {
        let environment = &environment;
        let deployment = NewDeployment { commit: &commit, environment, description: "Revision 3" };
        api.create_deployment(RepositoryPath::Id(7), &deployment, TOKEN)
    })
}

fn requests_about_pulls_and_deployments(api: &Api) -> Vec<Expected> {
    let by_id = || RepositoryPath::Id(7);
    let commit = "b".repeat(40).parse().unwrap();
    let [_, preview] = environments();
    let listed = "/repositories/7/deployments?sha=bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\
                  &environment=shop%2Fweb%2Fpr-12&per_page=100";
    let status = |state, environment_url, log_url| {
        let status = NewDeploymentStatus { state, description: "x", environment_url, log_url };
        api.create_deployment_status(by_id(), 5, &status, TOKEN)
    };
    let statuses = "/repositories/7/deployments/5/statuses";
    let site = Some("https://web-shop.apps.example.org");
    let page = Some("https://nokube.example.org/deployments/x");
    let open = "/repositories/7/pulls?state=open&sort=updated&direction=desc&per_page=100";
    let [service, of_preview] = new_deployments(api);
    vec![
        (Method::GET, "/repositories/7/pulls/12", api.pull_request(by_id(), 12, TOKEN)),
        (Method::GET, open, api.open_pull_requests(by_id(), 100, TOKEN)),
        (Method::POST, "/repositories/7/deployments", service),
        (Method::POST, "/repositories/7/deployments", of_preview),
        (Method::GET, listed, api.deployments(by_id(), &commit, &preview, TOKEN)),
        (Method::POST, statuses, status(DeploymentState::InProgress, None, None)),
        (Method::POST, statuses, status(DeploymentState::Success, site, page)),
        (Method::POST, statuses, status(DeploymentState::Failure, None, page)),
        (Method::POST, statuses, status(DeploymentState::Inactive, None, page)),
    ]
}

fn requests_about_runs(api: &Api) -> Vec<Expected> {
    let window = (time("2026-11-23T10:00:00.5Z"), time("2026-11-23T10:49:00Z"));
    let runs = "/repos/o/builder/actions/workflows/build.yml/runs?event=workflow_dispatch\
                &created=2026-11-23T10%3A00%3A00Z..2026-11-23T10%3A49%3A00Z&per_page=100&page=2";
    let dispatches = "/repos/o/builder/actions/workflows/build.yml/dispatches";
    let jobs = "/repos/o/builder/actions/runs/30/attempts/2/jobs?per_page=100";
    let cancel = |mode| api.cancel(30, mode, TOKEN);
    vec![
        (Method::GET, "/repos/o/builder/actions/workflows/build.yml", api.workflow(TOKEN)),
        (Method::POST, dispatches, api.dispatch(&record(), TOKEN)),
        (Method::GET, runs, api.runs_between(window, 2, TOKEN)),
        (Method::GET, "/repos/o/builder/actions/runs/30", api.run(30, TOKEN)),
        (Method::GET, jobs, api.jobs(RUN, Some("W/\"e1\""), TOKEN)),
        (Method::GET, "/repos/o/builder/actions/jobs/99/logs", api.job_log(99, TOKEN)),
        (Method::POST, "/repos/o/builder/actions/runs/30/cancel", cancel(CancelMode::Normal)),
        (Method::POST, "/repos/o/builder/actions/runs/30/force-cancel", cancel(CancelMode::Forced)),
        (Method::POST, "/repos/o/builder/actions/runs/30/rerun", api.rerun(30, TOKEN)),
    ]
}

#[test]
fn each_request_has_its_url_and_its_token_in_one_header_only() {
    let apis = [
        (github(), "https://api.github.com", "2026-03-10"),
        (enterprise(), "https://git.example.com/api/v3", "2022-11-28"),
    ];
    for (api, base, version) in apis {
        for (method, path, request) in requests(&api) {
            assert_eq!(request.method(), method, "{path}");
            assert_eq!(request.uri().to_string(), format!("{base}{path}"));
            let header =
                |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap());
            assert_eq!(header("authorization"), Some(&*format!("Bearer {TOKEN}")));
            assert_eq!(header("x-github-api-version"), Some(version));
            assert_eq!(header("accept"), Some("application/vnd.github+json"));
            assert_eq!(header("user-agent"), Some("nokube"), "GitHub rejects requests without one");
            let json = (!request.body().is_empty()).then_some("application/json");
            assert_eq!(header("content-type"), json, "{path}");
            assert!(!request.uri().to_string().contains("hunter2"));
            assert!(!String::from_utf8_lossy(request.body()).contains("hunter2"));
        }
    }
}

/// GitHub would wait for other checks, merge branches, or end deployments of its own accord.
#[test]
fn a_deployment_is_created_as_it_is_and_changes_no_other() {
    let body = |request: &Request| serde_json::from_slice::<Value>(request.body()).unwrap();
    let [service, preview] = new_deployments(&github()).map(|request| body(&request));
    assert_eq!(
        service,
        json!({
            "ref": "b".repeat(40), "environment": "shop/web", "description": "Revision 3",
            "auto_merge": false, "required_contexts": [],
            "production_environment": true, "transient_environment": false,
        })
    );
    assert_eq!(preview["environment"], "shop/web/pr-12");
    let kind = |body: &Value| {
        (body["production_environment"].clone(), body["transient_environment"].clone())
    };
    assert_eq!(kind(&preview), (json!(false), json!(true)));
    for (_, path, request) in requests_about_pulls_and_deployments(&github()) {
        if path.ends_with("/statuses") {
            assert_eq!(body(&request)["auto_inactive"], json!(false));
        }
    }
}

#[test]
fn jobs_are_requested_with_the_known_etag() {
    let sent_etag = |known| {
        let request = github().jobs(RUN, known, TOKEN);
        request.headers().get(header::IF_NONE_MATCH).map(|etag| etag.to_str().unwrap().to_owned())
    };
    assert_eq!(sent_etag(Some("W/\"e1\"")).as_deref(), Some("W/\"e1\""));
    assert_eq!(sent_etag(None), None);
}

fn body(build: &BuildRecord) -> Value {
    serde_json::from_slice(github().dispatch(build, TOKEN).body()).unwrap()
}

#[test]
fn a_dispatch_contains_the_whole_build() {
    let build = record();
    let mut expected = json!({
        "build_id": build.id.to_string(),
        "ref": "a".repeat(40),
        "image": "ghcr.io/amzhm/testuser-myapp-frontend",
        "private": "true",
    });
    for (name, input) in build.spec.workflow_inputs() {
        expected[name] = input.into();
    }
    assert_eq!(body(&build), json!({ "ref": "main", "inputs": expected }));
}

/// GitHub accepts only inputs that the workflow declares, and needs all that it requires.
#[test]
fn the_builders_workflow_declares_the_inputs_that_are_sent() {
    let workflow =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../builder/.github/workflows/build.yml");
    let workflow = std::fs::read_to_string(workflow).unwrap();
    let inputs = workflow.split("\n    inputs:\n").nth(1).unwrap();
    let inputs = inputs.lines().take_while(|line| line.is_empty() || line.starts_with("      "));
    let declared: BTreeSet<_> = inputs
        .filter(|line| !line.starts_with("       ") && !line.is_empty())
        .map(|line| line.trim().trim_end_matches(':').to_owned())
        .collect();
    let body: Value = serde_json::from_slice(github().dispatch(&record(), TOKEN).body()).unwrap();
    let sent = body["inputs"].as_object().unwrap();
    assert_eq!(sent.keys().cloned().collect::<BTreeSet<_>>(), declared);
    assert!(sent.values().all(Value::is_string));
    assert!(workflow.contains("\nrun-name: NoKube build ${{ inputs.build_id }}\n"));
    assert!(workflow.contains("\n    name: build ${{ inputs.build_id }}\n"));
    assert!(
        workflow.contains("'^[0-9a-v]{26}$'"),
        "the alphabet of ids (crates/domain/tests/ids.rs)"
    );
}

#[test]
fn every_request_matches_githubs_description() {
    for (api, described) in
        [(github(), Description::github()), (enterprise(), Description::enterprise())]
    {
        for (method, path, request) in requests(&api) {
            let body = serde_json::from_slice(request.body()).unwrap_or_default();
            described.check_request(method.as_str(), path, &body).unwrap();
        }
    }
}
