//! Two hosts that share one Redis: each sees the other's changes, and nothing is done twice.

use futures::future::{join, join_all};
use http::Method;
use local_host::Running;
use nokube_tests::{Response, TestPlatform, User, WEBHOOK_SECRET};
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Duration};

struct TwoHosts {
    platform: TestPlatform,
    second: Running,
}

impl TwoHosts {
    async fn start(config: nokube_tests::TestConfig) -> Self {
        let platform = config.on_redis().start().await;
        let second = platform.start_second_host().await;
        Self { platform, second }
    }

    /// The same user as a client of the first and of the second host.
    fn user(&self, login: &str) -> [User; 2] {
        [self.platform.user(login), User::at(&self.second.url(), login)]
    }

    /// Lets GitHub send its webhooks to one of the hosts.
    fn connect_webhooks(&self, to_second: bool) {
        let host = if to_second { &self.second } else { self.platform.host() };
        let url = format!("{}/api/v1/webhooks/github", host.url());
        self.platform.github.set_webhook(&url, WEBHOOK_SECRET);
    }

    async fn finish(self) {
        let is_error = |line: &&str| line.contains("error component=") || line.contains("panicked");
        let errors: Vec<String> =
            self.second.console().lines().filter(is_error).map(str::to_owned).collect();
        assert!(errors.is_empty(), "{errors:#?}");
        self.second.stop().await.unwrap();
        self.platform.finish().await;
    }
}

/// Repeats a request while it conflicts with a concurrent one. Returns the final response.
async fn retry_conflicts(send: impl AsyncFn() -> Response) -> Response {
    for _ in 0..200 {
        let response = send().await;
        if response.status != 409 || !response.headers.contains_key("retry-after") {
            return response;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the conflict does not end");
}

#[tokio::test]
async fn the_same_idempotency_key_at_both_hosts_creates_one_build() {
    let hosts = TwoHosts::start(TestPlatform::config()).await;
    let [first, second] = hosts.user("alice");
    let project = first.create_project("myapp").await;
    let body = first.build_request(project, "frontend").await;
    let mut paths = BTreeSet::new();
    for number in 0..10 {
        let key = format!("key-{number}");
        let create = async |user: &User| {
            let send = async || user.post_with_key("/api/v1/builds", &body, &key).await;
            retry_conflicts(send).await.expect(202)["build_id"].clone()
        };
        let (a, b) = join(create(&first), create(&second)).await;
        assert_eq!(a, b);
        paths.insert(format!("/api/v1/builds/{}", a.as_str().unwrap()));
    }
    assert_eq!((paths.len(), hosts.platform.github.dispatch_count()), (10, 10));
    for path in &paths {
        let (a, b) = join(first.wait_for_end(path), second.wait_for_end(path)).await;
        assert_eq!((&a["status"], &b["status"]), (&json!("success"), &json!("success")));
    }
    hosts.finish().await;
}

#[tokio::test]
async fn builds_requested_at_both_hosts_get_different_numbers_and_all_end() {
    let hosts = TwoHosts::start(TestPlatform::config()).await;
    let [first, second] = hosts.user("alice");
    let project = first.create_project("myapp").await;
    let users = (0..20).map(|n| if n % 2 == 0 { &first } else { &second });
    let paths = join_all(users.map(|user| user.start_build(project))).await;
    assert_eq!(paths.iter().collect::<BTreeSet<_>>().len(), 20);
    // Both hosts poll all builds, while webhooks go to them by turns.
    let polls = paths.iter().flat_map(|path| [first.wait_for_end(path), second.wait_for_end(path)]);
    let alternate_webhooks = async {
        for to_second in [true, false].into_iter().cycle() {
            hosts.connect_webhooks(to_second);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let ended = tokio::select! {
        ended = join_all(polls) => ended,
        () = alternate_webhooks => unreachable!(),
    };
    for build in ended {
        assert_eq!(build["status"], "success", "{build}");
        assert!(build["image_digest"].is_string(), "{build}");
    }
    assert_eq!(hosts.platform.github.dispatch_count(), 20);
    let list = format!("/api/v1/projects/{project}/builds");
    for user in [&first, &second] {
        assert_eq!(user.get(&list).await.expect(200)["total"], 20);
    }
    hosts.finish().await;
}

#[tokio::test]
async fn a_webhook_to_one_host_is_visible_at_the_other() {
    // Neither host polls GitHub, so each status comes from a webhook.
    let hosts =
        TwoHosts::start(TestPlatform::config().variable("build_quiet_seconds", "3600")).await;
    let [first, second] = hosts.user("alice");
    let path = hosts.platform.running_build(&first).await;
    assert_eq!(second.get(&path).await.expect(200)["status"], "building");
    hosts.connect_webhooks(true);
    hosts.platform.github.release_all();
    assert_eq!(first.wait_for_end(&path).await["status"], "success");
    hosts.finish().await;
}

#[tokio::test]
async fn concurrent_changes_of_members_at_both_hosts_are_not_lost() {
    let hosts = TwoHosts::start(TestPlatform::config()).await;
    let [first, second] = hosts.user("alice");
    let project = first.create_project("myapp").await;
    let people: Vec<String> = (0..8).map(|n| format!("person-{n}")).collect();
    for person in &people {
        hosts.platform.user(person).get("/api/v1/auth/me").await.expect(200);
    }
    let put = async |user: &User, person: &str| {
        let path = format!("/api/v1/projects/{project}/members/{person}");
        let role = json!({ "role": "viewer" });
        let send = async || Response::send(user.request(Method::PUT, &path).json(&role)).await;
        retry_conflicts(send).await.expect(201);
    };
    let accept = async |person: &str| {
        let path = format!("/api/v1/invitations/{project}/accept");
        let [_, user] = hosts.user(person);
        retry_conflicts(async || user.post(&path, &json!({})).await).await.expect(200);
    };
    for pair in people.chunks(2) {
        join(put(&first, &pair[0]), put(&second, &pair[1])).await;
    }
    for pair in people.chunks(2) {
        join(accept(&pair[0]), accept(&pair[1])).await;
    }
    let remove = async |user: &User, person: &str| {
        let path = format!("/api/v1/projects/{project}/members/{person}");
        retry_conflicts(async || user.delete(&path).await).await.expect(204);
    };
    join(remove(&first, &people[0]), remove(&second, &people[7])).await;

    let mut expected: Vec<_> = people[1..7].to_vec();
    expected.push("alice".into());
    for user in [&first, &second] {
        let list = user.get(&format!("/api/v1/projects/{project}/members")).await.expect(200);
        let members = list["members"].as_array().unwrap().iter();
        let members: BTreeSet<_> =
            members.map(|m| m["username"].as_str().unwrap().to_owned()).collect();
        assert_eq!(members, expected.iter().cloned().collect());
    }
    for (person, status) in people.iter().zip([404, 200, 200, 200, 200, 200, 200, 404]) {
        let [_, second] = hosts.user(person);
        second.get(&format!("/api/v1/projects/{project}")).await.expect(status);
    }
    hosts.finish().await;
}

#[tokio::test]
async fn concurrent_deployments_at_both_hosts_are_consistent() {
    let hosts = TwoHosts::start(TestPlatform::config()).await;
    let [first, second] = hosts.user("alice");
    let project = first.create_project("myapp").await;
    let services: Vec<String> = (0..6).map(|n| format!("web-{n}")).collect();
    let deploy = async |user: &User, service: &str, colour: &str| {
        let mut body = user.deployment_request(project, service, "nginx:1.29").await;
        body["env_vars"] = json!({ "COLOUR": colour });
        let send = async || user.post("/api/v1/deploy", &body).await;
        let response = retry_conflicts(send).await.expect(202);
        (text(&response["deployment_id"]), response["revision"].as_u64())
    };
    // Each service is deployed at both hosts at the same time.
    let deployments = services.iter().map(|service| async {
        let (a, b) = join(deploy(&first, service, "red"), deploy(&second, service, "blue")).await;
        assert_eq!(a.0, b.0, "a service is one deployment");
        assert_ne!(a.1, b.1, "each request creates a revision");
        a.0
    });
    let ids: BTreeSet<String> = join_all(deployments).await.into_iter().collect();
    assert_eq!(ids.len(), services.len());
    for id in &ids {
        let path = format!("/api/v1/deployments/{id}");
        let (a, b) = join(
            first.wait_for_status(&path, &["running"]),
            second.wait_for_status(&path, &["running"]),
        )
        .await;
        assert_eq!((&a["revision"], &a["release"]), (&b["revision"], &b["release"]));
        assert_eq!(a["revision"], 2, "the newest one runs");
    }
    for user in [&first, &second] {
        let list = user.get(&format!("/api/v1/projects/{project}/deployments")).await.expect(200);
        let listed = list["deployments"].as_array().unwrap().iter();
        assert_eq!(listed.map(|d| text(&d["deployment_id"])).collect::<BTreeSet<_>>(), ids);
    }
    hosts.finish().await;
}

#[tokio::test]
async fn of_many_readers_at_both_hosts_one_reads_the_cluster() {
    let config = TestPlatform::config().with_default("deployment_quiet_seconds");
    let hosts = TwoHosts::start(config).await;
    let [first, second] = hosts.user("alice");
    let project = first.create_project("myapp").await;
    let body = first.deployment_request(project, "web", "nginx:1.29").await;
    let path = first.deploy(&body).await;
    first.wait_for_status(&path, &["running"]).await;
    tokio::time::sleep(Duration::from_millis(4_100)).await;
    hosts.platform.cluster.clear_requests();
    let begun_at = std::time::Instant::now();
    let reads = (0..100).map(|n| if n % 2 == 0 { first.get(&path) } else { second.get(&path) });
    for response in join_all(reads).await {
        assert_eq!(response.expect(200)["status"], "running");
    }
    // On a machine that needs more than two seconds for them, what was read becomes too old meanwhile.
    let max = 6 * (1 + begun_at.elapsed().as_secs() / 2);
    let requests = hosts.platform.cluster.requests().len() as u64;
    assert!((6..=max).contains(&requests), "{requests} requests");
    first.post(&format!("{path}/restart"), &json!({})).await.expect(202);
    assert_eq!(second.get(&path).await.expect(200)["revision"], 2);
    hosts.finish().await;
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
