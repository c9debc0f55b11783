//! The upgrade: the present components on a store that another release has written.

use super::{
    records::records,
    story::{self, RENEWAL, build_body, deploy, deployment_body, start_build, wait},
};
use crate::support::browser::Browser;
use jiff::Timestamp;
use nokube_tests::{TestPlatform, WEBHOOK_SECRET};
use serde_json::{Value, json};
use std::{collections::BTreeMap, iter::repeat, path::Path};

/// Fields of deployments that come from the cluster. The cluster of the continuation is a new one.
const FROM_CLUSTER: [&str; 8] = [
    "status",
    "issues",
    "reachable",
    "replicas_ready",
    "replicas_total",
    "image_digest",
    "error_code",
    "error_message",
];

pub struct Continuation {
    platform: TestPlatform,
    recorded: Value,
    alice: Browser,
    bob: Browser,
    root: Browser,
}

impl Continuation {
    /// Starts the platform on a copy of the store. Its clock continues where the story ended, so that nothing has
    /// expired: whenever this runs, the upgrade was a moment ago.
    pub async fn of(store: &Path) -> Self {
        let recorded = std::fs::read(store.with_extension("json")).unwrap();
        let recorded: Value = serde_json::from_slice(&recorded).unwrap();
        let ended_at = recorded["at"].as_i64().unwrap();
        let platform = story::config()
            .variable("auth_oidc_keys_url", recorded["keys_url"].as_str().unwrap())
            .on_store(store, ended_at - Timestamp::now().as_second())
            .start()
            .await;
        let alice = renewed(&platform, &recorded, "alice").await.expect("alice is signed in");
        let bob = Browser::signed_in(&platform, "bob").await;
        let root = Browser::signed_in(&platform, "root").await;
        Self { platform, recorded, alice, bob, root }
    }

    /// Returns the records of the store at the end.
    pub async fn check_and_continue(mut self) -> BTreeMap<String, Value> {
        self.everything_is_read_as_it_was().await;
        self.people_keep_their_names_tokens_and_blocks().await;
        self.builds_continue().await;
        self.services_are_listed().await;
        self.deployments_continue().await;
        self.projects_continue().await;
        self.audit_logs_continue().await;
        let records = records(&self.platform.storage_file());
        self.platform.finish().await;
        records
    }

    async fn everything_is_read_as_it_was(&mut self) {
        self.platform.operator().get("/ready").await.expect(200);
        for (request, expected) in self.recorded["answers"].as_object().unwrap() {
            let (login, path) = request.split_once(' ').unwrap();
            let browser = match login {
                "alice" => &mut self.alice,
                "bob" => &mut self.bob,
                _ => &mut self.root,
            };
            let answer = without_new_fields(browser.get(path).await.expect(200), expected);
            assert_eq!(comparable(answer), comparable(expected.clone()), "{request}");
        }
    }

    async fn people_keep_their_names_tokens_and_blocks(&mut self) {
        let platform = &self.platform;
        assert!(renewed(platform, &self.recorded, "carol").await.is_none(), "she signed out");
        assert_eq!(Browser::signed_in(platform, "carol").await.username().await, "carol");

        Browser::new(platform).sign_in("dave").await.expect_problem(403);
        assert_eq!(self.root.delete("/api/v1/auth/people/dave/block").await.status, 204);
        assert_eq!(Browser::signed_in(platform, "dave").await.username().await, "dave");

        // The issuer does not run any more: its keys are in the store.
        let at = self.recorded["at"].as_i64().unwrap();
        story::exchange(platform, "erin", at).await.expect(200);

        let token = &self.recorded["tokens"];
        let machine = platform.user_with_token(token["token"].as_str().unwrap());
        machine.get("/api/v1/builds").await.expect(200);
        let path = format!("/api/v1/auth/tokens/{}", token["number"]);
        assert_eq!(self.alice.delete(&path).await.status, 204);
        machine.get("/api/v1/builds").await.expect_problem(401);
        let newest =
            self.alice.get("/api/v1/auth/tokens").await.expect(200)["tokens"][0]["id"].clone();
        let (number, _) = self.alice.create_token(&["read"]).await;
        assert_eq!(json!(number - 1), newest, "numbers go on");
    }

    async fn builds_continue(&mut self) {
        let Self { platform, recorded, alice, .. } = self;
        let builds = &recorded["builds"];
        let path = |name: &str| builds[name].as_str().unwrap().to_owned();

        // GitHub's last events of the build that was pending when the release changed.
        let pending = path("pending");
        let tag = format!("build-{}", pending.rsplit('/').next().unwrap());
        let digest = platform.github.push_image("platform/alice-shop-pending", &tag);
        for event in recorded["events"].as_array().unwrap() {
            let response =
                platform.send_webhook(event[0].as_str().unwrap(), &event[1], WEBHOOK_SECRET).await;
            response.expect(200);
        }
        let ended = alice.get(&pending).await.expect(200);
        assert_eq!((&ended["status"], &ended["image_digest"]), (&json!("success"), &json!(digest)));

        // The same request with the same key is not carried out again.
        let repeated = builds["body_of_successful"].as_str().unwrap();
        assert_eq!(start_build(alice, repeated, Some("once")).await, path("successful"));
        assert_eq!(platform.github.dispatch_count(), 0);

        alice.post(&format!("{}/retry", path("refused")), &json!({})).await.expect(202);
        assert_eq!(wait(alice, &path("refused"), "success").await["attempt"], 2);

        let list = format!("/api/v1/projects/{}/builds", recorded["project"]["id"]);
        let total = alice.get(&list).await.expect(200)["total"].as_u64().unwrap();
        let body = build_body(&recorded["project"], "web").to_string();
        let new = start_build(alice, &body, None).await;
        wait(alice, &new, "success").await;
        let listed = alice.get(&list).await.expect(200);
        assert_eq!(listed["total"], total + 1);
        let newest =
            format!("/api/v1/builds/{}", listed["builds"][0]["build_id"].as_str().unwrap());
        assert_eq!(newest, new, "no build was overwritten");
    }

    async fn deployments_continue(&mut self) {
        let Self { platform, recorded, alice, bob, .. } = self;
        let project = &recorded["project"];
        let path = |name: &str| recorded["deployments"][name].as_str().unwrap().to_owned();

        let web = path("web");
        let revisions = alice.get(&format!("{web}/revisions")).await.expect(200);
        let last = alice.get(&web).await.expect(200)["revision"].as_u64().unwrap();
        assert_eq!(revisions["revisions"][0]["current"], true);
        let body = deployment_body(project, "web", "docker.io/library/nginx:green");
        assert_eq!(deploy(alice, &body).await, web, "the same deployment");
        assert_eq!(wait(alice, &web, "running").await["revision"], last + 1);
        let first = json!({ "revision": 1 });
        alice.post(&format!("{web}/rollback"), &first).await.expect(202);
        let rolled_back = wait(alice, &web, "running").await;
        assert_eq!(
            (&rolled_back["revision"], &rolled_back["release"]),
            (&json!(last + 2), &json!(1))
        );
        assert_eq!(
            rolled_back["build_id"],
            recorded["builds"]["successful"].as_str().unwrap()[15..]
        );

        let stopped = path("stopped");
        alice.get(&stopped).await.expect(200);
        alice.post(&format!("{stopped}/start"), &json!({})).await.expect(202);
        wait(alice, &stopped, "running").await;
        alice.get(&path("deleted")).await.expect_problem(404);

        // Only a new installation begins with a list of registries.
        let is_new = records(&platform.storage_file()).contains_key("installation");
        let body = deployment_body(project, "web", "registry.example.org/team/app:1");
        let preview = alice.post("/api/v1/deploy?dry_run=true", &body).await;
        preview.expect(if is_new { 422 } else { 200 });

        // The domain belongs to alice's project for good, and a deleted service keeps its id.
        let projects = bob.get("/api/v1/projects").await.expect(200);
        let theirs =
            projects["projects"].as_array().unwrap().iter().find(|p| p["name"] == "theirs");
        let mut body = deployment_body(theirs.unwrap(), "web", "nginx");
        body["custom_domain"] = json!("shop.example.com");
        let refused = bob.post("/api/v1/deploy", &body).await.field_errors();
        assert!(refused["custom_domain"].contains("another project"), "{refused:?}");
        let again = deploy(alice, &deployment_body(project, "deleted", "nginx")).await;
        assert_eq!(again, path("deleted"));
        assert_eq!(wait(alice, &again, "running").await["revision"], 3);
    }

    async fn projects_continue(&mut self) {
        let Self { platform, recorded, alice, .. } = self;
        let project = format!("/api/v1/projects/{}", recorded["project"]["id"]);
        let mut carol = Browser::signed_in(platform, "carol").await;
        alice.add_member(&recorded["project"]["id"], &mut carol, "viewer").await;
        assert_eq!(carol.get(&project).await.expect(200)["role"], "viewer");

        // A release with invitations leaves one.
        let members = &recorded["answers"][format!("alice {project}/members")];
        let open = members["invitations"].as_array().map_or(0, Vec::len);
        let mut dave = Browser::signed_in(platform, "dave").await;
        let invited = dave.get("/api/v1/invitations").await.expect(200)["invitations"].clone();
        assert_eq!(invited.as_array().unwrap().len(), open);
        for invitation in invited.as_array().unwrap() {
            let accepted = dave.accept_invitation(&invitation["project_id"]).await.expect(200);
            assert_eq!(accepted["role"], "developer");
        }

        // Three projects were created; the third was deleted, and its name brings its number back.
        let names = [("shop", 409), ("deleted", 201), ("new", 201)];
        for (name, status) in names {
            let response = alice.post("/api/v1/projects", &json!({ "name": name })).await;
            response.expect(status);
        }
        let projects = alice.get("/api/v1/projects").await.expect(200);
        let projects = projects["projects"].as_array().unwrap().iter();
        let numbers: Vec<_> = projects.map(|p| (&p["name"], &p["id"])).collect();
        for expected in [(&json!("new"), &json!(4)), (&json!("deleted"), &json!(3))] {
            assert!(numbers.contains(&expected), "{numbers:?}");
        }
        assert_eq!(alice.delete("/api/v1/projects/3").await.status, 204);
    }

    /// Those of the store's release had no list, and may have been built or deployed only.
    async fn services_are_listed(&mut self) {
        let path = format!("/api/v1/projects/{}/services", self.recorded["project"]["id"]);
        let list = self.alice.get(&path).await.expect(200);
        let rows: BTreeMap<_, _> = list["services"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| (row["name"].as_str().unwrap(), row))
            .collect();
        for service in ["web", "will-fail", "retried", "cancelled", "refused", "pending", "store"] {
            assert!(rows.contains_key(service), "{service}: {list}");
        }
        assert_eq!(rows["will-fail"]["last_build"]["status"], "failed");
        assert!(rows["store"]["deployment_id"].is_string());
    }

    /// The entries of the continuation are in front of those of the story.
    async fn audit_logs_continue(&mut self) {
        let path = format!("/api/v1/projects/{}/audit", self.recorded["project"]["id"]);
        let recorded = &self.recorded["answers"][format!("alice {path}")];
        let log = self.alice.get(&format!("{path}?limit=100")).await.expect(200);
        let (now, before) =
            (log["events"].as_array().unwrap(), recorded["events"].as_array().unwrap());
        assert!(now.len() > before.len());
        assert_eq!(now[now.len() - before.len()..], before[..]);
    }
}

/// A browser whose session is renewed with the cookie of the story, unless it is not valid any more.
async fn renewed(platform: &TestPlatform, recorded: &Value, login: &str) -> Option<Browser> {
    let mut browser = Browser::new(platform);
    let cookie = recorded["renewals"][login].as_str().unwrap();
    browser.cookies.insert(RENEWAL.into(), cookie.into());
    match browser.post("/api/v1/auth/session", &json!({})).await.status {
        200 => Some(browser),
        status => {
            assert_eq!(status, 401);
            None
        }
    }
}

/// An answer without what differs for a reason: times of the session, the state of the cluster.
/// Removes the fields of an answer that the recorded one, of an older release, does not have.
fn without_new_fields(answer: Value, recorded: &Value) -> Value {
    match (answer, recorded) {
        (Value::Object(answer), Value::Object(recorded)) => {
            let known = answer.into_iter().filter_map(|(name, value)| {
                let value = without_new_fields(value, recorded.get(&name)?);
                Some((name, value))
            });
            known.collect()
        }
        (Value::Array(answer), Value::Array(recorded)) => {
            let recorded = recorded.iter().chain(repeat(&Value::Null));
            answer
                .into_iter()
                .zip(recorded)
                .map(|(value, old)| without_new_fields(value, old))
                .collect()
        }
        (answer, _) => answer,
    }
}

fn comparable(mut answer: Value) -> Value {
    if let Some(answer) = answer.as_object_mut().filter(|answer| answer.contains_key("via")) {
        answer.remove("expires_at");
        // Sessions have all scopes, also those that are newer than the recorded answer.
        answer.remove("scopes");
    }
    for deployment in answer["deployments"].as_array_mut().into_iter().flatten() {
        for field in FROM_CLUSTER.into_iter().chain(["observed_at", "updated_at"]) {
            deployment.as_object_mut().unwrap().remove(field);
        }
    }
    for revision in answer["revisions"].as_array_mut().into_iter().flatten() {
        let configuration = revision["configuration"].as_object_mut().unwrap();
        // Values without effect, which older releases showed as they were requested.
        if configuration["enable_autoscaling"] == true {
            configuration.remove("replicas");
        }
        if configuration["exposure_type"] == "none" {
            configuration.remove("service_port");
        }
    }
    answer
}
