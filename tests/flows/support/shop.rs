//! A shop whose services are built from a repository at the simulated GitHub.

use nokube_sim::{AppKey, Commit};
use nokube_tests::{Response, TestConfig, TestPlatform, User};
use reqwest::Method;
use rsa::{Generate, PrivateKey, pkcs1::EncodeRsaPrivateKey, pkcs8::LineEnding};
use serde_json::{Value, json};
use std::time::Duration;

/// The repository that the services are built from, and its default branch.
pub const SHOP: &str = "alice/shop";
pub const MAIN: &str = "main";

/// How often something is looked at that is expected soon, and the time between.
pub const MAX_LOOKS: u32 = 750;
pub const LOOK_INTERVAL: Duration = Duration::from_millis(20);

/// A platform that is a GitHub App: only an App gets the events of its users' repositories.
pub fn config() -> TestConfig {
    let pem = PrivateKey::generate().to_pkcs1_pem(LineEnding::LF).unwrap().to_string();
    TestPlatform::config()
        .variable("github_token", "")
        .variable("github_app_client_id", "Iv1.app")
        .variable("github_app_private_key", &pem.replace('\n', "\\n"))
        .github(|o| {
            o.token = None;
            o.app = Some(AppKey { client_id: "Iv1.app".into(), private_key_pem: pem });
        })
}

/// Alice's project, and her repository with a commit.
pub struct Shop {
    pub platform: TestPlatform,
    pub alice: User,
    pub project: u64,
}

impl Shop {
    pub async fn open() -> Self {
        Self::at(config()).await
    }

    pub async fn at(config: TestConfig) -> Self {
        let platform = config.start().await;
        let alice = platform.user("alice");
        let project = alice.create_project("myapp").await;
        let shop = Self { platform, alice, project };
        shop.push("Open the shop", &["README.md"]);
        shop
    }

    pub fn path(&self, service: &str) -> String {
        format!("/api/v1/projects/{}/services/{service}", self.project)
    }

    /// Has pushes build a service. `more` are further fields of it.
    pub async fn link(&self, service: &str, more: &Value) -> Value {
        let mut fields = json!({
            "repository_url": format!("https://github.com/{SHOP}"), "build_on_push": true,
        });
        for (name, value) in more.as_object().unwrap() {
            fields[name] = value.clone();
        }
        let request = self.alice.request(Method::PUT, &self.path(service)).json(&fields);
        let service = Response::send(request).await.expect(201);
        assert_eq!(service["automatic_builds"]["problem"], json!(null), "{service}");
        service
    }

    /// Pushes a commit that changes these files to the default branch. Returns its SHA.
    pub fn push(&self, message: &str, files: &[&str]) -> String {
        self.platform.github.push(SHOP, MAIN, Commit::new(message, files))
    }

    /// The project's builds, the newest first. The list asks GitHub nothing.
    pub async fn builds(&self) -> Vec<Value> {
        let path = format!("/api/v1/projects/{}/builds?limit=100", self.project);
        self.alice.get(&path).await.expect(200)["builds"].as_array().unwrap().clone()
    }

    /// The builds of a commit.
    pub async fn builds_of(&self, sha: &str) -> Vec<Value> {
        let mut builds = self.builds().await;
        builds.retain(|build| build["commit_sha"] == sha);
        builds
    }

    /// Waits until a commit has this many builds, and returns them when they have ended.
    pub async fn ended_builds_of(&self, sha: &str, count: usize) -> Vec<Value> {
        for _ in 0..MAX_LOOKS {
            let builds = self.builds_of(sha).await;
            if builds.len() >= count {
                assert_eq!(builds.len(), count, "{builds:#?}");
                let mut ended = Vec::new();
                for build in builds {
                    let id = build["build_id"].as_str().unwrap();
                    ended.push(self.alice.wait_for_end(&format!("/api/v1/builds/{id}")).await);
                }
                return ended;
            }
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
        panic!("{sha} has no {count} builds: {:#?}\n{}", self.builds().await, self.console());
    }

    /// Waits for the end of the only build of a commit that GitHub got. One that was ended before its dispatch is none, and
    /// another one is in its place.
    pub async fn dispatched_build_of(&self, sha: &str) -> Value {
        for _ in 0..MAX_LOOKS {
            self.alice.get(&self.path("frontend")).await.expect(200);
            let builds = self.builds_of(sha).await.into_iter();
            let ids = builds.map(|build| build["build_id"].as_str().unwrap().to_owned());
            let is_dispatched = |id: &String| self.platform.github.run_for_build(id).is_some();
            let dispatched: Vec<_> = ids.filter(is_dispatched).collect();
            assert!(dispatched.len() <= 1, "{dispatched:?}\n{}", self.console());
            if let Some(id) = dispatched.first() {
                return self.alice.wait_for_end(&format!("/api/v1/builds/{id}")).await;
            }
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
        panic!("{sha} was not dispatched: {:#?}\n{}", self.builds().await, self.console());
    }

    /// The pushes of a service, the newest first. This also looks for lost events.
    pub async fn pushes(&self, service: &str) -> Vec<Value> {
        let path = format!("{}/pushes", self.path(service));
        self.alice.get(&path).await.expect(200)["pushes"].as_array().unwrap().clone()
    }

    /// What was decided about the pushes of a service, the newest first, after all events were processed: a read that
    /// comes before would find the push by itself.
    pub async fn decisions(&self, service: &str) -> Vec<String> {
        self.platform.wait_until_events_are_processed().await;
        let pushes = self.pushes(service).await;
        pushes.iter().map(|push| push["decision"].as_str().unwrap().to_owned()).collect()
    }

    /// The states that GitHub got for a commit, for one of the services, in order.
    pub fn states(&self, sha: &str, service: &str) -> Vec<String> {
        let context = format!("nokube/myapp/{service}");
        let statuses = self.platform.github.statuses(SHOP).into_iter();
        let of_service = statuses.filter(|status| status.sha == sha && status.context == context);
        of_service.map(|status| status.state.to_string()).collect()
    }

    /// Waits until this is the last state that GitHub got for a commit. A state that was not sent at once, because of the
    /// limits or of other requests, is sent after a later read.
    pub async fn wait_for_state(&self, sha: &str, service: &str, state: &str) {
        for _ in 0..MAX_LOOKS {
            if self.states(sha, service).last().is_some_and(|last| last == state) {
                return;
            }
            self.alice.get(&self.path(service)).await.expect(200);
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
        let states = self.states(sha, service);
        panic!("{service} of {sha} is never {state}: {states:?}\n{}", self.console());
    }

    pub fn console(&self) -> String {
        self.platform.host().console()
    }

    pub async fn close(self) {
        self.platform.github.wait_until_idle().await.ok();
        self.platform.finish().await;
    }
}
