//! What GitHub shows beside commits and pull requests about where they are deployed.

use super::{SHOP, Shop, open, pull_request};
use crate::support::shop::{LOOK_INTERVAL, MAX_LOOKS};
use nokube_sim::{AppVersion, SimDeployment};
use nokube_tests::Response;
use serde_json::{Value, json};

impl Shop {
    /// The GitHub Deployments of an environment, the oldest first.
    fn github_deployments(&self, environment: &str) -> Vec<SimDeployment> {
        let mut all = self.platform.github.deployments(SHOP);
        all.retain(|deployment| deployment.environment == environment);
        all
    }

    /// Waits until the GitHub Deployments of an environment have had these states, apart from `in_progress`. Reads may do what is left.
    async fn wait_for_states(&self, environment: &str, expected: &[&[&str]]) -> Vec<SimDeployment> {
        for _ in 0..MAX_LOOKS {
            let found = self.github_deployments(environment);
            // Whether somebody looked before it was ready is a matter of chance.
            let shown = |it: &SimDeployment| {
                let states = it.states.clone().into_iter();
                states.filter(|state| state != "in_progress").collect::<Vec<_>>()
            };
            let states: Vec<Vec<String>> = found.iter().map(shown).collect();
            if states == expected {
                return found;
            }
            self.service("frontend").await;
            self.previews().await;
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
        panic!("{environment}: {:#?}\n{}", self.github_deployments(environment), self.console());
    }
}

const RUNNING: &[&str] = &["success"];
const REPLACED: &[&str] = &["success", "inactive"];

#[tokio::test]
async fn a_pull_request_has_its_view_deployment_button_until_it_is_closed() {
    let shop = open().await;
    let number = shop.open_and_wait("feature").await;
    let environment = format!("myapp/frontend/pr-{number}");
    let shown = shop.wait_for_states(&environment, &[RUNNING]).await.remove(0);
    assert_eq!(shown.sha, shop.head_of(number));
    assert!(shown.transient && !shown.production);
    let preview = shop.preview(number).await.unwrap();
    assert_eq!(json!(shown.environment_url), preview["url"]);
    let page = shown.log_url.unwrap();
    assert!(page.starts_with(nokube_tests::PLATFORM_URL), "{page}");
    assert!(page.contains(preview["deployment_id"].as_str().unwrap()), "{page}");

    let sha = shop.push_to(number, "Again");
    shop.running_preview(number, &sha).await;
    let both = shop.wait_for_states(&environment, &[REPLACED, RUNNING]).await;
    assert_eq!(both[1].sha, sha);
    shop.platform.github.close_pull_request(SHOP, number);
    shop.wait_for_end_of(number, "closed").await;
    shop.wait_for_states(&environment, &[REPLACED, REPLACED]).await;

    // GitHub neither merges, waits for checks, nor retires anything by itself.
    for request in shop.platform.github.requests() {
        if request.is("POST", "/deployments") {
            let body = &request.body;
            assert_eq!(
                (&body["auto_merge"], &body["required_contexts"]),
                (&json!(false), &json!([]))
            );
        }
        if request.method == "POST" && request.path.contains("/deployments/") {
            assert_eq!(request.body["auto_inactive"], false);
        }
    }
    shop.close().await;
}

#[tokio::test]
async fn production_is_an_environment_too() {
    let shop = open().await;
    let shown = shop.wait_for_states("myapp/frontend", &[RUNNING]).await.remove(0);
    assert!(shown.production && !shown.transient);
    assert_eq!(shown.environment_url.unwrap(), "http://frontend-myapp-alice.apps.example.org");
    let build = shop.build_of_push("Fix it again").await;
    shop.running("frontend", &build).await;
    shop.wait_for_states("myapp/frontend", &[REPLACED, RUNNING]).await;
    assert_eq!(shop.service("frontend").await["automatic_builds"]["github_deployments"], "active");
    let path = shop.deployment_path("frontend").await;
    shop.alice.delete(&path).await.expect(204);
    shop.wait_for_states("myapp/frontend", &[REPLACED, REPLACED]).await;
    shop.close().await;
}

#[tokio::test]
async fn a_failed_deployment_is_a_failure_at_github() {
    let shop = open().await;
    shop.wait_for_states("myapp/frontend", &[RUNNING]).await;
    shop.platform.cluster.let_new_images_crash(true);
    let bad = shop.build_of_push("Break the cart").await;
    shop.wait_for_image(super::NAMESPACE, "frontend", &bad).await;
    for _ in 0..MAX_LOOKS {
        let all = shop.github_deployments("myapp/frontend");
        let failed = all.iter().any(|it| it.states.last().is_some_and(|state| state == "failure"));
        let path = shop.deployment_path("frontend").await;
        let view = shop.alice.get(&path).await.expect(200);
        if failed && view["status"] == "running" {
            // What was restored is shown as running.
            let newest =
                all.iter().rev().find(|it| it.states.last().is_some_and(|it| it == "success"));
            assert_ne!(json!(newest.unwrap().sha), bad["commit_sha"]);
            return shop.close().await;
        }
        tokio::time::sleep(LOOK_INTERVAL).await;
    }
    panic!("{:#?}\n{}", shop.github_deployments("myapp/frontend"), shop.console());
}

#[tokio::test]
async fn without_the_permission_everything_else_goes_on() {
    let shop = Shop::open().await;
    let version = AppVersion::current().without_permission("deployments");
    shop.platform.github.set_installation("alice", version);
    let more = json!({ "previews": "deploy", "deploy_on_build": true });
    let mut shop = shop.with_configured_service(&more).await;
    let build = shop.build_of_push("Fix the cart").await;
    shop.running("frontend", &build).await;
    shop.open_and_wait("feature").await;
    shop.wait_for_state(build["commit_sha"].as_str().unwrap(), "frontend", "success").await;
    shop.wait_for_quiet().await;
    assert!(shop.platform.github.deployments(SHOP).is_empty());
    let shown = shop.service("frontend").await["automatic_builds"].clone();
    assert_eq!(shown["github_deployments"], "waiting_for_approval");
    assert_eq!(shown["commit_statuses"], "active");
    // What GitHub has refused is not tried again at once.
    shop.platform.github.accept_permissions("alice");
    shop.restart_at(3_700).await;
    let build = shop.build_of_push("Fix it again").await;
    shop.running("frontend", &build).await;
    shop.wait_for_states("myapp/frontend", &[RUNNING]).await;
    shop.close().await;
}

/// The App may write deployments for everybody, so the person's own right counts.
#[tokio::test]
async fn a_stranger_shows_nothing_at_the_repository() {
    let shop = Shop::open().await;
    let bob = shop.platform.user("bob");
    let project = bob.create_project("copy").await;
    let path = format!("/api/v1/projects/{project}/services/frontend");
    let configuration = bob.request(reqwest::Method::PUT, &format!("{path}/deployment"));
    Response::send(configuration.json(&json!({ "replicas": 1 }))).await.expect(201);
    let fields = json!({
        "repository_url": format!("https://github.com/{SHOP}"), "build_on_push": true,
        "deploy_on_build": true, "previews": "deploy",
    });
    Response::send(bob.request(reqwest::Method::PUT, &path).json(&fields)).await.expect(201);
    shop.push("Fix the cart", &["web/cart.js"]);
    let number = shop.open_pull_request(pull_request("feature"));
    for _ in 0..MAX_LOOKS {
        let list = bob.get(&format!("{path}/previews")).await.expect(200);
        let is_running = |it: &Value| it["pull_request"] == number && it["state"] == "running";
        if list["previews"].as_array().unwrap().iter().any(is_running) {
            break;
        }
        bob.get(&path).await.expect(200);
        tokio::time::sleep(LOOK_INTERVAL).await;
    }
    let namespace = "nk-bob-copy-previews";
    assert!(shop.platform.cluster.object("deployments", namespace, &super::name(number)).is_some());
    shop.wait_for_quiet().await;
    assert!(shop.platform.github.deployments(SHOP).is_empty());
    assert!(shop.platform.github.statuses(SHOP).is_empty());
    shop.close().await;
}
