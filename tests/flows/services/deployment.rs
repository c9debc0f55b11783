//! A service that is deployed with what is saved of it: configuration and secrets.

use futures::future::join_all;
use nokube_tests::{Response, TestPlatform, USER_SECRET_VALUE, User};
use reqwest::Method;
use serde_json::{Value, json};

const NAMESPACE: &str = "nk-alice-myapp";

async fn put(user: &User, path: &str, body: &Value) -> Response {
    Response::send(user.request(Method::PUT, path).json(body)).await
}

/// The names of the saved secrets in the cluster.
fn secrets_in_cluster(platform: &TestPlatform, service: &str) -> Vec<String> {
    let secret = platform.cluster.object("secrets", NAMESPACE, &format!("{service}.secrets"));
    let data = secret.map(|secret| secret["data"].clone()).unwrap_or_default();
    data.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
}

#[tokio::test]
async fn a_service_is_saved_built_configured_and_deployed_with_two_fields() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let service = format!("/api/v1/projects/{project}/services/frontend");
    let (configuration, secrets) = (format!("{service}/deployment"), format!("{service}/secrets"));
    let two_fields = json!({ "project_id": project, "service_name": "frontend" });

    // Secrets first: the namespace is made with its limits.
    let body = json!({ "secrets": { "API_KEY": USER_SECRET_VALUE, "OLD": USER_SECRET_VALUE } });
    let saved = put(&alice, &secrets, &body).await.expect(200);
    assert_eq!(saved["names"], json!(["API_KEY", "OLD"]));
    for (plural, name) in [
        ("resourcequotas", "nokube"),
        ("networkpolicies", "nokube.default"),
        ("serviceaccounts", "nokube-app"),
    ] {
        assert!(platform.cluster.object(plural, NAMESPACE, name).is_some(), "{plural}/{name}");
    }
    let saved = put(&alice, &secrets, &json!({ "secrets": { "OLD": null } })).await.expect(200);
    assert_eq!(saved["names"], json!(["API_KEY"]));
    assert_eq!(secrets_in_cluster(&platform, "frontend"), ["API_KEY"]);

    let source = json!({ "repository_url": "https://github.com/acme/shop" });
    put(&alice, &service, &source).await.expect(201);
    let body = json!({ "container_port": 8080, "replicas": 1, "env_vars": { "COLOUR": "red" } });
    let saved = put(&alice, &configuration, &body).await.expect(201);
    assert_eq!(alice.get(&configuration).await.expect(200), saved);
    let problem = alice.post("/api/v1/deploy", &two_fields).await.expect(422);
    assert_eq!(problem["errors"][0]["field"], "build_id", "nothing was built yet");
    let build = alice.post("/api/v1/builds", &two_fields).await.expect(202);
    alice.wait_for_end(&format!("/api/v1/builds/{}", build["build_id"].as_str().unwrap())).await;

    let dry_run = alice.post("/api/v1/deploy?dry_run=true", &two_fields).await.expect(200);
    assert_eq!(dry_run["accepted"], true, "{dry_run}");
    let deployed = alice.deploy(&two_fields).await;
    let pod = alice.wait_for_pods(&deployed, 1).await;
    assert_eq!(pod["build_id"], build["build_id"]);
    let object = platform.cluster.object("deployments", NAMESPACE, "frontend").unwrap();
    let container = &object["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container["ports"][0]["containerPort"], 8080);
    let sources = container["envFrom"].as_array().unwrap();
    let secret = sources.iter().find_map(|from| from["secretRef"]["name"].as_str()).unwrap();
    let copy = platform.cluster.object("secrets", NAMESPACE, secret).unwrap();
    let names: Vec<_> = copy["data"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["API_KEY"], "the pods have what is saved");

    // What is saved outlives the deployment, and its namespace with it.
    alice.delete(&deployed).await.expect(204);
    assert_eq!(secrets_in_cluster(&platform, "frontend"), ["API_KEY"]);
    alice.deploy(&two_fields).await;
    let take_down = format!("/api/v1/projects/{project}?take_down=true");
    let deleted = loop {
        let response = alice.delete(&take_down).await;
        if response.status != 409 {
            break response;
        }
    };
    deleted.expect(204);
    platform.wait_until_namespace_is_gone(NAMESPACE).await;
    let urls: Vec<_> =
        platform.cluster.requests().into_iter().map(|request| request.path).collect();
    assert!(!urls.iter().any(|url| url.contains(USER_SECRET_VALUE)));
    platform.finish().await;
}

#[tokio::test]
async fn concurrent_changes_lose_no_secret() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let secrets = format!("/api/v1/projects/{project}/services/frontend/secrets");
    let names: Vec<_> = (0..6).map(|n| format!("KEY_{n}")).collect();
    let bodies: Vec<_> =
        names.iter().map(|name| json!({ "secrets": { name: USER_SECRET_VALUE } })).collect();
    for response in join_all(bodies.iter().map(|body| put(&alice, &secrets, body))).await {
        response.expect(200);
    }
    assert_eq!(secrets_in_cluster(&platform, "frontend"), names);
    assert_eq!(alice.get(&secrets).await.expect(200)["names"], json!(names));
    alice.delete(&secrets).await.expect(204);
    alice.delete(&secrets).await.expect(404);
    platform.wait_until_namespace_is_gone(NAMESPACE).await;
    platform.finish().await;
}

#[tokio::test]
async fn a_service_of_which_only_a_configuration_is_saved_is_listed() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let list = format!("/api/v1/projects/{project}/services");
    let configuration = format!("{list}/worker/deployment");
    put(&alice, &configuration, &json!({ "service_type": "worker" })).await.expect(201);
    let listed = alice.get(&list).await.expect(200);
    assert_eq!((&listed["total"], &listed["services"][0]["name"]), (&json!(1), &json!("worker")));
    alice.get(&format!("{list}/worker")).await.expect(200);
    alice.delete(&configuration).await.expect(204);
    assert_eq!(alice.get(&list).await.expect(200)["total"], 0);
    alice.get(&format!("{list}/worker")).await.expect(404);

    // It goes with its project.
    put(&alice, &configuration, &json!({})).await.expect(201);
    alice.delete(&format!("/api/v1/projects/{project}")).await.expect(204);
    assert_eq!(alice.create_project("myapp").await, project);
    alice.get(&configuration).await.expect(404);
    platform.finish().await;
}
