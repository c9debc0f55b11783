//! `DELETE /api/v1/projects/{project}`: says what stands in the way, or with `?take_down=true` takes it
//! down; volumes go only with `?volumes=true`.
//!
//! The project's record goes first, then its members, then its row in the owner's list: after a crash
//! in between, asking again or making a project of that name brings it to its end. What begins while
//! that happens is seen by a second look after the record has gone, and has the project back. Builds stay where
//! they are: a project that the same owner makes anew under this name gets its number back, because
//! its images, namespace and hosts are named alike (ADR 8).

use super::create::free_name;
use crate::{
    builds::{cancel::ask_to_stop, present::present_of},
    settings::Waits,
};
use http::{Method, Request, StatusCode};
use nokube_domain::{
    BuildId, DeploymentId, Problem, ProblemKind, ProjectId, Reason,
    build::{RunDoc, Status},
    deploy::Remains,
    name::ServiceName,
    page::Page,
    problem::Fault,
};
use nokube_edge::{
    Call, Failure, Reply, Result, audit,
    auth::AuthSettings,
    now, outbound,
    store::{Counter, Log, Store},
};
use std::time::Duration;

const TIMEOUTS: outbound::Timeouts = outbound::Timeouts {
    connect: Duration::from_secs(2),
    idle: Duration::from_secs(25),
    total: Duration::from_secs(30),
};

pub async fn delete(call: Call) -> Result<Reply> {
    call.only_query(&["take_down", "volumes"])?;
    let flag = |name: &str| match call.query(name) {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(Problem::field(name, "must be true or false")),
    };
    let (take_down, volumes) = (flag("take_down")?, flag("volumes")?);
    if volumes && !take_down {
        return Err(Problem::field("volumes", "goes with take_down=true").into());
    }
    let id = call.path::<u32>("project", "project").map(ProjectId)?;
    let store = Store::open().await?;
    let members = store.members(id).await?;
    call.may(members.as_ref(), "project")?;
    let mut standing = standing(&store, id).await?;
    if take_down {
        for thing in &standing {
            stop(&call, &store, thing, volumes).await?;
        }
        standing = self::standing(&store, id).await?;
    }
    standing.retain(|thing| thing.is_in_the_way(volumes));
    if !standing.is_empty() {
        return Err(in_the_way(&standing, take_down));
    }
    let project = store.project(id).await?;
    store.delete_project(id).await?;
    let mut late = self::standing(&store, id).await?;
    late.retain(|thing| thing.is_in_the_way(false));
    if !late.is_empty() {
        if let Some(project) = &project {
            store.set_project(project).await?;
        }
        return Err(in_the_way(&late, take_down));
    }
    store.delete_members(id).await?;
    if let Some(members) = members {
        if let Some(project) = &project {
            free_name(&store, &members.owner, &project.name).await?;
        }
        let row = super::list::row_of(&store, &members.owner, id).await?;
        if let Some(number) = row {
            store.delete_project_of(&members.owner, number).await?;
        }
        for other in &members.others {
            store.delete_membership(&other.person, other.number).await?;
        }
    }
    if project.is_some() {
        let object = format!("/api/v1/projects/{id}");
        audit::record(&store, &call, &Log::Project(id), "project.delete", object).await?;
    }
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// What there is of a project outside.
enum Thing {
    Build(BuildId, Status),
    Deployment { id: DeploymentId, service: ServiceName, remains: Remains },
}

impl Thing {
    /// Does it stand in the way of deleting the project? A volume alone only when it is to go too.
    fn is_in_the_way(&self, volumes: bool) -> bool {
        match self {
            Self::Build(..) => true,
            Self::Deployment { remains, .. } => *remains != Remains::Volume || volumes,
        }
    }
}

async fn standing(store: &Store, id: ProjectId) -> Result<Vec<Thing>> {
    let mut things = Vec::new();
    for build in unfinished(store, id, u32::MAX).await? {
        // A read of it asks GitHub where that is due: what has ended meanwhile is not in the way.
        let status = present_of(store, build).await?.map(|present| present.answer.status);
        if let Some(status) = status.filter(|status| !status.is_final()) {
            things.push(Thing::Build(build, status));
        }
    }
    for (record, newest) in store.newest_revisions(id).await? {
        let remains = newest.remains(store.outcome(record.id).await?.as_ref());
        if remains != Remains::Nothing {
            things.push(Thing::Deployment { id: record.id, service: record.service, remains });
        }
    }
    Ok(things)
}

/// The builds of a project that have not ended, as far as storage knows; at most `most`.
pub async fn unfinished(store: &Store, id: ProjectId, most: u32) -> Result<Vec<BuildId>> {
    let horizon = now().as_second() - Waits::read().await?.horizon;
    let mut below = store.count(&Counter::builds(id)).await?;
    let mut found = Vec::new();
    while below > 0 && found.len() < most as usize {
        let numbers = Page { limit: 20, offset: 0 }.numbers(below);
        let rows = numbers.map(|number| async move {
            let (run, build) = futures::join!(store.run(id, number), store.build(id, number));
            Ok::<_, Failure>((run?, build?))
        });
        let rows = futures::future::try_join_all(rows).await?;
        below = below.saturating_sub(20);
        for (run, build) in rows {
            let Some(build) = build else { continue };
            if build.created_at.as_second() < horizon {
                below = 0; // Nothing older can still be under way.
            } else if RunDoc::about(build.id, run).done().is_none() {
                found.push(build.id);
            }
        }
    }
    Ok(found)
}

fn unknown(status: StatusCode) -> Failure {
    let detail = format!(
        "What is deployed of this project cannot be taken down now (status {}). Try again.",
        status.as_u16()
    );
    Problem::new(ProblemKind::UpstreamUnavailable, detail).retry_after(5).into()
}

async fn stop(call: &Call, store: &Store, thing: &Thing, volumes: bool) -> Result<()> {
    match thing {
        Thing::Build(build, _) => ask_to_stop(store, *build).await,
        Thing::Deployment { remains: Remains::Volume, .. } if !volumes => Ok(()),
        Thing::Deployment { id, .. } => {
            let path = format!("/api/v1/deployments/{id}?volumes={volumes}");
            let answer = ask(call, Method::DELETE, &path).await?;
            match answer.status() {
                StatusCode::NO_CONTENT | StatusCode::NOT_FOUND => Ok(()),
                StatusCode::TOO_MANY_REQUESTS => {
                    let wait = answer.headers().get("retry-after").and_then(|v| v.to_str().ok());
                    let wait = wait.and_then(|wait| wait.parse().ok()).unwrap_or(60);
                    let detail = format!(
                        "So many services are taken down in a minute. The rest is, when you ask again in \
                         {wait} seconds."
                    );
                    Err(Problem::new(ProblemKind::TooMany, detail).retry_after(wait).into())
                }
                status => Err(unknown(status)),
            }
        }
    }
}

/// Asks the component `deploy`, with the caller's own credentials.
async fn ask(call: &Call, method: Method, path: &str) -> Result<http::Response<Vec<u8>>> {
    let mut request = Request::builder();
    let names = ["authorization", "cookie", "origin", "sec-fetch-site"];
    for name in names {
        if let Some(value) = call.header(name) {
            request = request.header(name, value);
        }
    }
    // Its audit trail tells from where; the host's own header would say that it came from here.
    let settings = AuthSettings::read().await?;
    if let Some(address) = call.address.as_ref().filter(|_| !settings.address_header.is_empty()) {
        request = request.header(&settings.address_header, address);
    }
    let uri = format!("http://deploy.spin.internal{path}");
    let request = request.method(method).uri(uri).body(Vec::new());
    let request = request.map_err(|error| Failure::internal("ask deploy", error))?;
    outbound::send(request, TIMEOUTS).await.map_err(|error| error.of("The deployments' component"))
}

fn in_the_way(standing: &[Thing], asked: bool) -> Failure {
    let errors = standing.iter().map(|thing| match thing {
        Thing::Build(id, status) => Fault {
            field: format!("/api/v1/builds/{id}"),
            detail: format!("is {}", format!("{status:?}").to_lowercase()),
        },
        Thing::Deployment { id, service, remains } => Fault {
            field: format!("/api/v1/deployments/{id}"),
            detail: match remains {
                Remains::Leaving => format!("the service {service} is not removed to the end yet"),
                _ => format!("the service {service} is deployed"),
            },
        },
    });
    let errors = errors.collect();
    let problem = if asked {
        let detail = "It is being taken down. Ask again in a moment.";
        Problem::new(ProblemKind::InProgress, detail).retry_after(3)
    } else {
        let detail = "Something of this project is running. Stop it first, or delete the project \
                      with ?take_down=true (and &volumes=true to delete what it has stored).";
        Problem::conflict(Reason::ProjectInUse, detail)
    };
    Problem { errors, ..problem }.into()
}
