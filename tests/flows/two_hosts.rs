//! Two hosts at once on one Redis: whatever one does, the other knows, and nothing is done twice.

use futures::future::{join, join_all};
use http::Method;
use local_host::Running;
use nokube_tests::{Answer, User, WEBHOOK_SECRET, World};
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Duration};

struct Two {
    world: World,
    other: Running,
}

impl Two {
    async fn start(plan: nokube_tests::Plan) -> Self {
        let world = plan.on_redis().start().await;
        let other = world.another_host().await;
        Self { world, other }
    }

    /// Somebody at the first host, and the same at the other.
    fn user(&self, login: &str) -> [User; 2] {
        [self.world.user(login), User::of(&self.other.url(), login)]
    }

    /// GitHub's webhooks come to the other host from now on, or to the first one again.
    fn send_webhooks(&self, to_other: bool) {
        let host = if to_other { &self.other } else { self.world.host() };
        let url = format!("{}/api/v1/webhooks/github", host.url());
        self.world.sim.set_webhook(&url, WEBHOOK_SECRET);
    }

    async fn end(self) {
        let bad = |line: &&str| line.contains("error component=") || line.contains("panicked");
        let errors: Vec<String> =
            self.other.console().lines().filter(bad).map(str::to_owned).collect();
        assert!(errors.is_empty(), "{errors:#?}");
        self.other.stop().await.unwrap();
        self.world.end().await;
    }
}

/// What comes of asking again as long as somebody else is at it.
async fn in_the_end(ask: impl AsyncFn() -> Answer) -> Answer {
    for _ in 0..200 {
        let answer = ask().await;
        if answer.status != 409 || !answer.headers.contains_key("retry-after") {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("somebody is at it for ever");
}

#[tokio::test]
async fn a_key_that_comes_to_both_makes_one_build() {
    let two = Two::start(World::plan()).await;
    let [alice, there] = two.user("alice");
    let project = alice.project("myapp").await;
    let wanted = alice.wanted(project, "frontend").await;
    let mut paths = BTreeSet::new();
    for number in 0..10 {
        let key = format!("key-{number}");
        let ask = async |alice: &User| {
            let ask = async || alice.post_with_key("/api/v1/builds", &wanted, &key).await;
            in_the_end(ask).await.expect(202)["build_id"].clone()
        };
        let (here, there) = join(ask(&alice), ask(&there)).await;
        assert_eq!(here, there);
        paths.insert(format!("/api/v1/builds/{}", here.as_str().unwrap()));
    }
    assert_eq!((paths.len(), two.world.sim.dispatches()), (10, 10));
    for path in &paths {
        let (here, there) = join(alice.until_ended(path), there.until_ended(path)).await;
        assert_eq!((&here["status"], &there["status"]), (&json!("success"), &json!("success")));
    }
    two.end().await;
}

#[tokio::test]
async fn builds_that_are_asked_for_at_both_get_different_numbers_and_all_end() {
    let two = Two::start(World::plan()).await;
    let [alice, there] = two.user("alice");
    let project = alice.project("myapp").await;
    let asked = (0..20).map(|n| if n % 2 == 0 { &alice } else { &there });
    let paths = join_all(asked.map(|alice| alice.build(project))).await;
    assert_eq!(paths.iter().collect::<BTreeSet<_>>().len(), 20);
    // Both look at all of them at once, while webhooks come now to one and now to the other.
    let looks = paths.iter().flat_map(|path| [alice.until_ended(path), there.until_ended(path)]);
    let turns = async {
        for to_other in [true, false].into_iter().cycle() {
            two.send_webhooks(to_other);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let ended = tokio::select! { ended = join_all(looks) => ended, () = turns => unreachable!() };
    for build in ended {
        assert_eq!(build["status"], "success", "{build}");
        assert!(build["image_digest"].is_string(), "{build}");
    }
    assert_eq!(two.world.sim.dispatches(), 20);
    let list = format!("/api/v1/projects/{project}/builds");
    for alice in [&alice, &there] {
        assert_eq!(alice.get(&list).await.expect(200)["total"], 20);
    }
    two.end().await;
}

#[tokio::test]
async fn a_webhook_that_comes_to_one_is_known_to_the_other() {
    // Neither may ask GitHub, so what the other tells it has from the webhooks.
    let two = Two::start(World::plan().set("build_quiet_seconds", "3600")).await;
    let [alice, there] = two.user("alice");
    let path = two.world.running_build(&alice).await;
    assert_eq!(there.get(&path).await.expect(200)["status"], "building");
    two.send_webhooks(true);
    two.world.sim.release_all();
    assert_eq!(alice.until_ended(&path).await["status"], "success");
    two.end().await;
}

#[tokio::test]
async fn changes_of_members_at_both_are_all_kept() {
    let two = Two::start(World::plan()).await;
    let [alice, there] = two.user("alice");
    let project = alice.project("myapp").await;
    let people: Vec<String> = (0..8).map(|n| format!("person-{n}")).collect();
    for person in &people {
        two.world.user(person).get("/api/v1/auth/me").await.expect(200);
    }
    let put = async |alice: &User, person: &str| {
        let path = format!("/api/v1/projects/{project}/members/{person}");
        let role = json!({ "role": "viewer" });
        let ask = async || Answer::of(alice.request(Method::PUT, &path).json(&role)).await;
        in_the_end(ask).await.expect(200);
    };
    for pair in people.chunks(2) {
        join(put(&alice, &pair[0]), put(&there, &pair[1])).await;
    }
    let remove = async |alice: &User, person: &str| {
        let path = format!("/api/v1/projects/{project}/members/{person}");
        in_the_end(async || alice.delete(&path).await).await.expect(204);
    };
    join(remove(&alice, &people[0]), remove(&there, &people[7])).await;

    let mut expected: Vec<_> = people[1..7].to_vec();
    expected.push("alice".into());
    for alice in [&alice, &there] {
        let list = alice.get(&format!("/api/v1/projects/{project}/members")).await.expect(200);
        let told = list["members"].as_array().unwrap().iter();
        let told: BTreeSet<_> = told.map(|m| m["username"].as_str().unwrap().to_owned()).collect();
        assert_eq!(told, expected.iter().cloned().collect());
    }
    for (person, status) in people.iter().zip([404, 200, 200, 200, 200, 200, 200, 404]) {
        let [_, there] = two.user(person);
        there.get(&format!("/api/v1/projects/{project}")).await.expect(status);
    }
    two.end().await;
}

#[tokio::test]
async fn deployments_that_are_asked_for_at_both_do_not_meet() {
    let two = Two::start(World::plan()).await;
    let [alice, there] = two.user("alice");
    let project = alice.project("myapp").await;
    let services: Vec<String> = (0..6).map(|n| format!("web-{n}")).collect();
    let deploy = async |alice: &User, service: &str, colour: &str| {
        let mut wanted = alice.wanted_deployment(project, service, "nginx:1.29").await;
        wanted["env_vars"] = json!({ "COLOUR": colour });
        let ask = async || alice.post("/api/v1/deploy", &wanted).await;
        let answer = in_the_end(ask).await.expect(202);
        (text(&answer["deployment_id"]), answer["revision"].as_u64())
    };
    // Each service is asked for at both hosts at once.
    let asked = services.iter().map(|service| async {
        let (here, there) =
            join(deploy(&alice, service, "red"), deploy(&there, service, "blue")).await;
        assert_eq!(here.0, there.0, "a service is one deployment");
        assert_ne!(here.1, there.1, "each wish is a revision of its own");
        here.0
    });
    let ids: BTreeSet<String> = join_all(asked).await.into_iter().collect();
    assert_eq!(ids.len(), services.len());
    for id in &ids {
        let path = format!("/api/v1/deployments/{id}");
        let (here, there) =
            join(alice.until(&path, &["running"]), there.until(&path, &["running"])).await;
        assert_eq!((&here["revision"], &here["release"]), (&there["revision"], &there["release"]));
        assert_eq!(here["revision"], 2, "the newest one runs");
    }
    for alice in [&alice, &there] {
        let list = alice.get(&format!("/api/v1/projects/{project}/deployments")).await.expect(200);
        let told = list["deployments"].as_array().unwrap().iter();
        assert_eq!(told.map(|d| text(&d["deployment_id"])).collect::<BTreeSet<_>>(), ids);
    }
    two.end().await;
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
