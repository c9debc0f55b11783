//! Checks of a GitHub App find what is missing or wrong.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // Tests.

mod common;

use common::{response, time};
use nokube_conformance::load_octokit_json;
use nokube_github::{
    health::{AppSettings, Delivery, EVENTS, PERMISSIONS, WebhookConfig, undelivered},
    responses::parse,
};
use serde_json::{Value, json};

fn app(permissions: Value, events: Value) -> Vec<String> {
    let body = json!({ "html_url": "h", "permissions": permissions, "events": events });
    parse::<AppSettings>(&response(200, &[], &body.to_string())).unwrap().missing()
}

#[test]
fn missing_permissions_and_events_are_named() {
    let all = json!({
        "actions": "write", "contents": "write", "deployments": "write", "members": "read",
        "metadata": "read", "packages": "read", "pull_requests": "write", "statuses": "write",
        "issues": "read",
    });
    assert!(app(all.clone(), json!(EVENTS)).is_empty());
    let mut less = all;
    less["actions"] = json!("read");
    less.as_object_mut().unwrap().remove("packages");
    less["statuses"] = json!("read");
    less["deployments"] = json!("read");
    less["pull_requests"] = json!(null);
    let lacks = app(less, json!(["package", "workflow_run", "push", "create", "repository"]));
    assert_eq!(
        lacks,
        [
            "the permission 'actions: write'",
            "the permission 'deployments: write'",
            "the permission 'packages: read'",
            "the permission 'pull_requests: read'",
            "the permission 'statuses: write'",
            "the event 'delete'",
            "the event 'pull_request'",
            "the event 'workflow_job'"
        ]
    );
}

#[test]
fn the_permissions_and_events_exist_at_github() {
    let document = load_octokit_json("openapi/generated/api.github.com.json");
    let known = &document["components"]["schemas"]["app-permissions"]["properties"];
    for (name, level) in PERMISSIONS {
        assert!(known[name]["enum"].as_array().unwrap().contains(&json!(level)), "{name}");
    }
    for event in EVENTS {
        let begins = format!("{}-", event.replace('_', "-"));
        let webhooks = document["x-webhooks"].as_object().unwrap();
        let exists =
            webhooks.contains_key(event) || webhooks.keys().any(|name| name.starts_with(&begins));
        assert!(exists, "{event}");
    }
}

#[test]
fn the_webhook_must_have_the_url_the_content_type_and_a_secret() {
    let errors = |body: Value| {
        let config = parse::<WebhookConfig>(&response(200, &[], &body.to_string())).unwrap();
        config.errors("https://x/hook")
    };
    let good = json!({ "url": "https://x/hook", "content_type": "json", "secret": "********" });
    assert!(errors(good).is_empty());
    let bad = json!({ "url": "https://y/hook", "content_type": "form", "secret": null });
    let found = errors(bad);
    assert_eq!(found.len(), 3, "{found:?}");
    assert_eq!(found[0], "its URL is 'https://y/hook' and must be https://x/hook");
}

#[test]
fn deliveries_that_succeeded_later_or_are_too_old_are_not_repeated() {
    let sent = |id: u64, guid: &str, at: &str, code: u16| {
        json!({ "id": id, "guid": guid, "delivered_at": at, "redelivery": false, "duration": 0.1,
                "status": "x", "status_code": code, "event": "workflow_run", "action": null,
                "installation_id": null, "repository_id": null })
    };
    let read = |list: &[Value]| {
        parse::<Vec<Delivery>>(&response(200, &[], &json!(list).to_string())).unwrap()
    };
    let failed = read(&[
        sent(6, "c", "2026-11-23T10:05:00Z", 502),
        sent(5, "c", "2026-11-23T10:04:00Z", 502),
        sent(4, "b", "2026-11-23T10:03:00Z", 500),
        sent(3, "a", "2026-11-23T10:02:00Z", 0),
        sent(1, "old", "2026-11-20T09:59:00Z", 502),
    ]);
    let newest = read(&[sent(7, "a", "2026-11-23T10:06:00Z", 202)]);
    let lost = undelivered(failed, &newest, time("2026-11-23T10:10:00Z"));
    assert_eq!(lost.iter().map(|one| one.id).collect::<Vec<_>>(), [4, 6]);
}
