//! As a GitHub App: the App's own signature, tokens for one repository, private sources.

use nokube_sim::{AppKey, RepositorySettings};
use nokube_tests::{GITHUB_TOKEN, World};
use rsa::{Generate, PrivateKey, pkcs1::EncodeRsaPrivateKey, pkcs8::LineEnding};
use serde_json::json;

fn key() -> String {
    PrivateKey::generate().to_pkcs1_pem(LineEnding::LF).unwrap().to_string()
}

fn world_of_app(sim_key: String, our_key: &str) -> nokube_tests::Plan {
    World::plan()
        .set("github_token", "")
        .set("github_app_client_id", "Iv1.app")
        .set("github_app_private_key", &our_key.replace('\n', "\\n"))
        .github(|o| {
            o.token = None;
            o.app = Some(AppKey { client_id: "Iv1.app".into(), private_key_pem: sim_key });
        })
}

#[tokio::test]
async fn an_app_builds_public_and_private_sources_with_one_token_each() {
    let pem = key();
    let world = world_of_app(pem.clone(), &pem).start().await;
    let alice = world.user("alice");
    let project = alice.project("myapp").await;
    let path = alice.build(project).await;
    assert_eq!(alice.until_ended(&path).await["status"], "success");

    let mut wanted = alice.wanted(project, "frontend").await;
    wanted["repository_url"] = json!("https://github.com/alice/private-thing");
    alice.post("/api/v1/builds", &wanted).await.expect(202);
    // Installed nowhere near: as if it did not exist.
    wanted["repository_url"] = json!("https://github.com/noapp/private-thing");
    alice.post("/api/v1/builds", &wanted).await.faults();

    let seen = world.sim.requests();
    let minted: Vec<_> = seen.iter().filter(|s| s.path.ends_with("/access_tokens")).collect();
    assert!(minted.iter().all(|seen| seen.body["repositories"].as_array().unwrap().len() == 1));
    assert!(
        minted.iter().all(|seen| seen.body["permissions"].get("contents") != Some(&json!("write")))
    );
    assert!(!seen.iter().any(|seen| seen.auth == "personal"), "{GITHUB_TOKEN} is not used");
    world.end().await;
}

#[tokio::test]
async fn a_token_that_was_revoked_is_replaced() {
    let pem = key();
    let world = world_of_app(pem.clone(), &pem).start().await;
    let alice = world.user("alice");
    let project = alice.project("myapp").await;
    alice.build(project).await;
    world.sim.revoke_tokens();
    let path = alice.build(project).await;
    assert_eq!(alice.until_ended(&path).await["status"], "success");
    world.end().await;
}

#[tokio::test]
async fn a_wrong_key_is_told_by_ready_and_by_the_build() {
    let world = world_of_app(key(), &key()).start().await;
    let told = world.operator().get("/ready").await.expect(503);
    assert!(told.to_string().contains("credentials"), "{told}");
    let alice = world.user("alice");
    let wanted = alice.wanted(alice.project("myapp").await, "frontend").await;
    assert!(alice.post("/api/v1/builds", &wanted).await.problem(502).contains("credentials"));
    world.end().await;
}

#[tokio::test]
async fn a_builder_without_the_app_is_told() {
    let pem = key();
    let world = world_of_app(pem.clone(), &pem).start().await;
    let settings = RepositorySettings { app_installed: Some(false), ..Default::default() };
    world.sim.set_repository(nokube_tests::BUILDER, settings);
    let told = world.operator().get("/ready").await.expect(503);
    assert!(told.to_string().contains("not installed on platform/builder"), "{told}");
    world.end().await;
}
