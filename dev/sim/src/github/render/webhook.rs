//! The payloads of webhooks.

use serde_json::{Value, json};

use super::user::simple_user;
use super::{Links, extend, node_id, repository, run, time};
use crate::github::model::WebhookEvent;
use crate::github::model::builder_workflow::BuilderWorkflow;
use crate::github::model::registry::INDEX_MEDIA_TYPE;
use crate::github::model::repositories::{Repository, WorkflowState};
use crate::github::model::run::WorkflowRun;
use crate::hash;

/// The action and the payload of an event of the builder repository, without the installation.
pub fn of_run(
    links: &Links,
    repo: &Repository,
    workflow: &BuilderWorkflow,
    event: &WebhookEvent,
) -> Option<(&'static str, Value)> {
    let (action, body) = match event {
        WebhookEvent::WorkflowRun { action, run } => {
            let state = WorkflowState::Active;
            let body = json!({
                "workflow_run": run::run(links, repo, workflow, run, &run.latest),
                "workflow": run::workflow(links, workflow, state),
            });
            (*action, body)
        }
        WebhookEvent::WorkflowJob { action, run } => {
            let job = run.latest.job.as_ref();
            let job = job.map(|job| run::job(links, workflow, run, &run.latest, job));
            (*action, json!({"workflow_job": job}))
        }
        WebhookEvent::Package { run, tag, digest, published_at } => {
            let body = package(links, run, tag, digest, &time(*published_at));
            ("published", json!({"package": body}))
        }
        WebhookEvent::Repository(_) | WebhookEvent::Installation(_) => return None,
    };
    let common = json!({
        "action": action, "repository": repository::repository(links, repo),
        "sender": simple_user(links, &event.run()?.actor),
    });
    Some((action, extend(common, body)))
}

/// An App's webhook has its installation.
pub fn with_installation(payload: Value, installation: Option<u64>) -> Value {
    match installation {
        Some(id) => {
            extend(payload, json!({"installation": {"id": id, "node_id": node_id("MDIz", id)}}))
        }
        None => payload,
    }
}

/// The payload of `ping`, which GitHub sends first to a new webhook.
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

fn package(links: &Links, run: &WorkflowRun, tag: &str, digest: &str, at: &str) -> Value {
    let full_name = run.package();
    let (namespace, name) = full_name.split_once('/').unwrap_or(("", full_name));
    let id = hash::id_from_name(9_000_000, full_name);
    let html = format!("{}/{namespace}/packages/{id}", links.web);
    let host = run.input("image").split('/').next().unwrap_or_default();
    let image = format!("{}:{tag}", run.input("image"));
    let version = json!({
        "id": hash::id_from_name(500_000_000, digest), "version": digest, "name": digest,
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
    });
    json!({
        "id": id, "name": name, "namespace": namespace, "description": "",
        "ecosystem": "CONTAINER", "package_type": "CONTAINER", "html_url": html,
        "created_at": at, "updated_at": at, "owner": simple_user(links, namespace),
        "package_version": version,
        "registry": {
            "about_url": "https://docs.github.com/packages",
            "name": "GitHub CONTAINER registry", "type": "CONTAINER",
            "url": format!("https://{host}/{namespace}"), "vendor": "GitHub Inc",
        },
    })
}
