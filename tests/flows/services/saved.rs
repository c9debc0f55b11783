//! A project as the list of its services: from a saved source to what runs.

use crate::support::browser::Browser;
use nokube_tests::{Response, TestPlatform, User};
use reqwest::Method;
use serde_json::{Value, json};

async fn save(user: &User, path: &str, source: &Value) -> Response {
    Response::send(user.request(Method::PUT, path).json(source)).await
}

async fn change(user: &User, path: &str, change: &Value) -> Response {
    Response::send(user.request(Method::PATCH, path).json(change)).await
}

#[tokio::test]
async fn a_service_is_saved_built_with_one_request_deployed_and_listed() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let list = format!("/api/v1/projects/{project}/services");
    let path = format!("{list}/frontend");
    let source = json!({
        "repository_url": "https://github.com/acme/shop", "branch": "release", "context": "web",
        "dockerfile_content": "FROM scratch\n", "build_args": { "COLOUR": "red" },
    });
    let saved = save(&alice, &path, &source).await.expect(201);
    assert_eq!((&saved["last_build"], &saved["deployment_id"]), (&json!(null), &json!(null)));

    let one_click = json!({ "project_id": project, "service_name": "frontend" });
    let created = alice.post("/api/v1/builds", &one_click).await.expect(202);
    let build = format!("/api/v1/builds/{}", created["build_id"].as_str().unwrap());
    let build = alice.wait_for_end(&build).await;
    assert_eq!((&build["status"], &build["branch"]), (&json!("success"), &json!("release")));
    let inputs = platform.github.requests();
    let inputs = inputs.iter().find(|request| request.path.ends_with("/dispatches")).unwrap();
    assert_eq!(inputs.body["inputs"]["dockerfile_content"], "FROM scratch\n");
    assert_eq!(inputs.body["inputs"]["context"], "web");

    let image = build["image_full_name"].as_str().unwrap();
    let mut deployment = alice.deployment_request(project, "frontend", image).await;
    deployment["build_id"] = build["build_id"].clone();
    deployment.as_object_mut().unwrap().remove("image_name");
    let deployed = alice.deploy(&deployment).await;
    let service = alice.get(&path).await.expect(200);
    assert_eq!(service["last_build"]["status"], "success");
    let id = service["deployment_id"].as_str().unwrap();
    assert_eq!(deployed, format!("/api/v1/deployments/{id}"));

    // What is built without being saved is listed too.
    let other = alice.build_request(project, "worker").await;
    let other = alice.post("/api/v1/builds", &other).await.expect(202);
    let listed = alice.get(&list).await.expect(200);
    let names: Vec<_> = listed["services"].as_array().unwrap().iter().map(|s| &s["name"]).collect();
    assert_eq!(names, ["frontend", "worker"]);
    assert_eq!(listed["services"][1]["last_build"]["build_id"], other["build_id"]);
    assert!(!listed.to_string().contains("FROM scratch"), "{listed}");

    alice.delete(&deployed).await.expect(204);
    alice.delete(&path).await.expect(204);
    let service = alice.get(&path).await.expect(200);
    assert_eq!((&service["source"], &service["deployment_id"]), (&json!(null), &json!(null)));
    assert_eq!(service["last_build"]["build_id"], created["build_id"]);
    platform.finish().await;
}

#[tokio::test]
async fn a_renamed_repository_is_built_from_what_is_saved() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    for (service, old, new) in [
        ("shop", "acme/shop", "acme/store"),
        ("private", "alice/private-thing", "alice/private-new"),
    ] {
        let path = format!("/api/v1/projects/{project}/services/{service}");
        let url = format!("https://github.com/{old}");
        let saved = save(&alice, &path, &json!({ "repository_url": url })).await.expect(201);
        platform.github.rename_repository(old, new);
        let one_click = json!({ "project_id": project, "service_name": service });
        let created = alice.post("/api/v1/builds", &one_click).await.expect(202);
        let build = format!("/api/v1/builds/{}", created["build_id"].as_str().unwrap());
        let build = alice.wait_for_end(&build).await;
        assert_eq!((&build["status"], &build["repository"]), (&json!("success"), &json!(new)));
        let changed = change(&alice, &path, &json!({ "lfs": true })).await.expect(200);
        assert_eq!(changed["source"]["repository_id"], saved["source"]["repository_id"]);
        assert_eq!(changed["source"]["repository_url"], format!("https://github.com/{new}"));
    }
    platform.finish().await;
}

#[tokio::test]
async fn what_is_saved_goes_with_its_project() {
    let platform = TestPlatform::start().await;
    let mut alice = Browser::signed_in(&platform, "alice").await;
    let project = alice.create_project("myapp").await["id"].clone();
    let path = format!("/api/v1/projects/{project}/services/frontend");
    let source = json!({ "repository_url": "https://github.com/acme/shop" });
    alice.put(&path, &source).await.expect(201);
    alice.delete(&format!("/api/v1/projects/{project}")).await.expect(204);
    // A project that is created again has its old number.
    let again = alice.create_project("myapp").await["id"].clone();
    assert_eq!(again, project);
    alice.get(&path).await.expect(404);
    let listed = alice.get(&format!("/api/v1/projects/{project}/services")).await.expect(200);
    assert_eq!(listed["total"], 0);
    alice.put(&path, &source).await.expect(201);
    platform.finish().await;
}
