//! Previews of pull requests: what is built and deployed for them, and that production does not notice.

mod cut_off;
mod ends;
mod forks;
mod github_deployments;
mod isolation;
mod life;
mod limits;
mod lost_events;

use crate::support::{
    deployed_shop::NAMESPACE,
    shop::{LOOK_INTERVAL, MAX_LOOKS, SHOP, Shop, config},
};
use nokube_sim::{Commit, PullRequest};
use nokube_tests::{Response, TestConfig, User};
use serde_json::{Value, json};

/// The namespace of the project's previews.
const PREVIEWS: &str = "nk-alice-myapp-previews";

/// A shop whose service `frontend` runs and has previews.
async fn open() -> Shop {
    open_at(config()).await
}

async fn open_at(config: TestConfig) -> Shop {
    let more = json!({ "previews": "deploy", "deploy_on_build": true });
    let shop = Shop::at(config).await.with_configured_service(&more).await;
    let build = shop.build_of_push("Fix the cart").await;
    shop.running("frontend", &build).await;
    shop
}

/// A pull request of a branch of the repository, which touches the service.
fn pull_request(branch: &str) -> PullRequest {
    let commit = Commit::new(&format!("Change {branch}"), &["web/cart.js"]);
    PullRequest::from_branch(branch).title(&format!("Merge {branch}")).with(commit)
}

/// The name of a preview in the cluster.
fn name(number: u32) -> String {
    format!("pr-{number}-frontend")
}

impl Shop {
    fn open_pull_request(&self, new: PullRequest) -> u32 {
        let number = self.platform.github.open_pull_request(SHOP, new);
        assert_ne!(number, 0, "GitHub refuses it");
        number
    }

    fn push_to(&self, number: u32, message: &str) -> String {
        let commit = Commit::new(message, &["web/cart.js"]);
        self.platform.github.push_to_pull_request(SHOP, number, commit)
    }

    fn head_of(&self, number: u32) -> String {
        self.platform.github.pull_request_head(SHOP, number).unwrap()
    }

    fn previews_path(&self) -> String {
        format!("{}/previews", self.path("frontend"))
    }

    async fn previews(&self) -> Vec<Value> {
        let list = self.alice.get(&self.previews_path()).await.expect(200);
        list["previews"].as_array().unwrap().clone()
    }

    async fn preview(&self, number: u32) -> Option<Value> {
        let previews = self.previews().await;
        previews.into_iter().find(|preview| preview["pull_request"] == number)
    }

    /// Waits until a preview has this state. Reads of it, of its deployment and of the service may do what is left.
    async fn wait_for_preview(&self, number: u32, state: &str) -> Value {
        let mut last = None;
        for _ in 0..MAX_LOOKS {
            last = self.preview(number).await;
            if let Some(preview) = last.clone().filter(|preview| preview["state"] == state) {
                return preview;
            }
            if let Some(id) = last.as_ref().and_then(|preview| preview["deployment_id"].as_str()) {
                self.alice.get(&format!("/api/v1/deployments/{id}")).await;
            }
            self.service("frontend").await;
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
        panic!("preview {number} is never {state}: {last:#?}\n{}", self.console());
    }

    /// Waits until a commit of a pull request runs. Returns the preview and its build.
    async fn running_preview(&self, number: u32, sha: &str) -> (Value, Value) {
        let build = self.ended_builds_of(sha, 1).await.remove(0);
        assert_eq!(build["status"], "success", "{build}");
        self.wait_for_image(PREVIEWS, &name(number), &build).await;
        let preview = self.wait_for_preview(number, "running").await;
        assert_eq!(preview["build_id"], build["build_id"], "{preview:#}");
        (preview, build)
    }

    /// Opens a pull request and waits until its preview runs. Returns its number.
    async fn open_and_wait(&self, branch: &str) -> u32 {
        let number = self.open_pull_request(pull_request(branch));
        let sha = self.head_of(number);
        self.running_preview(number, &sha).await;
        number
    }

    /// Waits until a preview has ended for this reason, and nothing of it is in the cluster.
    async fn wait_for_end_of(&self, number: u32, problem: &str) -> Value {
        let preview = self.wait_for_preview(number, "ended").await;
        assert_eq!(preview["problem"], problem, "{preview:#}");
        for _ in 0..MAX_LOOKS {
            if self.platform.cluster.object("deployments", PREVIEWS, &name(number)).is_none() {
                return self.preview(number).await.unwrap();
            }
            self.service("frontend").await;
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
        panic!("preview {number} is still in the cluster\n{}", self.console());
    }

    async fn approve(&self, user: &User, number: u32, sha: &str) -> Response {
        let path = format!("{}/{number}/approve", self.previews_path());
        user.post(&path, &json!({ "commit_sha": sha })).await
    }

    /// Asserts that a pull request's commit is not built, also not by a read.
    async fn assert_is_not_built(&self, number: u32, sha: &str, state: &str, problem: Value) {
        self.platform.wait_until_events_are_processed().await;
        self.service("frontend").await;
        let preview = self.preview(number).await.expect("it was seen");
        let found = (&preview["state"], &preview["problem"]);
        assert_eq!(found, (&json!(state), &problem), "{preview:#}");
        assert!(self.builds_of(sha).await.is_empty());
    }
}
