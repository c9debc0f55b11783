//! `POST /api/v1/builds`: check, claim, number, record, dispatch, answer.
//!
//! Five writes (counter, record, two of the audit trail, run), seven with an `Idempotency-Key` (claim,
//! pointer). Whatever
//! comes after the record may be lost: the next read finds the run by its title. A build is never
//! dispatched twice.

use crate::{
    github::{GitHub, check_source, dispatch},
    projects::delete::unfinished,
    settings::Waits,
};
use data_encoding::HEXLOWER;
use futures::future::{join_all, try_join};
use http::StatusCode;
use nokube_domain::{
    BuildId, Person, Problem, ProblemKind, ProjectId,
    build::{BuildCreated, BuildRecord, Known, NewBuild, RunDoc, Status, verdict},
    name::ServiceName,
    whole_seconds,
};
use nokube_edge::{
    Call, Failure, Reply, Result, audit,
    claims::{Claim, claim, made},
    now, random,
    store::{Counter, Log, Store},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What an idempotency key made.
#[derive(Serialize, Deserialize)]
struct Made {
    build: BuildId,
    /// Of the request's body: the same key with another body is a mistake.
    body: String,
}

pub async fn create(mut call: Call) -> Result<Reply> {
    call.only_query(&[])?;
    let (mut fields, body) = call.fields().await?;
    let body = HEXLOWER.encode(&Sha256::digest(&body));
    let key = call.idempotency_key()?.map(|key| claim_name(&call, key)).transpose()?;
    let store = Store::open().await?;
    let Some(pid) = NewBuild::project_id(&mut fields) else {
        // The other faults are told with this one.
        let web = &GitHub::new().await?.settings.web;
        let faults = NewBuild::parse(fields, None, web).err();
        return Err(faults.unwrap_or_else(|| Problem::field("project_id", "is required")).into());
    };

    let earlier = async {
        match &key {
            Some(key) => made::<Made>(&store, key).await,
            None => Ok(None),
        }
    };
    let (project, members, earlier) =
        futures::join!(store.project(pid), store.members(pid), earlier);
    let members = members?;
    call.may(members.as_ref(), "project")?;
    let project = project?.ok_or_else(|| Problem::not_found("project"))?;
    if let Some(earlier) = earlier? {
        return replay(&store, &earlier, &body).await;
    }
    let github = GitHub::new().await?;
    let asked = NewBuild::parse(fields, Some(&project.name), &github.settings.web)?;
    asked.check_size()?;
    if let Some(members) = &members {
        quota(&store, &members.owner).await?;
    }

    let caller = call.caller()?;
    let (checked, estimate) = try_join(
        check_source(&github, &call, &asked),
        estimate(&store, pid, &asked.service, github.settings.estimate),
    )
    .await?;

    let held = match &key {
        None => None,
        Some(key) => match claim::<Made>(&store, key).await? {
            Claim::Won(held) => Some(held),
            Claim::Made(earlier) => return replay(&store, &earlier, &body).await,
            Claim::Busy => {
                let detail = "The same request is being carried out; ask again in a moment.";
                return Err(Problem::new(ProblemKind::InProgress, detail).retry_after(2).into());
            }
        },
    };
    let number = store.increment(&Counter::builds(pid))?;
    let id = BuildId::new(pid, number, random()?);
    let record = BuildRecord::new(
        id,
        caller.person.clone(),
        &project,
        asked,
        checked.commit,
        checked.private,
        &github.settings.registry,
        estimate,
        now(),
    );
    store.set_build(&record).await?;
    // Who deletes the project looks at its builds once more after its record has gone: one of the two
    // sees the other.
    if store.project(pid).await?.is_none() {
        store.delete_build(id).await?;
        return Err(Problem::not_found("project").into());
    }
    let object = format!("/api/v1/builds/{id}");
    audit::record(&store, &call, &Log::Project(pid), "build.create", object).await?;
    if let Some(held) = &held {
        held.made(&store, &Made { build: id, body }).await?;
        if !held.holds() {
            return Err(Failure::internal("create", "the claim was held for too long"));
        }
    }
    let news = dispatch(&github, &record, 1).await?.heard(now());
    // A webhook may have been quicker.
    answer(record, store.learn_run(news).await?).await
}

/// Has the project's owner room for one more build under way, in all of their projects?
async fn quota(store: &Store, owner: &Person) -> Result<()> {
    let most = Waits::read().await?.most_running;
    if most == 0 {
        return Ok(());
    }
    let mut running = 0;
    for project in store.owned_by(owner).await? {
        running += unfinished(store, project, most - running).await?.len() as u32;
        if running >= most {
            let detail = format!(
                "{most} builds of this project's owner are under way, which is the most that this \
                 platform allows at once."
            );
            let problem = Problem::new(ProblemKind::TooMany, detail);
            return Err(problem.retry_after(30).into());
        }
    }
    Ok(())
}

/// Answers as the request with the same key was answered, with the status of now.
async fn replay(store: &Store, earlier: &Made, body: &str) -> Result<Reply> {
    if earlier.body != body {
        return Err(Problem::field(
            "Idempotency-Key",
            "was used before for another request; take a new key for a new request",
        )
        .into());
    }
    let id = earlier.build;
    let (record, run) =
        futures::join!(store.build(id.project, id.number), store.run(id.project, id.number));
    let record = record?.filter(|record| record.id == id);
    let record = record.ok_or_else(|| Failure::internal("replay", "the build has no record"))?;
    answer(record, RunDoc::about(id, run?)).await
}

async fn answer(record: BuildRecord, run: RunDoc) -> Result<Reply> {
    let grace = Waits::read().await?.windows.grace;
    let jobs = nokube_domain::build::JobsDoc::new(record.id, Default::default());
    let known = Known { record, run, jobs, wish: None, asked: None };
    let verdict = verdict(&known, grace, now());
    let record = &known.record;
    let created = BuildCreated {
        build_id: record.id,
        project_id: record.id.project,
        status: verdict.status,
        image_full_name: record.image_full_name(),
        created_at: whole_seconds(record.created_at),
        estimated_duration: record.estimate,
        error_message: verdict.message,
    };
    let place = format!("/api/v1/builds/{}", record.id);
    Ok(Reply::json(StatusCode::ACCEPTED, &created).header("location", &place))
}

/// What the latest successful build of the service took, of the project's last few; `else_` when
/// there is none.
async fn estimate(
    store: &Store,
    project: ProjectId,
    service: &ServiceName,
    else_: u32,
) -> Result<u32> {
    let count = store.count(&Counter::builds(project)).await?;
    let numbers = (count.saturating_sub(5)..count).rev().map(|below| below + 1);
    let runs = join_all(numbers.map(|number| store.run(project, number))).await;
    for run in runs {
        let answer = run?.and_then(|run| run.done.map(|done| done.answer));
        let took = answer.filter(|answer| {
            answer.status == Status::Success && answer.service_name == service.as_str()
        });
        if let Some(seconds) = took.and_then(|answer| answer.duration) {
            return Ok(u32::try_from(seconds.max(1)).unwrap_or(else_));
        }
    }
    Ok(else_)
}

/// A person's key is theirs alone, and names one claim among all.
fn claim_name(call: &Call, key: &str) -> Result<String> {
    let person = call.caller()?.person.key();
    Ok(HEXLOWER.encode(&Sha256::digest(format!("build {person} {key}"))))
}
