//! Previews while something else happens at the same moment, and requests that are cut off anywhere.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

#[path = "support/previews.rs"]
mod previews;
#[path = "support/pushes.rs"]
mod pushes;
#[path = "support/story.rs"]
mod story;
mod support;

use deploy::ROUTES;
use futures::future::join;
use nokube_test_host::{StoreFault, after_calls};
use previews::Previews;
use serde_json::json;
use std::time::Duration;

/// The look goes on whether somebody waits for it or not.
fn cut_off(story: &Previews, writes: u32) {
    story.pushes.host.store_fails(StoreFault::AfterWrites(writes));
    let look = story.pushes.host.anybody(ROUTES).start("POST", &story.look_path(), None);
    story.pushes.host.run(look);
    story.pushes.host.store_works();
}

#[test]
fn a_preview_that_ends_while_it_is_deployed_is_deleted() {
    for delay in [0, 40, 90, 160, 250, 400] {
        let story = Previews::new();
        story.push(1);
        story.pushes.host.respond_after(Duration::from_millis(30));
        let closed = story.finding_later("closed", Duration::from_millis(delay));
        let look = story.pushes.host.anybody(ROUTES).start("POST", &story.look_path(), None);
        story.pushes.host.run(join(look, closed));
        story.settle();
        assert_eq!(story.deployed(), None, "after {delay} ms");
        assert_eq!(story.pushes.items(), 0, "after {delay} ms");
    }
}

#[test]
fn a_push_while_the_earlier_one_is_deployed_is_deployed_too() {
    for calls in (0..80).step_by(8) {
        let story = Previews::new();
        story.push(1);
        let first = story.pushes.host.anybody(ROUTES).start("POST", &story.look_path(), None);
        let second = story.pushes.host.anybody(ROUTES).start("POST", &story.look_path(), None);
        story.pushes.host.run(join(first, async move {
            after_calls(calls).await;
            second.await
        }));
        story.settle();
        assert_eq!((story.deployed(), story.revisions().len()), (Some(1), 1), "{calls} calls");
        story.push(2);
        story.settle();
        assert_eq!(story.deployed(), Some(2), "{calls} calls");
    }
}

/// Its secrets too, whose values are stored nowhere else but in the namespace of the project's services.
#[test]
fn a_deployment_that_is_cut_off_anywhere_is_finished() {
    for writes in 0..26 {
        let story = Previews::new();
        story.has_saved_secrets(&json!({ "SHARED": "Zm9yIHByZXZpZXdz" }));
        story.switch(&json!({ "mode": "deploy", "secrets": ["SHARED"] }));
        story.push(1);
        cut_off(&story, writes);
        story.settle();
        assert_eq!(story.deployed(), Some(1), "after {writes} writes");
        let secrets = story.applied("v1#secrets/pr-7-frontend-secret-");
        assert!(!secrets.is_empty(), "after {writes} writes");
        let workloads = story.applied("apps/v1#deployments/pr-7-frontend");
        assert!(!workloads.is_empty(), "after {writes} writes");
        story.finding("closed", false);
        story.settle();
        assert_eq!((story.deployed(), story.pushes.items()), (None, 0), "after {writes} writes");
    }
}

#[test]
fn an_end_that_is_cut_off_anywhere_is_finished() {
    for writes in 0..12 {
        let story = Previews::new();
        story.push(1);
        story.settle();
        story.has_namespace();
        story.finding("closed", false);
        cut_off(&story, writes);
        story.settle();
        assert_eq!(story.deployed(), None, "after {writes} writes");
        assert!(story.namespace_deletions() > 0, "after {writes} writes");
        assert_eq!(story.pushes.items(), 0, "after {writes} writes");
    }
}

/// A restart of the same moment does not bring it back.
#[test]
fn a_preview_ends_also_while_somebody_changes_it() {
    for offset in (0..60).step_by(4) {
        let story = Previews::new();
        story.push(1);
        story.settle();
        story.finding("closed", false);
        let restart = story.pushes.alice.start("POST", &format!("{}/restart", story.path()), None);
        let look = story.pushes.host.anybody(ROUTES).start("POST", &story.look_path(), None);
        story.pushes.host.run(join(restart, async move {
            after_calls(offset).await;
            look.await
        }));
        story.settle();
        assert_eq!((story.deployed(), story.pushes.items()), (None, 0), "{offset} calls");
    }
}

/// `builds` then says so at GitHub: two requests may end a preview at once.
#[test]
fn of_two_that_end_a_preview_one_has_it_reported() {
    for offset in (0..60).step_by(3) {
        let story = Previews::new();
        story.push(1);
        story.settle();
        story.finding("closed", false);
        let reports = story.pushes.reports().len();
        let look = || story.pushes.host.anybody(ROUTES).start("POST", &story.look_path(), None);
        let (first, second) = (look(), look());
        story.pushes.host.run(join(first, async move {
            after_calls(offset).await;
            second.await
        }));
        let deletions = story.revisions().len() - 1;
        story.settle();
        assert!(story.pushes.reports().len() > reports, "{offset} calls, {deletions} deletions");
        assert_eq!((story.deployed(), story.pushes.items()), (None, 0), "{offset} calls");
    }
}
