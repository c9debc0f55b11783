//! Events about repositories become hints, without e-mail addresses.

// Test helpers may panic: that fails the test.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use nokube_domain::pushes::{CommitSummary, PushEvent, RepositoryChange};
use nokube_github::{
    event::{BuilderWorkflow, Event, is_repository_event, parse},
    json_filter::JsonFilter,
};
use serde_json::{Value, json};

const BUILDER: BuilderWorkflow = BuilderWorkflow { repository: "o/builder", workflow: "build.yml" };

const BEFORE: &str = "1111111111111111111111111111111111111111";
const AFTER: &str = "2222222222222222222222222222222222222222";

fn read(name: &str, body: &Value) -> Event {
    parse(name, body.to_string().as_bytes(), &BUILDER).unwrap_or_else(|e| panic!("{e}: {body}"))
}

fn push() -> Value {
    json!({
        "ref": "refs/heads/feature/x", "before": BEFORE, "after": AFTER,
        "created": false, "deleted": false, "forced": false,
        "repository": { "id": 7, "full_name": "acme/shop", "default_branch": "main" },
        "pusher": { "name": "alice", "email": "alice@example.com" },
        "sender": { "login": "alice", "id": 1 },
        "head_commit": {
            "id": AFTER, "message": "Sell shoes\n\nSigned-off-by: Alice <alice@example.com>",
            "author": { "name": "Alice", "email": "alice@example.com", "username": "alice" },
            "added": [], "removed": [], "modified": ["web/index.html"],
        },
        "commits": [],
    })
}

fn change_of(event: Event) -> (u64, RepositoryChange) {
    match event {
        Event::Repository { repository_id, change } => (repository_id, change),
        other => panic!("{other:?}"),
    }
}

/// The push that is made of this event with changes to its fields.
fn push_with(changes: Value) -> PushEvent {
    let mut body = push();
    for (name, value) in changes.as_object().unwrap() {
        body[name] = value.clone();
    }
    match change_of(read("push", &body)) {
        (7, RepositoryChange::Push(push)) => push,
        other => panic!("{other:?}"),
    }
}

fn ignored_because(name: &str, body: &Value) -> &'static str {
    match read(name, body) {
        Event::Ignored(reason) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_push_becomes_a_hint_without_e_mail_addresses() {
    let expected = PushEvent {
        branch: "feature/x".into(),
        before: Some(BEFORE.parse().unwrap()),
        after: Some(AFTER.parse().unwrap()),
        forced: false,
        sender: Some("alice".into()),
        head_commit: Some(CommitSummary {
            sha: AFTER.parse().unwrap(),
            subject: "Sell shoes".into(),
            author: Some("alice".into()),
        }),
        unknown_fields: Default::default(),
    };
    assert_eq!(push_with(json!({})), expected);
    assert!(push_with(json!({ "forced": true })).forced);
    assert!(!serde_json::to_string(&expected).unwrap().contains('@'));
}

#[test]
fn zeros_stand_for_no_commit() {
    for zeros in ["0".repeat(40), "0".repeat(64)] {
        let created = push_with(json!({ "before": zeros, "created": true }));
        assert_eq!((created.before, created.after.is_some()), (None, true));
        let deleted = push_with(json!({ "after": zeros, "deleted": true, "head_commit": null }));
        assert_eq!((deleted.after, deleted.head_commit), (None, None));
    }
    let deleted = push_with(json!({ "deleted": true }));
    assert_eq!((deleted.after, deleted.head_commit), (None, None));
}

#[test]
fn who_pushed_is_a_login_or_nobody() {
    let sender = |sender: Value, pusher: Value| {
        push_with(json!({ "sender": sender, "pusher": pusher })).sender
    };
    let pusher = json!({ "name": "bob", "email": "bob@example.com" });
    let bot = json!({ "login": "renovate[bot]" });
    assert_eq!(sender(bot, pusher.clone()).as_deref(), Some("renovate[bot]"));
    let managed = json!({ "login": "bob_acme" });
    assert_eq!(sender(managed, json!(null)).as_deref(), Some("bob_acme"));
    for sender_is_odd in [json!(null), json!({}), json!("alice"), json!({ "login": 1 })] {
        assert_eq!(sender(sender_is_odd, pusher.clone()).as_deref(), Some("bob"));
    }
    let long = "x".repeat(101);
    for name in ["bob@example.com", "Bob Smith", "deploy key", "", "[bot]", "a\u{202e}b", &long] {
        assert_eq!(sender(json!(null), json!({ "name": name })), None, "{name}");
        assert_eq!(sender(json!({ "login": name }), json!(null)), None, "{name}");
    }
}

#[test]
fn the_author_of_a_commit_is_a_login_or_a_name() {
    let author = |author: Value| {
        let commit = json!({ "id": AFTER, "message": "m", "author": author });
        push_with(json!({ "head_commit": commit })).head_commit.unwrap().author
    };
    assert_eq!(author(json!({ "name": "Bob", "email": "b@c.d" })).as_deref(), Some("Bob"));
    assert_eq!(author(json!({ "name": "Bob", "username": "" })).as_deref(), Some("Bob"));
    for odd in [
        json!(null),
        json!([]),
        json!({}),
        json!({ "name": "bob@example.com" }),
        json!({ "name": 1 }),
    ] {
        assert_eq!(author(odd.clone()), None, "{odd}");
    }
}

/// Everything but the branch, and the repository's number, can be asked of GitHub.
#[test]
fn odd_fields_count_as_absent() {
    for (field, odd) in [
        ("before", json!(null)),
        ("before", json!("HEAD")),
        ("after", json!(5)),
        ("deleted", json!("no")),
        ("forced", json!(null)),
        ("head_commit", json!(null)),
        ("head_commit", json!("2222")),
        ("head_commit", json!({ "id": BEFORE, "message": "of another commit" })),
        ("head_commit", json!({ "message": "of none" })),
        ("pusher", json!(null)),
        ("invented_in_2030", json!({ "a": [1] })),
    ] {
        let push = push_with(json!({ field: odd.clone() }));
        assert_eq!(push.branch, "feature/x", "{field}: {odd}");
        assert!(field != "head_commit" || push.head_commit.is_none(), "{odd}");
    }
    for (field, odd) in [
        ("ref", json!(null)),
        ("repository", json!(null)),
        ("repository", json!({ "id": "7" })),
        ("repository", json!({})),
    ] {
        let mut body = push();
        body[field] = odd;
        assert!(parse("push", body.to_string().as_bytes(), &BUILDER).is_err(), "{body}");
    }
    for name in ["push", "create", "delete", "pull_request", "repository"] {
        for body in ["", "[]", "{}", "no JSON", "{\"ref\":\"refs/heads/main\"}"] {
            assert!(is_repository_event(name) && parse(name, body.as_bytes(), &BUILDER).is_err());
        }
    }
}

#[test]
fn tags_merge_queues_and_impossible_branches_are_ignored() {
    let of = |git_ref: &str| {
        let mut body = push();
        body["ref"] = json!(git_ref);
        ignored_because("push", &body)
    };
    assert_eq!(of("refs/tags/v1"), "a tag, not a branch");
    assert_eq!(of("refs/notes/commits"), "a tag, not a branch");
    let queue = "refs/heads/gh-readonly-queue/main/pr-5-2222222222222222222222222222222222222222";
    assert_eq!(of(queue), "a branch of a merge queue");
    let long = format!("refs/heads/{}", "x".repeat(256));
    for name in ["refs/heads/", "refs/heads/-x", "refs/heads/a b", "refs/heads/refs/heads/x", &long]
    {
        assert_eq!(of(name), "a branch whose name is not supported", "{name}");
    }
}

#[test]
fn branches_that_are_created_and_deleted_are_hints() {
    for name in ["create", "delete"] {
        let of = |ref_type: &str, branch: &str| {
            json!({
                "ref": branch, "ref_type": ref_type, "pusher_type": "user",
                "repository": { "id": 7 }, "sender": { "login": "alice" },
            })
        };
        let (repository, change) = change_of(read(name, &of("branch", "feature/x")));
        let RepositoryChange::Push(push) = change else { panic!("{change:?}") };
        assert_eq!((repository, &*push.branch), (7, "feature/x"));
        assert_eq!((push.before, push.after, push.sender.as_deref()), (None, None, Some("alice")));
        assert_eq!(ignored_because(name, &of("tag", "v1")), "a tag, not a branch");
        let queue = of("branch", "gh-readonly-queue/main/pr-1-2");
        assert_eq!(ignored_because(name, &queue), "a branch of a merge queue");
    }
}

#[test]
fn changes_of_a_repository_are_hints_if_builds_depend_on_them() {
    let of = |action: &str, changes: Value| {
        let body = json!({ "action": action, "changes": changes, "repository": { "id": 7 } });
        read("repository", &body)
    };
    for action in
        ["renamed", "transferred", "archived", "unarchived", "deleted", "privatized", "publicized"]
    {
        let change = change_of(of(action, json!(null)));
        assert_eq!(change, (7, RepositoryChange::Repository), "{action}");
    }
    let default_branch = json!({ "default_branch": { "from": "master" } });
    assert_eq!(change_of(of("edited", default_branch)), (7, RepositoryChange::Repository));
    for (action, changes) in [
        ("created", json!(null)),
        ("edited", json!({ "description": { "from": null } })),
        ("edited", json!(null)),
        ("edited", json!("default_branch")),
        ("invented in 2030", json!(null)),
    ] {
        assert!(matches!(of(action, changes), Event::Ignored(_)), "{action}");
    }
}

/// A pull request from a fork, as GitHub sends it.
fn pull_request() -> Value {
    json!({
        "action": "synchronize", "number": 12,
        "before": BEFORE, "after": AFTER,
        "pull_request": {
            "number": 12, "state": "open", "draft": false, "title": "Sell boots",
            "body": "Mail me: mallory@example.com", "user": { "login": "mallory" },
            "head": { "ref": "boots", "sha": AFTER, "repo": { "id": 8 } },
            "base": { "ref": "main", "sha": BEFORE, "repo": { "id": 7 } },
            "commits": 3,
        },
        "repository": { "id": 7, "full_name": "acme/shop" },
        "sender": { "login": "mallory" },
    })
}

#[test]
fn of_a_pull_request_only_its_number_counts() {
    let of = |action: &str, changes: Value| {
        let mut body = pull_request();
        (body["action"], body["changes"]) = (json!(action), changes);
        read("pull_request", &body)
    };
    let hint = Event::Repository {
        repository_id: 7,
        change: RepositoryChange::PullRequest { number: 12 },
    };
    for action in
        ["opened", "reopened", "synchronize", "converted_to_draft", "ready_for_review", "closed"]
    {
        assert_eq!(of(action, json!(null)), hint, "{action}");
    }
    let retargeted = json!({ "base": { "ref": { "from": "main" }, "sha": { "from": BEFORE } } });
    assert_eq!(of("edited", retargeted), hint);
    for (action, changes) in [
        ("edited", json!({ "title": { "from": "Sell" }, "body": { "from": "x" } })),
        ("edited", json!(null)),
        ("labeled", json!(null)),
        ("review_requested", json!(null)),
        ("invented in 2030", json!(null)),
    ] {
        assert!(matches!(of(action, changes), Event::Ignored(_)), "{action}");
    }
    // What GitHub answers counts: the rest may be of any shape, such as without the fork that was deleted.
    let mut odd = pull_request();
    odd["pull_request"]["head"]["repo"] = json!(null);
    assert_eq!(read("pull_request", &odd), hint);
    odd["pull_request"] = json!(5);
    odd["sender"] = json!(null);
    assert_eq!(read("pull_request", &odd), hint);
    for number in [json!(null), json!("12"), json!(-1), json!(u64::MAX)] {
        odd["number"] = number;
        assert!(parse("pull_request", odd.to_string().as_bytes(), &BUILDER).is_err(), "{odd}");
    }
    odd["number"] = json!(0);
    assert!(matches!(read("pull_request", &odd), Event::Ignored(_)));
}

/// What GitHub's examples lack, made from one of them and checked against GitHub's schema.
#[test]
fn pull_requests_that_githubs_examples_lack_are_parsed() {
    let examples =
        nokube_conformance::load_octokit_json("webhooks-examples/api.github.com/index.json");
    let mut events = examples.as_array().unwrap().iter();
    let events = events.find(|event| event["name"] == "pull_request").unwrap();
    let mut opened = events["examples"].as_array().unwrap().iter();
    let mut example = opened.rfind(|event| event["action"] == "opened").unwrap().clone();
    // The example is older than these fields.
    example["pull_request"]["auto_merge"] = json!(null);
    for pointer in ["/repository", "/pull_request/head/repo", "/pull_request/base/repo"] {
        let repository = example.pointer_mut(pointer).unwrap();
        repository["has_discussions"] = json!(false);
        repository["web_commit_signoff_required"] = json!(false);
    }
    let long = "\u{1}\"\\".repeat(65_536 / 3);
    for (case, action, pointer, value) in [
        ("of a fork", "opened", "/pull_request/head/repo/id", json!(9)),
        ("of a deleted fork", "closed", "/pull_request/head/repo", json!(null)),
        ("a draft", "converted_to_draft", "/pull_request/draft", json!(true)),
        ("a long text", "opened", "/pull_request/body", json!(long)),
    ] {
        let mut body = example.clone();
        body["action"] = json!(action);
        *body.pointer_mut(pointer).unwrap() = value;
        if action == "closed" {
            body["pull_request"]["state"] = json!("closed");
            body["pull_request"]["closed_at"] = json!("2026-11-23T10:00:00Z");
        }
        let text = body.to_string();
        let checked =
            nokube_conformance::check_webhook("pull_request", Some(action), text.as_bytes());
        assert!(checked.is_ok(), "{case}: {:.500}", checked.unwrap_err());
        let mut filter = JsonFilter::new(1024 * 1024);
        text.as_bytes().chunks(1000).for_each(|chunk| filter.feed(chunk));
        let kept = filter.finish().unwrap();
        assert!(kept.len() < 64 * 1024, "{case}: {}", kept.len());
        let whole = parse("pull_request", text.as_bytes(), &BUILDER).unwrap();
        assert_eq!(parse("pull_request", &kept, &BUILDER).unwrap(), whole, "{case}");
        let number = u32::try_from(body["number"].as_u64().unwrap()).unwrap();
        let (_, change) = change_of(whole);
        assert_eq!(change, RepositoryChange::PullRequest { number }, "{case}");
    }
}

/// What GitHub's examples lack, made from one of them and checked against GitHub's schema.
#[test]
fn pushes_that_githubs_examples_lack_are_parsed() {
    let examples =
        nokube_conformance::load_octokit_json("webhooks-examples/api.github.com/index.json");
    let pushes = examples.as_array().unwrap().iter().find(|event| event["name"] == "push").unwrap();
    let mut pushes = pushes["examples"].as_array().unwrap().iter();
    let mut example = pushes.find(|push| push["ref"] == "refs/heads/master").unwrap().clone();
    // The example is older than this field.
    example["repository"]["has_discussions"] = json!(false);
    let commit = example["head_commit"].clone();
    let commits = |count: usize, files: usize| {
        let mut commit = commit.clone();
        commit["message"] = json!("A \"quoted\" subject {\u{1f600}}");
        commit["modified"] =
            (0..files).map(|file| format!("services/{file}/commits/added \\ \".rs")).collect();
        Value::from(vec![commit; count])
    };
    for (case, changes) in [
        ("forced", json!({ "forced": true, "before": BEFORE })),
        ("no head", json!({ "head_commit": null, "deleted": true, "after": "0".repeat(40) })),
        ("2,048 commits", json!({ "commits": commits(2048, 10) })),
        ("a large push", json!({ "commits": commits(256, 2500) })),
        ("a bot", json!({ "pusher": { "name": "renovate[bot]" } })),
    ] {
        let mut body = example.clone();
        for (name, value) in changes.as_object().unwrap() {
            body[name] = value.clone();
        }
        let text = body.to_string();
        let checked = nokube_conformance::check_webhook("push", None, text.as_bytes());
        assert!(checked.is_ok(), "{case}: {:.500}", checked.unwrap_err());
        let whole = parse("push", text.as_bytes(), &BUILDER).unwrap();

        let mut filter = JsonFilter::new(1024 * 1024);
        text.as_bytes().chunks(64 * 1024 + 1).for_each(|chunk| filter.feed(chunk));
        let kept = filter.finish().unwrap();
        assert!(kept.len() < 16 * 1024, "{case}: {}", kept.len());
        assert!(case != "a large push" || text.len() > 23_000_000, "{}", text.len());
        assert_eq!(parse("push", &kept, &BUILDER).unwrap(), whole, "{case}");
        let (_, RepositoryChange::Push(push)) = change_of(whole) else { panic!("{case}") };
        assert_eq!(push.branch, "master");
        assert_eq!((push.forced, push.after.is_some()), (case == "forced", case != "no head"));
    }
}
