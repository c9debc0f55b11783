//! What one reader has read from the cluster serves others for a moment: how many requests many readers cause, and that
//! everybody sees a change at once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

#[path = "support/story.rs"]
mod story;

use futures::future::{Either, join, join_all, select};
use nokube_test_host::{Response, StoreFault};
use serde_json::{Value, json};
use std::{pin::pin, time::Duration};
use story::{Story, path};

/// The Deployment, the ReplicaSets and the pods.
const READ: usize = 3;

fn story() -> Story {
    Story::new(&[("deployment_quiet_seconds", "2")], "none")
}

impl Story {
    /// Reads at once, each with its duration, and how many requests to the cluster they took.
    fn read_at_once(&self, paths: &[&str]) -> (Vec<(Response, Duration)>, usize) {
        let before = self.requests();
        let reads = paths.iter().map(|path| {
            let read = self.alice.start("GET", path, None);
            async move {
                let begun_at = nokube_edge::now();
                let response = read.await;
                (response, nokube_edge::now().duration_since(begun_at).unsigned_abs())
            }
        });
        let reads: Vec<_> = reads.collect();
        let responses = self.host.run(join_all(reads));
        (responses, self.requests() - before)
    }

    /// The views that this many readers get at once.
    fn views(&self, readers: usize) -> (Vec<Value>, usize) {
        let (responses, requests) = self.read_at_once(&vec![self.path.as_str(); readers]);
        (responses.iter().map(|(response, _)| response.expect(200)).collect(), requests)
    }

    /// The cluster has this number of ready pods, of one.
    fn has_ready_pods(&self, ready: u32) {
        let mut deployment = self.running_deployment();
        deployment["status"]["readyReplicas"] = ready.into();
        deployment["status"]["availableReplicas"] = ready.into();
        self.has("apps/v1", "deployments", &deployment);
    }

    /// A reader who leaves before the cluster has answered.
    fn read_and_leave(&self) {
        self.host.respond_after(Duration::from_secs(1));
        let (read, before) = (self.alice.start("GET", &self.path, None), self.requests());
        let leave = nokube_edge::sleep(Duration::from_millis(500));
        let ended = self
            .host
            .run(async move { matches!(select(pin!(read), pin!(leave)).await, Either::Left(_)) });
        assert!(!ended);
        assert_eq!(self.requests(), before + READ);
        self.host.respond_after(Duration::ZERO);
    }

    fn deploy(&self, service: &str) {
        let request = json!({
            "project_id": 1, "project_name": "myapp", "username": "alice", "service_name": service,
            "image_name": "docker.io/library/nginx:1.29", "exposure_type": "none",
        });
        self.alice.post("/api/v1/deploy", &request).expect(202);
    }

    fn list(&self) -> String {
        "/api/v1/projects/1/deployments".into()
    }

    fn is_away(&self) {
        self.answers("GET", "", 503, &json!({ "code": 503, "message": "etcd leader changed" }));
    }
}

#[test]
fn of_a_hundred_readers_at_once_one_reads_the_cluster() {
    let story = story();
    for round in 1..=12 {
        let (views, requests) = story.views(100);
        assert_eq!(requests, READ, "round {round}");
        assert!(views.iter().all(|view| view["status"] == "running" && *view == views[0]));
        story.host.wait(5);
    }
}

#[test]
fn what_was_read_serves_others_for_two_seconds_and_says_when_it_was_read() {
    let story = story();
    let (first, requests) = story.read();
    assert_eq!((requests, &first["observed_at"]), (READ, &json!("2026-03-02T09:00:00Z")));
    story.has_ready_pods(0);
    story.host.wait(1);
    let (second, requests) = story.read();
    assert_eq!((requests, second), (0, first));
    story.host.wait(1);
    let (third, requests) = story.read();
    assert_eq!((requests, &third["observed_at"]), (READ + 1, &json!("2026-03-02T09:00:02Z")));
    assert_eq!(third["status"], "deploying", "{third}");
}

#[test]
fn with_a_quiet_time_of_zero_every_reader_reads_the_cluster_and_nothing_is_cached() {
    let story = Story::new(&[], "none");
    assert_eq!(story.views(10).1, 10 * READ);
    assert!(!story.host.stored().keys().any(|key| key.contains("cache/")));
}

#[test]
fn a_rollout_is_read_again_after_one_second() {
    let story = story();
    story.has_ready_pods(0);
    assert_eq!(story.read().1, READ + 1, "with the events");
    assert_eq!(story.read().1, 0);
    story.host.wait(1);
    story.has_ready_pods(1);
    let (view, requests) = story.read();
    assert_eq!((&view["status"], requests), (&json!("running"), READ));
}

#[test]
fn right_after_each_change_everybody_sees_it() {
    let story = story();
    for (revision, change) in (2..).zip(["restart", "stop", "start", "apply"]) {
        story.views(20);
        story.alice.post(&format!("{}/{change}", story.path), &json!({})).expect(202);
        story.has_ready_pods(0);
        let (views, requests) = story.views(100);
        assert!(
            views.iter().all(|view| view["revision"] == revision && view["status"] == "deploying")
        );
        assert!((READ..=READ + 1).contains(&requests), "{change}: {requests}");
        let list = story.alice.get(&story.list()).expect(200);
        assert_eq!(list["deployments"][0]["revision"], revision, "{change}");
        assert_eq!(list["deployments"][0]["status"], "deploying", "{change}");
    }
    story.alice.get(&format!("{}/events", story.path)).expect(200);
    story.alice.delete(&story.path).expect(204);
    let stored = story.host.stored();
    let cached: Vec<_> = stored.iter().filter(|(key, _)| key.starts_with("cache/")).collect();
    assert_eq!(cached.len(), 3);
    assert!(cached.iter().all(|(_, entry)| entry.ends_with("\"value\":null}")), "{cached:?}");
    let (responses, requests) = story.read_at_once(&[story.path.as_str(); 10]);
    assert!(responses.iter().all(|(response, _)| response.status == 404));
    assert_eq!(requests, 0);
    story.deploy("frontend");
    let (views, requests) = story.views(100);
    assert!(views.iter().all(|view| view["revision"] == 7) && requests <= READ + 1);
}

#[test]
fn what_was_read_while_a_change_was_applied_serves_nobody_after_it() {
    let story = story();
    story.host.respond_after(Duration::from_millis(300));
    let restart = story.alice.start("POST", &format!("{}/restart", story.path), Some(&json!({})));
    let read = story.alice.start("GET", &story.path, None);
    let (restarted, read) = story.host.run(join(restart, async {
        nokube_edge::sleep(Duration::from_millis(400)).await;
        read.await
    }));
    story.host.respond_after(Duration::ZERO);
    assert_eq!(restarted.status, 202);
    assert_eq!(read.expect(200)["revision"], 2, "the revision was stored, and not applied yet");
    assert!(story.read().1 >= READ);
    assert_eq!(story.read().1, 0);
}

#[test]
fn a_reader_whose_request_ends_before_it_has_stored_anything_is_replaced() {
    let story = story();
    story.read_and_leave();
    // Nothing is cached, so the others wait for it, and then one of them reads.
    let (responses, requests) = story.read_at_once(&[story.path.as_str(); 50]);
    assert_eq!(requests, READ);
    for (response, duration) in responses {
        assert_eq!(response.expect(200)["status"], "running");
        assert!(duration < Duration::from_secs(3), "{duration:?}");
    }
    // With a value of a moment ago nobody waits.
    story.host.wait(2);
    story.read_and_leave();
    let (responses, requests) = story.read_at_once(&[story.path.as_str(); 50]);
    assert_eq!(requests, 0);
    assert!(
        responses.iter().all(|(response, duration)| response.status == 200 && duration.is_zero())
    );
    // As before it.
    story.host.wait(5);
    for _ in 0..6 {
        assert_eq!(story.views(50).1, READ);
        story.host.wait(5);
    }
}

#[test]
fn while_the_cluster_does_not_answer_few_readers_wait_for_it() {
    let story = story();
    story.read();
    story.host.wait(60);
    story.is_away();
    // Each request is sent three times.
    story.host.respond_after(Duration::from_secs(3));
    let (responses, requests) = story.read_at_once(&[story.path.as_str(); 100]);
    let mut waits: Vec<_> = responses.iter().map(|(_, wait)| wait.as_secs()).collect();
    waits.sort_unstable();
    assert!(waits[96] <= 5 && requests <= 3 * 3 * READ, "{waits:?}, {requests} requests");
    for (response, _) in &responses {
        let view = response.expect(200);
        assert_eq!(view["error_code"], "cluster_unreachable");
        assert_eq!(
            (&view["status"], &view["observed_at"]),
            (&json!("running"), &json!("2026-03-02T09:00:00Z"))
        );
    }
    // Now that this is known, nobody waits.
    let (responses, requests) = story.read_at_once(&[story.path.as_str(); 100]);
    assert_eq!(requests, 0);
    assert!(responses.iter().all(|(_, wait)| wait.is_zero()));
}

#[test]
fn while_one_reader_waits_for_a_slow_cluster_the_others_get_what_was_read_before() {
    let story = story();
    story.read();
    story.host.wait(2);
    story.host.respond_after(Duration::from_secs(1));
    let (responses, requests) = story.read_at_once(&[story.path.as_str(); 100]);
    let waiting = responses.iter().filter(|(_, wait)| !wait.is_zero()).count();
    assert_eq!((waiting, requests), (1, READ));
}

#[test]
fn of_a_hundred_readers_of_a_list_at_once_one_reads_the_namespace() {
    let story = story();
    let list = story.list();
    let (responses, requests) = story.read_at_once(&[list.as_str(); 100]);
    assert_eq!(requests, 6, "one snapshot");
    for (response, _) in &responses {
        assert_eq!(response.expect(200)["deployments"][0]["status"], "running");
    }
    story.host.wait(1);
    let (responses, requests) = story.read_at_once(&[list.as_str()]);
    assert_eq!(requests, 0);
    let observed_at = responses[0].0.expect(200)["deployments"][0]["observed_at"].clone();
    assert_eq!(observed_at, "2026-03-02T09:00:00Z");
}

#[test]
fn readers_of_two_pages_of_a_list_do_not_replace_what_the_others_have_read() {
    let story = story();
    story.deploy("backend");
    let pages = [0, 1].map(|offset| format!("{}?limit=1&offset={offset}", story.list()));
    let paths: Vec<&str> = (0..100).map(|n| pages[n % 2].as_str()).collect();
    let (responses, requests) = story.read_at_once(&paths);
    assert_eq!(requests, 2 * 6, "a snapshot for each page");
    for (n, (response, _)) in responses.iter().enumerate() {
        let service = ["backend", "frontend"][n % 2];
        assert_eq!(response.expect(200)["deployments"][0]["service_name"], service);
    }
    assert_eq!(story.read_at_once(&paths).1, 0);
}

#[test]
fn of_a_hundred_readers_of_the_events_at_once_one_reads_them() {
    let story = story();
    let event = json!({
        "involvedObject": { "kind": "Deployment", "name": "frontend" },
        "type": "Normal", "reason": "ScalingReplicaSet", "message": "x".repeat(5_000),
    });
    story.has("v1", "events", &event);
    let events = format!("{}/events", story.path);
    let (responses, requests) = story.read_at_once(&vec![events.as_str(); 100]);
    assert_eq!(requests, 1);
    for (response, _) in &responses {
        let event = &response.expect(200)["events"][0];
        assert_eq!(event["reason"], "ScalingReplicaSet");
        assert_eq!(event["message"].as_str().unwrap().len(), 2_000);
    }
    story.host.wait(2);
    story.answers("GET", &path("v1", "events"), 403, &json!({ "code": 403, "message": "no" }));
    let (responses, requests) = story.read_at_once(&vec![events.as_str(); 100]);
    // All but one get the events of a moment ago.
    let failed = responses.iter().filter(|(response, _)| response.status == 502).count();
    assert_eq!((failed, requests), (1, 1));
    let (responses, requests) = story.read_at_once(&vec![events.as_str(); 100]);
    assert!(responses.iter().all(|(response, _)| response.status == 502) && requests == 0);
}

#[test]
fn many_pods_are_listed_in_part_those_with_issues_first() {
    let story = story();
    let hash = "7d9c5b8f4";
    let deployment = story.running_deployment();
    let set = json!({ "metadata": {
        "name": format!("frontend-{hash}"), "labels": deployment["metadata"]["labels"].clone(),
        "ownerReferences": [{ "uid": "uid" }],
    }});
    story.has("apps/v1", "replicasets", &set);
    let pod = |n: usize| {
        let waiting =
            json!({ "waiting": { "reason": "ErrImagePull", "message": "x".repeat(9_000) } });
        let state = if n < 150 { json!({ "running": {} }) } else { waiting };
        json!({
            "metadata": { "name": format!("frontend-{hash}-{n}"), "labels": deployment["metadata"]["labels"] },
            "status": { "phase": "Running", "containerStatuses": [{ "name": "app", "state": state }] },
        })
    };
    let pods: Vec<_> = (0..200).map(pod).collect();
    story.answers("GET", &path("v1", "pods"), 200, &json!({ "items": pods }));
    let (view, _) = story.read();
    let pods = view["pods"].as_array().unwrap();
    assert_eq!(pods.len(), 100);
    let has_issues: Vec<_> = pods.iter().map(|pod| pod.get("issues").is_some()).collect();
    assert!(has_issues[..50].iter().all(|has| *has) && !has_issues[50..].contains(&true));
    let cached: usize = story
        .host
        .stored()
        .iter()
        .filter(|(key, _)| key.starts_with("cache/"))
        .map(|(_, value)| value.len())
        .sum();
    assert!(cached < 500_000, "{cached} bytes");
}

#[test]
fn a_reader_alone_costs_two_writes_when_it_reads_the_cluster_and_none_otherwise() {
    let story = story();
    story.read();
    story.host.wait(2);
    for cost in [(10, 2), (8, 0)] {
        story.read();
        let of_last = |name: &str| story.host.logged_numbers(name).pop().unwrap();
        assert_eq!((of_last("kv_reads"), of_last("kv_writes")), cost);
    }
}

#[test]
fn a_store_that_cannot_be_written_is_no_reason_not_to_show_a_deployment() {
    let story = story();
    for writes in [0, 1] {
        story.host.store_fails(StoreFault::AfterWrites(writes));
        let (views, _) = story.views(10);
        assert!(views.iter().all(|view| view["status"] == "running"));
        let events = story.alice.get(&format!("{}/events", story.path));
        assert_eq!((story.alice.get(&story.list()).status, events.status), (200, 200));
    }
    story.host.store_works();
    story.host.wait(10);
    assert_eq!(story.views(50).1, READ);
}

#[test]
fn of_those_who_do_not_read_the_cluster_few_write_to_the_store() {
    let story = story();
    story.read();
    story.host.wait(2);
    // One after the other, while the first one reads.
    story.host.respond_after(Duration::from_secs(1));
    let reads: Vec<_> = (0..100)
        .map(|n| {
            let read = story.alice.start("GET", &story.path, None);
            async move {
                nokube_edge::sleep(Duration::from_millis(n)).await;
                read.await.expect(200)
            }
        })
        .collect();
    story.host.run(join_all(reads));
    let writes = story.host.logged_numbers("kv_writes");
    assert_eq!(writes.iter().rev().take(100).filter(|writes| **writes > 0).count(), 1);
}
