//! The present state of one deployment: the wish from storage, the rest from the cluster.
//!
//! Six reads at once and one after them (seven where a number was handed out in vain). A revision
//! whose telling was interrupted is told again by the first read after a while.

use crate::{
    apply::{secrets_of, tell},
    cluster::{Cluster, Trouble},
    deploy::create::Subject,
    ground::look,
    remove::{remove, was_overtaken},
    sight::observe,
};
use nokube_domain::{
    DeploymentId, Problem,
    deploy::{
        DeploymentRecord, DeploymentView, Known, LastSeen, ObjectFault, Observed, Outcome,
        OutcomeDoc, Revision, Run, Wish, view,
    },
    project::{Members, Project},
};
use nokube_edge::{Call, Result, now, store::Store};
use nokube_kube::{Deployed, Kind, Manifests, Tenant};

/// A deployment that a caller may see.
pub struct Loaded {
    pub record: DeploymentRecord,
    pub project: Project,
    pub members: Members,
    pub revision: Revision,
    pub outcome: Option<OutcomeDoc>,
    pub last_seen: Option<LastSeen>,
}

/// Loads the deployment that the path names, for a caller who may see it.
///
/// # Errors
/// 404 for one that does not exist, or is not the caller's.
pub async fn load(call: &Call, store: &Store) -> Result<Loaded> {
    let id: DeploymentId = call.path("deployment", "deployment")?;
    let (members, project, record, revision, outcome, last_seen) = futures::join!(
        store.members(id.project),
        store.project(id.project),
        store.deployment(id.project, id.number),
        store.newest_revision(id),
        store.outcome(id),
        store.last_seen(id),
    );
    let members = members?;
    call.may(members.as_ref(), "deployment")?;
    let none = || Problem::not_found("deployment");
    let record = record?.filter(|record| record.id == id).ok_or_else(none)?;
    Ok(Loaded {
        record,
        project: project?.ok_or_else(none)?,
        members: members.ok_or_else(none)?,
        revision: revision?.ok_or_else(none)?,
        outcome: outcome?,
        last_seen: last_seen?,
    })
}

impl Loaded {
    pub fn id(&self) -> DeploymentId {
        self.record.id
    }

    pub fn subject(&self) -> Subject<'_> {
        Subject { record: &self.record, project: &self.project, members: &self.members }
    }

    pub fn tenant(&self) -> Tenant<'_> {
        Tenant { project: &self.project, owner: &self.members.owner }
    }

    pub fn namespace(&self) -> String {
        self.tenant().namespace().as_str().to_owned()
    }

    /// What runs (or is stopped).
    ///
    /// # Errors
    /// 404 once it is gone.
    pub fn run(&self) -> Result<&Run> {
        Ok(self.revision.run().ok_or_else(|| Problem::not_found("deployment"))?)
    }

    pub fn deployed<'a>(&'a self, run: &'a Run) -> Deployed<'a> {
        let (id, revision) = (self.record.id, self.revision.number);
        Deployed { tenant: self.tenant(), id, revision, run }
    }

    fn outcome_of_revision(&self) -> Option<&OutcomeDoc> {
        self.outcome.as_ref().filter(|doc| doc.revision == self.revision.number)
    }

    /// Has the cluster been told the newest revision, whatever it made of it?
    pub fn is_told(&self) -> bool {
        self.outcome.as_ref().is_some_and(|doc| doc.tells(self.revision.number))
    }

    /// Has the cluster taken the newest revision?
    fn is_applied(&self) -> bool {
        self.outcome_of_revision().is_some_and(|doc| doc.outcome == Outcome::Applied)
    }

    /// Has nobody been at it for a while?
    fn is_quiet(&self, seconds: i64) -> bool {
        let last = self.outcome_of_revision().map_or(self.revision.at, |doc| doc.at);
        now().as_second() - last.as_second() >= seconds
    }

    fn note(&self, outcome: Outcome, warnings: Vec<String>) -> OutcomeDoc {
        let (of, revision) = (self.record.id, self.revision.number);
        OutcomeDoc { of, revision, at: now(), outcome, warnings }
    }

    /// Keeps what came of telling the cluster this revision.
    pub async fn keep(
        &mut self,
        store: &Store,
        outcome: Outcome,
        warnings: Vec<String>,
    ) -> Result<()> {
        self.outcome = Some(store.learn_outcome(self.note(outcome, warnings)).await?);
        Ok(())
    }

    fn known<'a>(&'a self, cluster: &Cluster, run: &'a Run) -> Known<'a> {
        Known {
            created_at: self.record.created_at,
            revision: &self.revision,
            run,
            outcome: self.outcome.as_ref(),
            last_seen: self.last_seen.as_ref(),
            access_url: cluster.platform().access_url(&self.project, &run.release.spec),
        }
    }

    pub fn view(&self, cluster: &Cluster, observed: &Observed) -> Result<DeploymentView> {
        Ok(view(&self.known(cluster, self.run()?), observed, now()))
    }
}

/// The deployment as it is now: what was interrupted is taken up again, the cluster is looked at, and
/// what is worth it is kept for when the cluster is away.
pub async fn present(
    store: &Store,
    cluster: &Cluster,
    loaded: &mut Loaded,
) -> Result<DeploymentView> {
    if !loaded.is_told() && loaded.is_quiet(cluster.settings.resume) {
        resume(store, cluster, loaded).await?;
    }
    loaded.run()?;
    let mut observed = observe(cluster, loaded).await;
    let behind = |observed: &Observed| match observed {
        Observed::Present(rollout) => rollout.revision < loaded.revision.number,
        _ => false,
    };
    // An older revision was told late, over the newest: that one, which was taken, is told again.
    if loaded.is_applied() && behind(&observed) && loaded.is_quiet(cluster.settings.resume) {
        resume(store, cluster, loaded).await?;
        observed = observe(cluster, loaded).await;
    }
    let view = loaded.view(cluster, &observed)?;
    keep_last_seen(store, loaded.last_seen.as_ref(), &view, &observed).await?;
    Ok(view)
}

/// Keeps what was seen, if it is news.
pub async fn keep_last_seen(
    store: &Store,
    before: Option<&LastSeen>,
    view: &DeploymentView,
    observed: &Observed,
) -> Result<()> {
    let seen = LastSeen {
        of: view.deployment_id,
        revision: view.revision,
        status: view.status,
        ready: view.replicas_ready,
        total: view.replicas_total,
        at: now(),
    };
    if matches!(observed, Observed::Present(_)) && seen.is_news(before) {
        store.set_last_seen(&seen).await?;
    }
    Ok(())
}

/// Tells the cluster the newest revision again, unless somebody has tried a moment ago. That it is
/// tried is written first: of many readers one tries.
pub async fn resume(store: &Store, cluster: &Cluster, loaded: &mut Loaded) -> Result<()> {
    let tried = store.tried(loaded.id()).await?;
    let second = now().as_second();
    if tried.is_some_and(|tried| second - tried.as_second() < cluster.settings.resume.max(1)) {
        return Ok(());
    }
    store.set_tried(loaded.id(), now()).await?;
    let (outcome, warnings) = match &loaded.revision.wish {
        Wish::Gone(gone) => (remove(store, cluster, loaded, *gone).await?, Vec::new()),
        Wish::Run(run) => retell(cluster, loaded, run).await,
    };
    loaded.keep(store, outcome, warnings).await?;
    was_overtaken(store, cluster, loaded).await.map(drop)
}

async fn retell(cluster: &Cluster, loaded: &Loaded, run: &Run) -> (Outcome, Vec<String>) {
    let deployed = loaded.deployed(run);
    let manifests = Manifests::new(cluster.platform(), &deployed, None);
    let interrupted = |trouble: Trouble| (Outcome::Interrupted(trouble.sentence()), Vec::new());
    if let Some(object) = &run.release.secrets_object {
        match secrets_of(cluster, &deployed.tenant, object).await {
            Ok(Some(_)) => {}
            Ok(None) => {
                let faults = vec![lost_secrets(object, run)];
                return (Outcome::Refused { faults, stand: Vec::new() }, Vec::new());
            }
            Err(trouble) => return interrupted(trouble),
        }
    }
    match look(cluster, &deployed, &manifests, Some(run)).await {
        Ok(ground) => {
            let told = tell(cluster, &deployed, &manifests, ground).await;
            (told.outcome, told.warnings)
        }
        Err(trouble) => interrupted(trouble),
    }
}

/// The values never reached the cluster, or have left it; nobody else has them.
pub fn lost_secrets(object: &str, run: &Run) -> ObjectFault {
    let names = run.release.secrets.join(", ");
    ObjectFault {
        kind: Kind::Secret.name().into(),
        name: object.to_owned(),
        field: Some("secrets".into()),
        detail: format!("The values of {names} are not in the cluster. Deploy again with them."),
    }
}
