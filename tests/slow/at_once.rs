//! Bursts at hosts that share a Redis server: limits hold exactly, and everybody is answered.

use crate::host_process::HostProcess;
use futures::future::join_all;
use nokube_sim::{HoldPoint, SimulatedGitHub};
use nokube_tests::{PLATFORM_URL, TestPlatform, User, redis::Redis};
use reqwest::{Client, Response, redirect::Policy};
use serde_json::json;
use std::{collections::BTreeMap, time::Duration};
use tempfile::TempDir;

#[tokio::test(flavor = "multi_thread")]
async fn of_forty_builds_at_once_at_two_hosts_a_limit_of_ten_admits_ten() {
    let config = TestPlatform::config().variable("max_running_builds_per_person", "10");
    let platform = config.on_redis().without_webhooks().start().await;
    let second = platform.start_second_host().await;
    platform.github.hold_runs(HoldPoint::Queued);
    let alice = platform.user("alice");
    let users = [alice.clone(), User::at(&second.url(), "alice")];
    let projects = [alice.create_project("myapp").await, alice.create_project("shop").await];
    let body = alice.build_request(projects[0], "frontend").await;
    for round in 1..=3 {
        let requests = (0..40_usize).map(|n| {
            let (user, mut body) = (users[n % 2].clone(), body.clone());
            body["project_id"] = json!(projects[n / 2 % 2]);
            body["image_name"] = json!(["myapp", "shop"][n / 2 % 2]);
            async move { user.post("/api/v1/builds", &body).await }
        });
        let responses = join_all(requests).await;
        let created: Vec<_> = responses.iter().filter(|response| response.status == 202).collect();
        let refused = responses.iter().filter(|response| response.status == 429).count();
        assert_eq!((created.len(), refused), (10, 30), "round {round}");
        assert_eq!(platform.github.dispatch_count(), 10 * round);
        // The builds end: their places are free again.
        platform.github.release_all();
        platform.github.wait_until_idle().await.unwrap();
        for response in created {
            let path = response.headers["location"].to_str().unwrap();
            alice.wait_for_end(path).await;
        }
        platform.github.hold_runs(HoldPoint::Queued);
    }
    platform.github.release_all();
    second.stop().await.unwrap();
    platform.finish().await;
}

const BROWSERS: usize = 720;
const ROUNDS: usize = 4;

/// A browser that has started a sign-in and authorized it at GitHub: its cookie, and the path of the callback.
async fn start_sign_in(client: Client, platform: String) -> (String, String) {
    let login = client.get(format!("{platform}/api/v1/auth/login?login=alice")).send();
    let login = login.await.unwrap();
    let header = |response: &Response, name| response.headers()[name].to_str().unwrap().to_owned();
    let cookie = header(&login, "set-cookie").split(';').next().unwrap().to_owned();
    let authorized = client.get(header(&login, "location")).send().await.unwrap();
    let callback = header(&authorized, "location");
    (cookie, callback.strip_prefix(PLATFORM_URL).unwrap().to_owned())
}

/// Each is a request to GitHub for a token and one for the account, and about ten calls of the store.
#[tokio::test(flavor = "multi_thread")]
async fn of_720_callbacks_at_once_all_are_answered_and_the_next_sign_in_succeeds() {
    let folder = TempDir::new().unwrap();
    let redis = Redis::start(folder.path()).await;
    let config = TestPlatform::config();
    let github = SimulatedGitHub::start(config.github.clone()).await.unwrap();
    let mut variables = config.variables.clone();
    variables.extend(redis.settings());
    for name in ["github_api_url", "registry_api_url", "github_sign_in_url"] {
        variables.insert(name.into(), github.url());
    }
    let mut host = HostProcess::with_spin(variables).in_memory();
    host.args.push("--disable-pooling".into()); // As in ops/nokube.service.
    let url = host.start().await;
    let client = Client::builder().redirect(Policy::none()).build().unwrap();
    for round in 0..ROUNDS {
        let mut browsers = Vec::new();
        for _ in 0..BROWSERS / 40 {
            let start = (0..40).map(|_| start_sign_in(client.clone(), url.clone()));
            browsers.extend(join_all(start).await);
        }
        let callbacks = browsers.into_iter().map(|(cookie, path)| {
            let request = client.get(format!("{url}{path}")).header("cookie", cookie);
            async move { request.timeout(Duration::from_secs(60)).send().await }
        });
        let mut statuses: BTreeMap<u16, usize> = BTreeMap::new();
        for response in join_all(callbacks).await {
            let response = response.expect("everybody is answered within a minute");
            let status = response.status().as_u16();
            let may_retry = response.headers().contains_key("retry-after");
            assert!(status == 302 || may_retry, "status {status}");
            *statuses.entry(status).or_default() += 1;
        }
        println!("round {round}: {statuses:?}");
        // 409: the first sign-ins of a person wait for their username.
        assert!(statuses.keys().all(|status| matches!(status, 302 | 409 | 503)), "{statuses:?}");
        let (cookie, path) = start_sign_in(client.clone(), url.clone()).await;
        let request = client.get(format!("{url}{path}")).header("cookie", cookie);
        let next = request.timeout(Duration::from_secs(20)).send().await.unwrap();
        assert_eq!(next.status(), 302, "the next sign-in");
    }
    host.finish_with_expected_errors(&["store: "]).await;
}
