//! Everybody who has a login at GitHub can sign in, build and deploy.

use crate::support::browser::Browser;
use nokube_tests::TestPlatform;
use serde_json::json;
use std::collections::BTreeSet;

#[tokio::test]
async fn people_with_any_login_sign_in_and_deploy_without_collisions() {
    let logins = ["jdoe_acme", "bob-", "a--b", "jdoe-acme", "a-b"];
    let platform =
        TestPlatform::config().variable("auth_allowed_users", &logins.join(", ")).start().await;
    let mut hosts = BTreeSet::new();
    for (login, username) in
        logins.into_iter().zip(["jdoe--acme", "bob---108", "a-b---93", "jdoe-acme", "a-b"])
    {
        let mut person = Browser::signed_in(&platform, login).await;
        let me = person.get("/api/v1/auth/me").await.expect(200);
        assert_eq!(me["login"], login.to_lowercase());
        assert_eq!(me["username"], username);
        let project = person.create_project("myapp").await;
        assert_eq!(project["owner"], me["username"]);
        let build = json!({
            "project_id": project["id"], "repository_url": "https://github.com/acme/shop",
            "image_name": "myapp", "service_name": "frontend",
        });
        let build = person.post("/api/v1/builds", &build).await.expect(202);
        let path = format!("/api/v1/builds/{}", build["build_id"].as_str().unwrap());
        platform.github.wait_until_idle().await.unwrap();
        let build = person.get(&path).await.expect(200);
        assert_eq!(build["status"], "success", "{login}: {build}");
        let deployment = json!({
            "project_id": project["id"], "project_name": "myapp", "username": login,
            "service_name": "frontend", "image_name": build["image_full_name"],
        });
        let deployed = person.post("/api/v1/deploy", &deployment).await.expect(202);
        assert!(hosts.insert(deployed["access_url"].to_string()), "{login}: {deployed}");
    }
    platform.finish().await;
}

#[tokio::test]
async fn an_app_cannot_sign_in() {
    let platform = TestPlatform::start().await;
    let login = platform.anonymous().get("/api/v1/auth/login?login=nokube[bot]").await;
    assert!(login.field_errors()["login"].contains("must be a GitHub login"));
    platform.finish().await;
}
