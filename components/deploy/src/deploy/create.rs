//! `POST /api/v1/deploy`: check, resolve, look, number, record, tell, answer.
//!
//! Three writes (number, revision, outcome); seven for a service's first deployment (claim, number,
//! record, pointer). The revision is written before the cluster is told: if the telling is
//! interrupted, the next read goes on with it. Only the values of secrets are nowhere else; if they
//! were lost on the way, the deployment says so.

use super::{
    claims::{begin, claim_domain, identify},
    dry_run::{Trial, dry_run},
    image::resolve,
    place,
    secrets::resolve as resolve_secrets,
};
use crate::{
    apply::{FOREIGN, look, tell},
    cluster::{Cluster, Trouble},
    present::Loaded,
};
use futures::future::try_join;
use http::StatusCode;
use nokube_domain::{
    DeploymentId, Problem, ProblemKind,
    deploy::{
        Cause, DeploymentCreated, DeploymentView, ImageUsed, NewDeployment, Observed, Outcome,
        Release, Revision, Run, SecretText, Status, Wish,
    },
    name::Username,
    whole_seconds,
};
use nokube_edge::{
    Call, Failure, Reply, Result, now,
    store::{Counter, Store},
};
use nokube_kube::{
    Deployed, Manifest, Manifests, Tenant, names, observe::Standing, refusal::Refusal,
};
use std::collections::BTreeMap;

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
        let trial = Trial { known: known.as_ref(), tenant, secrets: &secrets, before: before_run };
        return dry_run(&cluster, trial, |id, number| {
            draft.run(&cluster, id, number, image.clone())
        })
        .await;
    }
    claim_domain(&store, pid, &asked.spec).await?;
    let record = match &known {
        Some(known) => known.record.clone(),
        None => begin(&store, pid, &asked.spec.service).await?,
    };
    let number = store.increment(&Counter::revisions(record.id))?;
    let run = draft.run(&cluster, record.id, number, image);
    let revision = Revision {
        of: record.id,
        number,
        by: caller.login.clone(),
        at: now(),
        cause: Cause::Deploy,
        wish: Wish::Run(Box::new(run)),
    };
    let before_run = before_run.cloned();
    let loaded = Loaded { record, project, members, revision, outcome: None, last_seen: None };
    carry_out(&store, &cluster, loaded, before_run.as_ref(), Some(&secrets)).await
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
        Run::next(self.before, release, cluster.settings.keep)
    }
}

/// Looks at the cluster, writes the revision, tells the cluster, keeps what came of it, and answers
/// with 202. While the cluster does not answer, nothing is written.
///
/// # Errors
/// The cluster or the store failed.
pub async fn carry_out(
    store: &Store,
    cluster: &Cluster,
    mut loaded: Loaded,
    before: Option<&Run>,
    secrets: Option<&BTreeMap<String, SecretText>>,
) -> Result<Reply> {
    let told = {
        let deployed: Deployed<'_> = loaded.deployed(loaded.run()?);
        let manifests = Manifests::new(cluster.platform(), &deployed, secrets);
        let ground = look(cluster, &deployed, &manifests, before).await?;
        match ground.namespace {
            Standing::Leaving => return Err(Trouble::Refused(Refusal::Terminating).into()),
            Standing::Foreign => {
                return Err(Failure::problem(ProblemKind::Conflict, FOREIGN));
            }
            Standing::Absent | Standing::Ours { .. } => {}
        }
        store.set_revision(&loaded.revision).await?;
        tell(cluster, &deployed, &manifests, ground).await
    };
    loaded.keep(store, told.outcome, told.warnings).await?;
    answer(cluster, &loaded)
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
