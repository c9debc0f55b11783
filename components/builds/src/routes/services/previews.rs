//! `GET /api/v1/projects/{project}/services/{service}/previews`, and `POST …/previews/{number}/approve`.

use super::save::require_deploy_scope;
use crate::{
    github::GitHub,
    previews::{self, approve as approve_commit},
    pushes::look_at_service,
};
use http::StatusCode;
use nokube_domain::{
    Problem, ProjectId,
    name::ServiceName,
    previews::{NewApproval, PreviewMode},
    services::ServiceRecord,
};
use nokube_edge::{
    Call, Reply, Result, audit, projects,
    pushes::LinkedService,
    store::{AuditLog, Store, keys},
};

pub async fn list(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let project: ProjectId = call.path_parameter("project", "project")?;
    let store = Store::open().await?;
    call.require_role(store.get(keys::members(project)).await?.as_ref(), "project")?;
    let name: ServiceName = call.path_parameter("service", "service")?;
    let record = find(&store, project, &name).await?;
    let service = LinkedService::of_record(project, &name, Some(&record));
    if let Some(service) = &service {
        look_at_service(&store, service).await?;
    }
    let web = &GitHub::new().await?.settings.web;
    Ok(Reply::json(StatusCode::OK, &previews::list(&store, service.as_ref(), web).await?))
}

pub async fn approve(mut call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let (mut fields, _) = call.json_fields().await?;
    let project: ProjectId = call.path_parameter("project", "project")?;
    let store = Store::open().await?;
    projects::load(&call, &store, project).await?;
    let name: ServiceName = call.path_parameter("service", "service")?;
    let number: u32 = call.path_parameter("number", "pull request")?;
    let NewApproval { commit_sha } = NewApproval::read(&mut fields);
    let commit = fields.finish(commit_sha)?;
    let record = find(&store, project, &name).await?;
    let service = LinkedService::of_record(project, &name, Some(&record));
    let service = service.filter(|service| service.source.previews.is_some());
    let service = service.ok_or_else(|| Problem::not_found("pull request"))?;
    if service.source.preview_mode() == PreviewMode::Deploy {
        require_deploy_scope(&call)?;
    }
    let github = GitHub::new().await?;
    approve_commit(&call, &store, &github, &service, number, commit).await?;
    let object = format!("/api/v1/projects/{project}/services/{name}/previews/{number}");
    audit::record(&store, &call, &AuditLog::Project(project), "preview.approve", object).await?;
    let view = previews::view(&store, &service, number, &github.settings.web).await?;
    let view = view.ok_or_else(|| Problem::not_found("pull request"))?;
    Ok(Reply::json(StatusCode::OK, &view))
}

async fn find(store: &Store, project: ProjectId, name: &ServiceName) -> Result<ServiceRecord> {
    let record = store.get(keys::service(project, name)).await?;
    let record = record.filter(|record| record.source.is_some());
    Ok(record.ok_or_else(|| Problem::not_found("service"))?)
}

#[cfg(feature = "openapi")]
pub mod openapi {
    use super::super::example;
    use nokube_contract::prelude::*;

    fn preview() -> Value {
        json!({
            "pull_request": 7, "title": "Fix all the bugs", "author": "testuser",
            "head_branch": "fix", "base_branch": "main", "is_fork": false,
            "pull_request_url": "https://github.com/testuser/shop/pull/7",
            "commit": example::commit(), "state": "running", "problem": null, "approved_by": null,
            "build_id": examples::BUILD, "deployment_id": examples::DEPLOYMENT,
            "url": "https://frontend-myapp---pr7-testuser.apps.example.org",
            "pushed_at": "2025-08-18T10:30:00Z", "ends_at": "2025-08-25T10:30:00Z",
        })
    }

    pub fn list() -> Operation {
        Operation::new("listPreviews", "List the previews of a service")
            .description(
                "The newest 50 pull requests to the service's repository that were looked at, and what has \
                 become of each. GitHub is asked for changes whose events were lost, from time to time.",
            )
            .json_response::<PreviewList>(
                200,
                "The previews, the newest pull request first.",
                json!({
                    "previews": [preview()], "limit": 10, "days": 7,
                    "waiting_for_approval": false,
                }),
            )
            .not_found("service")
    }

    pub fn approve() -> Operation {
        Operation::new("approvePreview", "Allow a commit of a fork to be built")
            .description(
                "The commit must be the head of the pull request. It is built, and deployed if previews are. \
                 Any later commit needs another approval. Who can push to the fork decides what the \
                 build does: look at the commit first. If previews are deployed, a token needs the scope `deploy` too.",
            )
            .json_body::<NewApproval>(json!({
                "commit_sha": "6dcb09b5b57875f334f61aebed695e2e4193db5e",
            }))
            .json_response::<PreviewView>(200, "The preview.", preview())
            .not_found("pull request")
            .conflict(Reason::PullRequestChanged, crate::previews::CHANGED)
            .calls_github()
    }
}
