//! The payloads of webhooks.

use serde_json::{Value, json};

use super::user::{extend, simple_user};
use super::{Links, node_id, repository, run, time};
use crate::github::model::WebhookEvent;
use crate::github::model::ids;
use crate::github::model::registry::INDEX_MEDIA_TYPE;
use crate::github::model::repositories::Repository;
use crate::github::model::run::WorkflowRun;

/// The event's name, its action and its payload. An App's webhook has an `installation`.
#[must_use]
pub fn payload(
    links: &Links,
    repo: &Repository,
    event: &WebhookEvent,
    installation: Option<u64>,
) -> (&'static str, &'static str, Value) {
    let (name, action, body) = match event {
        WebhookEvent::WorkflowRun { action, run: workflow_run, attempt } => {
            let attempt = workflow_run.attempt(*attempt);
            let body = attempt.map(|attempt| run::run(links, repo, workflow_run, attempt));
            let body = json!({"workflow_run": body, "workflow": workflow(links, workflow_run)});
            ("workflow_run", *action, body)
        }
        WebhookEvent::WorkflowJob { action, run: workflow_run, attempt } => {
            let job = workflow_run.attempt(*attempt).and_then(|attempt| {
                attempt.job.as_ref().map(|job| run::job(links, workflow_run, attempt, job))
            });
            ("workflow_job", *action, json!({"workflow_job": job}))
        }
        WebhookEvent::Package { run, name, tag, digest, published_at } => {
            let body = package(links, run, name, tag, digest, &time(*published_at));
            ("package", "published", json!({"package": body}))
        }
    };
    let mut common = json!({
        "action": action, "repository": repository::repository(links, repo),
        "sender": simple_user(links, &event.run().actor),
    });
    if let (Some(fields), Some(id)) = (common.as_object_mut(), installation) {
        let reference = json!({"id": id, "node_id": node_id("MDIz", id)});
        fields.insert("installation".to_owned(), reference);
    }
    (name, action, extend(common, body))
}

/// The payload of `ping`, which GitHub sends first to a new webhook.
#[must_use]
pub fn ping(links: &Links, repo: &Repository, hook: u64, url: &str) -> Value {
    let api = format!("{}/hooks/{hook}", links.repo(&repo.full_name()));
    json!({
        "zen": "Approachable is better than simple.", "hook_id": hook,
        "hook": {
            "type": "Repository", "id": hook, "name": "web", "active": true,
            "events": ["package", "workflow_job", "workflow_run"],
            "config": {"content_type": "json", "insecure_ssl": "0", "url": url},
            "updated_at": "2026-01-08T09:00:00Z", "created_at": "2026-01-08T09:00:00Z",
            "url": api, "test_url": format!("{api}/test"), "ping_url": format!("{api}/pings"),
            "deliveries_url": format!("{api}/deliveries"),
            "last_response": {"code": null, "status": "unused", "message": null},
        },
        "repository": repository::repository(links, repo), "sender": simple_user(links, &repo.owner),
    })
}

fn workflow(links: &Links, run: &WorkflowRun) -> Value {
    let web = format!("{}/{}", links.web, run.repository);
    let api = links.repo(&run.repository);
    json!({
        "id": run.workflow_id, "node_id": node_id("W", run.workflow_id),
        "name": run.workflow_name, "path": run.path, "state": "active",
        "created_at": "2026-01-08T23:48:37Z", "updated_at": "2026-01-08T23:50:21Z",
        "url": format!("{api}/actions/workflows/{}", run.workflow_id),
        "html_url": format!("{web}/blob/main/{}", run.path),
        "badge_url": format!("{web}/workflows/{}/badge.svg", run.workflow_name.replace(' ', "%20")),
    })
}

fn package(
    links: &Links,
    run: &WorkflowRun,
    full_name: &str,
    tag: &str,
    digest: &str,
    at: &str,
) -> Value {
    let (namespace, name) = full_name.split_once('/').unwrap_or(("", full_name));
    let id = ids::id_from_name(9_000_000, full_name);
    let html = format!("{}/{namespace}/packages/{id}", links.web);
    let host = run.input("image").split('/').next().unwrap_or_default();
    json!({
        "id": id, "name": name, "namespace": namespace, "description": "",
        "ecosystem": "CONTAINER", "package_type": "CONTAINER", "html_url": html,
        "created_at": at, "updated_at": at, "owner": simple_user(links, namespace),
        "package_version": version(links, run, &html, tag, digest, at),
        "registry": {
            "about_url": "https://docs.github.com/packages",
            "name": "GitHub CONTAINER registry", "type": "CONTAINER",
            "url": format!("https://{host}/{namespace}"), "vendor": "GitHub Inc",
        },
    })
}

fn version(
    links: &Links,
    run: &WorkflowRun,
    html: &str,
    tag: &str,
    digest: &str,
    at: &str,
) -> Value {
    let image = format!("{}:{tag}", run.input("image"));
    json!({
        "id": ids::id_from_name(500_000_000, digest), "version": digest, "name": digest,
        "description": "", "summary": "", "body": {}, "body_html": "", "manifest": "",
        "html_url": format!("{html}?version={tag}"), "tag_name": tag,
        "target_commitish": run.head_branch, "target_oid": run.head_sha,
        "created_at": at, "updated_at": at, "draft": false, "prerelease": false,
        "author": simple_user(links, &run.actor),
        "metadata": [], "docker_metadata": [], "package_files": [],
        "container_metadata": {
            "tag": {"name": tag, "digest": digest},
            "labels": {"revision": run.head_sha, "all_labels": {}},
            "manifest": {"digest": digest, "media_type": INDEX_MEDIA_TYPE, "size": 856, "layers": []},
        },
        "installation_command": format!("docker pull {image}"), "package_url": image,
    })
}
