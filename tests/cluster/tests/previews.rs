//! The preview of a pull request: its pods, its host, its secrets and its network, until the pull request is closed.

use nokube_dev_cluster::images::Registry;
use nokube_sim::{Commit, HoldPoint, PullRequest};
use nokube_tests::Response;
use nokube_tests_cluster::{
    Story, Turn, app_image, as_app_without_events, cluster, first_word, gateway_config, text,
};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const TIMEOUT: Duration = Duration::from_secs(120);
const POLL_INTERVAL: Duration = Duration::from_millis(300);

/// What the app says of a connection that it could open.
const CONNECTED: &str = "connected";

/// A service that runs, whose pull requests get previews.
struct Shop {
    story: Story,
    repository: String,
    service: String,
    /// The namespace of the previews.
    previews: String,
}

impl Shop {
    async fn open() -> Self {
        let config = as_app_without_events(gateway_config(cluster().await).await);
        let story = Story::with("preview", config).await;
        let repository = format!("{}/shop", story.login);
        let service = format!("/api/v1/projects/{}/services/frontend", story.project);
        let previews = format!("{}-previews", story.namespace);
        let shop = Self { story, repository, service, previews };
        shop.story.platform.github.hold_runs(HoldPoint::InProgress);
        let commit = Commit::new("Open the shop", &["README.md"]);
        shop.story.platform.github.push(&shop.repository, "main", commit);
        shop.put(
            "",
            &json!({
                "repository_url": format!("https://github.com/{}", shop.repository),
                "build_on_push": true, "previews": "deploy", "preview_secrets": ["SHARED"],
                "preview_env_vars": { "MODE": "preview" },
            }),
        )
        .await;
        shop.put("/secrets", &json!({ "secrets": { "SHARED": "for previews", "OWN": "no" } }))
            .await;
        shop
    }

    async fn put(&self, path: &str, body: &Value) {
        let request = self.story.user.request(Method::PUT, &format!("{}{path}", self.service));
        let response = Response::send(request.json(body)).await;
        assert!([200, 201].contains(&response.status), "{}", response.text);
    }

    /// Reads of the service look at GitHub. Waits until `found` finds something after one.
    async fn wait_for<T>(&self, what: &str, found: impl AsyncFn(&Self) -> Option<T>) -> T {
        let started_at = Instant::now();
        loop {
            self.story.user.get(&self.service).await.expect(200);
            if let Some(found) = found(self).await {
                return found;
            }
            assert!(started_at.elapsed() < TIMEOUT, "{what}: {}", self.list().await);
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    async fn list(&self) -> Value {
        self.story.user.get(&format!("{}/previews", self.service)).await.expect(200)
    }

    async fn preview(&self, number: u32) -> Option<Value> {
        let list = self.list().await;
        let mut previews = list["previews"].as_array()?.clone().into_iter();
        previews.find(|preview| preview["pull_request"] == number)
    }

    /// The build of a pull request that GitHub's runner works on.
    async fn build(&self, number: u32) -> Value {
        let find = async |shop: &Self| {
            let preview = shop.preview(number).await?;
            let path = format!("/api/v1/builds/{}", preview["build_id"].as_str()?);
            let build = shop.story.user.get(&path).await.expect(200);
            (build["status"] == "building").then_some(build)
        };
        self.wait_for("a build of the pull request", find).await
    }

    /// The preview, when it runs.
    async fn running(&self, number: u32) -> Value {
        let find = async |shop: &Self| {
            let preview = shop.preview(number).await?;
            if let Some(id) = preview["deployment_id"].as_str() {
                shop.story.user.get(&format!("/api/v1/deployments/{id}")).await.expect(200);
            }
            (preview["state"] == "running").then_some(preview)
        };
        self.wait_for("a preview that runs", find).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pull_request_has_a_preview_that_reaches_nothing_of_production() {
    let _turn = Turn::beside_others().await;
    let shop = Shop::open().await;
    let story = &shop.story;
    let production = story.deploy(&story.request("frontend", "v1").await).await;
    let url = story.public_url(&production).await;
    let workload = format!("/apis/apps/v1/namespaces/{}/deployments/frontend", story.namespace);
    let before = story.admin.get(&workload).await.unwrap().ok().unwrap();

    let new = PullRequest::from_branch("feature").into("main").title("A feature");
    let new = new.with(Commit::new("A feature", &["web/cart.js"]));
    let number = story.platform.github.open_pull_request(&shop.repository, new);
    let build = shop.build(number).await;
    push_image(&build, "from-the-pull-request").await;
    story.platform.github.release_all();
    let path = format!("/api/v1/builds/{}", text(&build, "/build_id"));
    assert_eq!(story.user.wait_for_end(&path).await["status"], "success");
    let preview = shop.running(number).await;

    let host = text(&preview, "/url").to_owned();
    assert!(host.contains("---pr1"), "{host}");
    story.wait_for_version(&host, "from-the-pull-request").await;
    let response = story.response(Method::GET, &host, "").await.unwrap();
    assert_eq!(response.headers()["x-robots-tag"], "noindex, nofollow");
    let variables = story.browse_when_routed(&format!("{host}/variables")).await;
    let variables: Value = serde_json::from_str(&variables).unwrap();
    let number_text = number.to_string();
    for (name, value) in [
        ("PR_NUMBER", number_text.as_str()),
        ("PREVIEW_URL", host.as_str()),
        ("MODE", "preview"),
        ("SHARED", "for previews"),
    ] {
        assert_eq!(variables[name], value, "{name}");
    }
    assert_eq!(variables["OWN"], Value::Null);

    // Both are reached from outside, and neither from the other.
    let own = format!("frontend-service.{}.svc.cluster.local:8000", story.namespace);
    let of_preview =
        format!("pr-{number}-frontend-service.{}.svc.cluster.local:8000", shop.previews);
    wait_until_connected(story, &url, &own).await;
    wait_until_connected(story, &host, &of_preview).await;
    for (from, to) in [(&host, &own), (&url, &of_preview)] {
        wait_until_refused(story, from, to).await;
    }
    story.wait_for_version(&url, "v1").await;
    let after = story.admin.get(&workload).await.unwrap().ok().unwrap();
    assert_eq!(after["metadata"]["generation"], before["metadata"]["generation"]);

    story.platform.github.close_pull_request(&shop.repository, number);
    let namespace = format!("/api/v1/namespaces/{}", shop.previews);
    let is_gone = async |shop: &Shop| {
        let found = shop.story.admin.get(&namespace).await.unwrap();
        (found.status == 404).then_some(())
    };
    shop.wait_for("the end of the namespace", is_gone).await;
    story.wait_for_version(&url, "v1").await;
    shop.story.finish().await;
}

/// GitHub is simulated, so its runner pushes nothing: this does, with the tag of the pull request and that of the build.
async fn push_image(build: &Value, version: &str) {
    let cluster = cluster().await;
    let image = app_image(cluster, &[("VERSION", version)]).unwrap();
    let registry: Registry = cluster.registry();
    let name = text(build, "/image_full_name").trim_start_matches("ghcr.io/");
    let (repository, tag) = name.split_once(':').unwrap();
    let own_tag = format!("build-{}", text(build, "/build_id"));
    for tag in [tag, &own_tag] {
        registry.push(&image, repository, tag).await.unwrap();
    }
}

/// What the service at `url` says of its attempt to connect to an address.
async fn connect(story: &Story, url: &str, to: &str) -> String {
    let (status, body) = story.browse(&format!("{url}/connect?to={to}")).await.unwrap();
    assert_eq!(status, 200, "{body}");
    first_word(&body)
}

/// Policies apply to a new pod after a moment, and then go on.
async fn wait_until_refused(story: &Story, url: &str, to: &str) {
    let started_at = Instant::now();
    let mut in_a_row = 0;
    while in_a_row < 5 {
        assert!(started_at.elapsed() < TIMEOUT, "{url} reaches {to}");
        let is_refused = connect(story, url, to).await != CONNECTED;
        in_a_row = if is_refused { in_a_row + 1 } else { 0 };
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

/// Policies apply to a new pod after a moment.
async fn wait_until_connected(story: &Story, url: &str, to: &str) {
    let started_at = Instant::now();
    while connect(story, url, to).await != CONNECTED {
        assert!(started_at.elapsed() < TIMEOUT, "{url} to {to}");
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}
