//! What several people do at once, and what a failing store interrupts.

use crate::story::{Story, accept_path, invitation};
use futures::future::join;
use nokube_test_host::{Response, StoreFault, after_calls};
use serde_json::json;

/// The method and the path of a request about a project.
type Request = dyn Fn(&str) -> (&'static str, String);
/// Something that somebody does with a project.
type Step = fn(&Story, &str) -> Response;

#[test]
fn of_an_acceptance_and_something_else_at_once_one_succeeds() {
    let others: [(&str, &Request); 4] = [
        ("bob", &|project| ("DELETE", invitation(project))),
        ("alice", &|project| ("DELETE", format!("{project}/members/bob"))),
        ("alice", &|project| ("PUT", format!("{project}/members/bob"))),
        ("alice", &|project| ("DELETE", project.to_owned())),
    ];
    // Either begins some calls of the store before the other.
    let delays = (0..12).flat_map(|calls| [(calls, 0), (0, calls)]);
    for ((who, request), (delay, other_delay)) in
        others.iter().flat_map(|other| delays.clone().map(move |delays| (other, delays)))
    {
        let story = Story::begin();
        let project = story.project("alice", "myapp");
        story.invite("alice", &project, "developer").expect(201);
        let (method, path) = request(&project);
        let body = json!({ "role": "viewer" });
        let accepting = story.user("bob").start("POST", &accept_path(&project), Some(&json!({})));
        let other = story.user(who).start(method, &path, Some(&body));
        let both = join(later(delay, accepting), later(other_delay, other));
        let (accepted, other) = story.host.run(both);
        let case = format!("{delay} {other_delay} {path}: {} and {}", accepted.text, other.text);
        if path == project {
            assert_eq!(other.status, 204, "{case}");
            let members = project.replace("/api/v1/projects/", "m/");
            assert!(!story.host.stored().contains_key(&members), "{case}");
            assert_eq!(story.project("alice", "myapp"), project);
        }
        let (role, is_open) = (story.role("bob", &project), !story.invited_to("bob").is_empty());
        assert_eq!(is_open, !story.invited_by("alice", &project).is_empty(), "{case}");
        let expected = match (accepted.status, other.status) {
            _ if path == project => None,
            // He was removed after he had accepted.
            (200, 204) if *who == "alice" => None,
            (200, 200) => Some(json!("viewer")),
            (200, 404 | 409) => Some(json!("developer")),
            (404, 204) => None,
            (409, 200 | 204) => {
                assert_eq!(is_open, other.status == 200, "{case}");
                None
            }
            _ => panic!("{case}"),
        };
        assert_eq!(role, expected, "{case}");
    }
}

/// It has read the invitation before it was withdrawn, and writes more than half a minute later.
#[test]
fn an_acceptance_that_stalls_does_not_bring_back_what_was_withdrawn() {
    for delay in 0..8 {
        let story = Story::begin();
        let project = story.project("alice", "myapp");
        story.invite("alice", &project, "developer").expect(201);
        let accepting = story.user("bob").start("POST", &accept_path(&project), Some(&json!({})));
        let withdrawing =
            story.user("alice").start("DELETE", &format!("{project}/members/bob"), None);
        let host = story.host.clone();
        let withdrawing = async move {
            let response = withdrawing.await;
            host.wait(31);
            response
        };
        let (accepted, withdrawn) = story.host.run(join(later(delay, accepting), withdrawing));
        if withdrawn.status == 204 {
            assert_ne!(accepted.status, 200, "{delay}: {}", accepted.text);
            assert_eq!(story.role("bob", &project), None, "{delay}");
        }
    }
}

/// Begins when others have called the store as often.
async fn later<T>(calls: u32, future: impl Future<Output = T>) -> T {
    after_calls(calls).await;
    future.await
}

/// After each number of writes the store fails once; the request is repeated a minute later.
#[test]
fn wherever_the_store_fails_a_repetition_ends_right() {
    let steps: [(&str, Step, u16); 4] = [
        ("invite", |story, project| story.invite("alice", project, "viewer"), 201),
        ("accept", |story, project| story.accept("bob", project), 200),
        ("decline", |story, project| story.decline("bob", project), 204),
        ("withdraw", |story, project| story.withdraw("alice", project), 204),
    ];
    for (name, step, success) in steps {
        for writes in 0.. {
            let story = Story::begin();
            let project = story.project("alice", "myapp");
            if name != "invite" {
                story.invite("alice", &project, "viewer").expect(201);
            }
            story.host.store_fails(StoreFault::AfterWrites(writes));
            let first = step(&story, &project);
            story.host.store_works();
            if first.status == success {
                assert!(writes >= 5, "{name} has at least 5 writes");
                break;
            }
            let case = format!("{name} after {writes} writes");
            assert_eq!(first.status, 503, "{case}");
            let was_done = match name {
                "invite" => !story.invited_to("bob").is_empty(),
                "accept" => story.role("bob", &project).is_some(),
                _ => story.invited_to("bob").is_empty(),
            };
            // A crash that left the version reserved keeps others from it for a minute.
            for _ in 0..2 {
                story.host.wait(61);
                let again = step(&story, &project);
                let done = if name == "accept" || name == "invite" { 200 } else { 404 };
                let expected = [success, done];
                assert!(
                    expected.contains(&again.status) || again.status == 409,
                    "{case}: {}",
                    again.text
                );
                assert!(!was_done || again.status == done, "{case}: {}", again.text);
            }
            let (invited, role) = (story.invited_to("bob"), story.role("bob", &project));
            match name {
                "invite" => assert_eq!((invited.len(), role), (1, None), "{case}"),
                "accept" => assert_eq!((invited.len(), role), (0, Some(json!("viewer"))), "{case}"),
                _ => assert_eq!((invited.len(), role), (0, None), "{case}"),
            }
            // No place is lost: five can be open. One whose taker crashed is found so first, and is free a minute later.
            story.host.wait(61);
            let open = story.invited_to("bob").len();
            for n in open..5 {
                let another = story.project("alice", &format!("p{n}"));
                if story.invite("alice", &another, "viewer").status != 201 {
                    story.host.wait(61);
                    story.invite("alice", &another, "viewer").expect(201);
                }
            }
            let another = story.project("alice", "last");
            story.invite("alice", &another, "viewer").expect(409);
        }
    }
}
