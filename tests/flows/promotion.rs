//! The very release that runs in one project is deployed in another: from staging to production.

use crate::support::browser::Browser;
use base64::{Engine, engine::general_purpose::STANDARD};
use nokube_tests::{Response, TestPlatform, USER_SECRET_VALUE, User};
use reqwest::Method;
use serde_json::{Value, json};

/// Alice's projects `staging`, in which `web` runs, and `production`.
struct Stages {
    platform: TestPlatform,
    alice: User,
    staging: u64,
    production: u64,
    /// The path of the deployment in `staging`.
    source: String,
}

impl Stages {
    async fn open() -> Self {
        let platform = TestPlatform::start().await;
        let alice = platform.user("alice");
        let (staging, production) =
            (alice.create_project("staging").await, alice.create_project("production").await);
        let build = alice.wait_for_end(&alice.start_build_of(staging, "web").await).await;
        let image = build["image_full_name"].as_str().unwrap();
        let mut request = alice.deployment_request(staging, "web", image).await;
        request["env_vars"] = json!({ "COLOUR": "red" });
        request["secrets"] = json!({ "API_KEY": format!("{USER_SECRET_VALUE} of staging") });
        request["container_port"] = json!(8080);
        let source = alice.deploy(&request).await;
        alice.wait_for_status(&source, &["running"]).await;
        let stages = Self { platform, alice, staging, production, source };
        stages.save_secrets(&["API_KEY"]).await;
        stages
    }

    async fn save_secrets(&self, names: &[&str]) {
        let path = format!("/api/v1/projects/{}/services/web/secrets", self.production);
        let value = format!("{USER_SECRET_VALUE} of production");
        let values = names.iter().map(|name| (*name, value.clone()));
        let body = json!({ "secrets": values.collect::<std::collections::BTreeMap<_, _>>() });
        Response::send(self.alice.request(Method::PUT, &path).json(&body)).await.expect(200);
    }

    /// The id of the deployment in staging.
    fn source_id(&self) -> &str {
        self.source.rsplit('/').next().unwrap()
    }

    fn request(&self) -> Value {
        json!({ "project_id": self.production, "service_name": "web", "release_of": self.source_id() })
    }
}

#[tokio::test]
async fn staging_becomes_production_with_one_request() {
    let stages = Stages::open().await;
    let (alice, cluster) = (&stages.alice, &stages.platform.cluster);
    let plan = alice.post("/api/v1/deploy?dry_run=true", &stages.request()).await.expect(200);
    assert_eq!(plan["accepted"], true, "{plan:#}");
    assert!(cluster.objects("deployments", "nk-alice-production").is_empty());

    let path = alice.deploy(&stages.request()).await;
    let running = alice.wait_for_status(&path, &["running"]).await;
    let source = alice.get(&stages.source).await.expect(200);
    assert_eq!(running["image_digest"], source["image_digest"]);
    assert_eq!(running["access_url"], "http://web-production-alice.apps.example.org");
    let from =
        json!({ "project_id": stages.staging, "deployment_id": stages.source_id(), "revision": 1 });
    assert_eq!(running["promoted_from"], from);
    let revisions = alice.get(&format!("{path}/revisions")).await.expect(200);
    let configuration = &revisions["revisions"][0]["configuration"];
    assert_eq!(
        (&configuration["env_vars"]["COLOUR"], &configuration["container_port"]),
        (&json!("red"), &json!(8080))
    );
    // The secrets are those of production.
    let object = cluster.object("deployments", "nk-alice-production", "web").unwrap();
    let sources = object["spec"]["template"]["spec"]["containers"][0]["envFrom"].clone();
    let secret = sources.as_array().unwrap().iter().find_map(|it| it["secretRef"]["name"].as_str());
    let secret = cluster.object("secrets", "nk-alice-production", secret.unwrap()).unwrap();
    let value = STANDARD.decode(secret["data"]["API_KEY"].as_str().unwrap()).unwrap();
    assert!(String::from_utf8(value).unwrap().ends_with("of production"));

    // The next release of staging is promoted in the same way, and can be rolled back.
    let build = alice.wait_for_end(&alice.start_build_of(stages.staging, "web").await).await;
    let mut request = alice.deployment_request(stages.staging, "web", "").await;
    request["image_name"] = build["image_full_name"].clone();
    request["env_vars"] = json!({ "COLOUR": "blue" });
    request["secrets"] = json!({ "API_KEY": null });
    alice.deploy(&request).await;
    alice.wait_for_status(&stages.source, &["running"]).await;
    assert_eq!(alice.deploy(&stages.request()).await, path);
    let second = alice.wait_for_status(&path, &["running"]).await;
    assert_eq!(
        (&second["image_digest"], &second["promoted_from"]["revision"]),
        (&build["image_digest"], &json!(2))
    );
    alice.post(&format!("{path}/rollback"), &json!({})).await.expect(202);
    let back = alice.wait_for_status(&path, &["running"]).await;
    assert_eq!(
        (&back["image_digest"], &back["promoted_from"]["revision"]),
        (&source["image_digest"], &json!(1))
    );
    stages.platform.finish().await;
}

#[tokio::test]
async fn both_projects_must_be_the_callers() {
    let stages = Stages::open().await;
    let bob = stages.platform.user("bob");
    let bobs = bob.create_project("production").await;
    let request =
        json!({ "project_id": bobs, "service_name": "web", "release_of": stages.source_id() });
    let unknown = json!({ "project_id": bobs, "service_name": "web",
        "release_of": "00000000000000000000000000" });
    let problem = bob.post("/api/v1/deploy", &request).await.expect_problem(404);
    assert_eq!(problem, bob.post("/api/v1/deploy", &unknown).await.expect_problem(404));
    Browser::signed_in(&stages.platform, "bob").await;
    stages.alice.add_member(stages.staging, &bob, "bob", "viewer").await;
    assert_eq!(bob.post("/api/v1/deploy", &request).await.expect_problem(404), problem);
    let role = format!("/api/v1/projects/{}/members/bob", stages.staging);
    let developer = stages.alice.request(Method::PUT, &role).json(&json!({ "role": "developer" }));
    Response::send(developer).await.expect(200);
    // What bob's own service has no secret for, he must give.
    let errors = bob.post("/api/v1/deploy", &request).await.field_errors();
    assert!(errors.contains_key("secrets.API_KEY"), "{errors:?}");
    let mut with_secret = request.clone();
    with_secret["secrets"] = json!({ "API_KEY": format!("{USER_SECRET_VALUE} of bob") });
    bob.deploy(&with_secret).await;
    // And not in the other direction.
    bob.post("/api/v1/deploy", &stages.request()).await.expect_problem(404);
    stages.platform.finish().await;
}

#[tokio::test]
async fn only_a_release_that_runs_can_be_promoted() {
    let stages = Stages::open().await;
    let alice = &stages.alice;
    let mut both = stages.request();
    both["image_name"] = json!("nginx");
    assert!(alice.post("/api/v1/deploy", &both).await.field_errors().contains_key("image_name"));
    alice.delete(&stages.source).await.expect(204);
    alice.post("/api/v1/deploy", &stages.request()).await.expect_problem(404);
    stages.platform.finish().await;
}
