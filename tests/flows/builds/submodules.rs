//! Sources with Git submodules and files in Git LFS.

use nokube_tests::TestPlatform;
use serde_json::json;

#[tokio::test]
async fn a_build_warns_of_submodules_and_lfs_files_until_they_are_requested() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let mut body = alice.build_request(project, "frontend").await;
    body["repository_url"] = json!("https://github.com/acme/shop-submodule-lfs");
    let start = async |body| {
        let created = alice.post("/api/v1/builds", &body).await.expect(202);
        let path = format!("/api/v1/builds/{}", created["build_id"].as_str().unwrap());
        (alice.wait_for_end(&path).await, path)
    };
    let (build, path) = start(body).await;
    assert_eq!(build["status"], "success");
    let codes: Vec<_> = build["warnings"].as_array().unwrap().iter().map(|w| &w["code"]).collect();
    assert_eq!(codes, ["submodules_not_fetched", "lfs_not_fetched"]);

    // The same request again, with what is missing.
    let mut again = alice.get(&format!("{path}/request")).await.expect(200);
    again["submodules"] = json!(true);
    again["lfs"] = json!(true);
    let (build, path) = start(again.clone()).await;
    assert_eq!((&build["status"], build.get("warnings")), (&json!("success"), None));
    assert_eq!(alice.get(&format!("{path}/request")).await.expect(200), again);
    platform.finish().await;
}

#[tokio::test]
async fn a_private_submodule_fails_the_build_with_a_named_error() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let mut body = alice.build_request(project, "frontend").await;
    body["repository_url"] = json!("https://github.com/alice/shop-private-submodule");
    body["submodules"] = json!(true);
    let created = alice.post("/api/v1/builds", &body).await.expect(202);
    let path = format!("/api/v1/builds/{}", created["build_id"].as_str().unwrap());
    let build = alice.wait_for_end(&path).await;
    assert_eq!(
        (&build["status"], &build["error_code"]),
        (&json!("failed"), &json!("source_incomplete"))
    );
    let message = build["error_message"].as_str().unwrap();
    assert!(message.starts_with("A submodule") && message.contains("no other private repository"));
    let log = alice.get(&format!("{path}/logs")).await;
    assert!(log.text.contains("The submodule libs/secret"), "{}", log.text);
    platform.finish().await;
}
