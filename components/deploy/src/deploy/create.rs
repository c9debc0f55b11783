//! `POST /api/v1/deploy`: check, resolve, look, number, record, tell, answer.
//!
//! Five writes (number, revision, two of the audit trail, outcome); four more for a service's first
//! deployment (claim, number, record, pointer). The revision is written before the cluster is told: if the telling is
//! interrupted, the next read goes on with it. Only the values of secrets are nowhere else; if they
//! were lost on the way, the deployment says so.

use super::{
    claims::{begin, check_room, claim_domain, identify},
    dry_run::{Wanted, dry_run},
    image::resolve,
    place,
    secrets::resolve as resolve_secrets,
};
use crate::{
    apply::{FOREIGN, tell},
    cluster::{Cluster, Trouble},
    ground::look,
    present::Loaded,
    remove::was_overtaken,
};
use futures::future::{join_all, try_join};
use http::StatusCode;
use nokube_domain::{
    DeploymentId, Problem, ProblemKind,
    deploy::{
        Cause, DeploymentCreated, DeploymentRecord, DeploymentView, ImageUsed, NewDeployment,
        Observed, Outcome, Release, Revision, Run, SecretText, Status, Wish,
    },
    name::Username,
    project::{Members, Project},
    whole_seconds,
};
use nokube_edge::{
    Call, Failure, Reply, Result, audit, now,
    store::{Counter, Log, Store},
    warn,
};
use nokube_kube::{Manifest, Manifests, Tenant, names, observe::Standing, refusal::Refusal};
use std::collections::{BTreeMap, BTreeSet};

pub async fn create(mut call: Call) -> Result<Reply> {
    call.only_query(&["dry_run"])?;
    let dry = match call.query("dry_run") {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(Problem::field("dry_run", "must be true or false").into()),
    };
    let (mut fields, _) = call.fields().await?;
    let store = Store::open().await?;
    let caller = call.caller()?.clone();
    let Some(pid) = NewDeployment::project_id(&mut fields) else {
        // The other faults are told with this one.
        let cluster = Cluster::new().await?;
        let faults = NewDeployment::parse(fields, &caller, None, &cluster.settings.offer).err();
        return Err(faults.unwrap_or_else(|| Problem::field("project_id", "is required")).into());
    };
    let (project, members) = futures::join!(store.project(pid), store.members(pid));
    let members = members?;
    call.may(members.as_ref(), "project")?;
    let project = project?.ok_or_else(|| Problem::not_found("project"))?;
    let members = members.ok_or_else(|| Problem::not_found("project"))?;
    let cluster = Cluster::new().await?;
    let asked = NewDeployment::parse(fields, &caller, Some(&project), &cluster.settings.offer)?;

    let (image, known) = try_join(
        resolve(&call, &cluster.settings.images, &asked.image, &project),
        identify(&store, pid, &asked.spec.service),
    )
    .await?;
    let tenant = Tenant { project: &project, owner: &members.owner };
    let before = known.as_ref().and_then(|known| known.revision.as_ref());
    let before_run = before.and_then(Revision::run);
    let id = known.as_ref().map(|known| known.record.id);
    let (secrets, ()) = try_join(
        resolve_secrets(&cluster, &tenant, &asked.secrets, before_run),
        place::check(&cluster, &tenant, &asked.spec, id),
    )
    .await?;
    let draft = Draft { asked: &asked, secrets: &secrets, before: before_run, by: &caller.login };

    if dry {
        let trial = Wanted { known: known.as_ref(), tenant, secrets: &secrets, before: before_run };
        return dry_run(&cluster, trial, |id, number| {
            draft.run(&cluster, id, number, image.clone())
        })
        .await;
    }
    if before_run.is_none() {
        check_room(&store, pid, &members.owner, &cluster.settings.most, known.is_some()).await?;
    }
    let record = match &known {
        Some(known) => known.record.clone(),
        None => begin(&store, pid, &asked.spec.service).await?,
    };
    let change = Change {
        cause: Cause::Deploy,
        before: before_run,
        replaces: before.map(|before| before.number),
        run: &|number| draft.run(&cluster, record.id, number, image.clone()),
        secrets: Some(&secrets),
    };
    let subject = Subject { record: &record, project: &project, members: &members };
    carry_out(&call, &store, &cluster, subject, change).await
}

/// All that a revision is made of, but for its number.
struct Draft<'a> {
    asked: &'a NewDeployment,
    secrets: &'a BTreeMap<String, SecretText>,
    before: Option<&'a Run>,
    by: &'a Username,
}

impl Draft<'_> {
    fn run(&self, cluster: &Cluster, id: DeploymentId, number: u32, image: ImageUsed) -> Run {
        let spec = self.asked.spec.clone();
        let name_key = &cluster.settings.name_key;
        let release = Release {
            number,
            by: self.by.clone(),
            at: now(),
            image,
            variables_object: names::variables_object(id, &spec.service, &spec.variables),
            secrets_object: name_key.secrets_object(id, &spec.service, self.secrets),
            secrets: self.secrets.keys().cloned().collect(),
            spec,
        };
        // Asked for once more, it is no new release.
        let same = self.before.map(|run| &run.release).filter(|before| before.is_same(&release));
        let release = same.cloned().unwrap_or(release);
        Run::next(self.before, release, cluster.settings.keep)
    }
}

/// Which deployment a change is about.
pub struct Subject<'a> {
    pub record: &'a DeploymentRecord,
    pub project: &'a Project,
    pub members: &'a Members,
}

/// A new wish about a deployment.
pub struct Change<'a> {
    pub cause: Cause,
    pub before: Option<&'a Run>,
    /// The revision that was the newest until now.
    pub replaces: Option<u32>,
    /// What is to run, as the revision of this number.
    pub run: &'a dyn Fn(u32) -> Run,
    pub secrets: Option<&'a BTreeMap<String, SecretText>>,
}

/// Looks at the cluster, numbers and writes the revision, tells the cluster, keeps what came of it,
/// and answers with 202. While the cluster does not answer, no number is taken and nothing written.
///
/// # Errors
/// The cluster or the store failed; the namespace is somebody else's, or on its way out.
pub async fn carry_out(
    call: &Call,
    store: &Store,
    cluster: &Cluster,
    subject: Subject<'_>,
    change: Change<'_>,
) -> Result<Reply> {
    let id = subject.record.id;
    let caller = call.caller()?;
    let revision = |number: u32| Revision {
        of: id,
        number,
        by: caller.login.clone(),
        person: Some(caller.person.clone()),
        at: now(),
        cause: change.cause,
        wish: Wish::Run(Box::new((change.run)(number))),
    };
    let mut loaded = Loaded {
        record: subject.record.clone(),
        project: subject.project.clone(),
        members: subject.members.clone(),
        // The number is no part of what is looked for.
        revision: revision(0),
        outcome: None,
        last_seen: None,
    };
    let ground = {
        let deployed = loaded.deployed(loaded.run()?);
        let manifests = Manifests::new(cluster.platform(), &deployed, change.secrets);
        look(cluster, &deployed, &manifests, change.before).await?
    };
    match ground.namespace {
        Standing::Leaving => return Err(Trouble::Refused(Refusal::Terminating).into()),
        Standing::Foreign => return Err(Failure::problem(ProblemKind::Conflict, FOREIGN)),
        Standing::Absent | Standing::Ours { .. } => {}
    }
    let most = cluster.settings.most.domains;
    let spec = &loaded.run()?.release.spec;
    claim_domain(store, id.project, &caller.person, most, spec).await?;
    loaded.revision = revision(store.increment(&Counter::revisions(id))?);
    store.set_revision(&loaded.revision).await?;
    // Who deletes the project looks at its deployments once more after its record has gone: one of the
    // two sees the other.
    if store.project(id.project).await?.is_none() {
        store.delete_revision(id, loaded.revision.number).await?;
        return Err(Problem::not_found("project").into());
    }
    note(call, store, &loaded).await?;
    let told = {
        let deployed = loaded.deployed(loaded.run()?);
        let manifests = Manifests::new(cluster.platform(), &deployed, change.secrets);
        tell(cluster, &deployed, &manifests, ground).await
    };
    loaded.keep(store, told.outcome, told.warnings).await?;
    if was_overtaken(store, cluster, &mut loaded).await? {
        return Err(Problem::not_found("deployment").into());
    }
    forget(store, &loaded, &change).await;
    answer(cluster, &loaded)
}

/// Adds to the project's audit trail who wished for what; the values are nobody's to read there.
pub async fn note(call: &Call, store: &Store, loaded: &Loaded) -> Result<()> {
    let cause = serde_json::to_value(loaded.revision.cause).unwrap_or_default();
    let action = format!("deployment.{}", cause.as_str().unwrap_or_default());
    let object = format!("/api/v1/deployments/{}", loaded.id());
    audit::record(store, call, &Log::Project(loaded.project.id), &action, object).await
}

/// Forgets the revisions that nobody can go back to. One that stays after all does no harm.
async fn forget(store: &Store, loaded: &Loaded, change: &Change<'_>) {
    let kept = change.before.map(|run| run.kept.as_slice()).unwrap_or_default();
    let old = kept.iter().map(|kept| kept.number).chain(change.replaces);
    let old: BTreeSet<u32> = old.filter(|number| !loaded.revision.keeps(*number)).collect();
    let deletes = old.into_iter().map(|number| store.delete_revision(loaded.id(), number));
    for done in join_all(deletes).await {
        if let Err(failure) = done {
            warn(format_args!("a revision stays: {failure:?}"));
        }
    }
}

/// The answer to everything that makes a revision. What the cluster shows comes with the next look.
fn answer(cluster: &Cluster, loaded: &Loaded) -> Result<Reply> {
    let view: DeploymentView = loaded.view(cluster, &Observed::Absent)?;
    let run = loaded.run()?;
    let deployed = loaded.deployed(run);
    let none = BTreeMap::new();
    let manifests = Manifests::new(cluster.platform(), &deployed, Some(&none));
    let is_told = matches!(loaded.outcome.as_ref().map(|doc| &doc.outcome), Some(Outcome::Applied));
    let created = DeploymentCreated {
        deployment_id: view.deployment_id,
        project_id: view.project_id,
        service_name: view.service_name,
        // It stands, and is on its way: nobody has looked at pods yet.
        status: if is_told { Status::Deploying } else { view.status },
        image_name: view.image_name,
        created_at: whole_seconds(loaded.record.created_at),
        manifests_generated: manifests.all().map(Manifest::title).collect(),
        access_url: view.access_url,
        revision: view.revision,
        error_message: view.error_message.filter(|_| !is_told),
        errors: view.errors,
        warnings: view.warnings,
    };
    let place = format!("/api/v1/deployments/{}", view.deployment_id);
    Ok(Reply::json(StatusCode::ACCEPTED, &created).header("location", &place))
}
