//! A deployment as it is stored: its record, its project and members, its newest revision, and the
//! outcome of applying that revision.

use nokube_domain::{
    DeploymentId, Problem,
    deployments::{
        ApplyOutcome, DeployedState, DeploymentRecord, DeploymentView, KnownRevision,
        LastObservation, Observation, ObservedState, OutcomeRecord, Revision, StatusInput, view,
    },
    projects::{Members, Project},
};
use nokube_edge::{
    Call, Result, now,
    store::{Store, keys},
};
use nokube_kube::{ManifestInput, Platform, Tenant};

pub struct Deployment {
    pub record: DeploymentRecord,
    pub project: Project,
    pub members: Members,
    /// The newest revision.
    pub revision: Revision,
    /// The outcome of the newest revision that has one.
    pub outcome: Option<OutcomeRecord>,
    /// The status at the last read that reached the cluster.
    pub last_observation: Option<LastObservation>,
}

impl Deployment {
    /// Loads the deployment that the path names: six concurrent reads, then one more.
    ///
    /// # Errors
    /// 404 if it does not exist or the caller has no role in its project.
    pub async fn load(call: &Call, store: &Store) -> Result<Self> {
        let id: DeploymentId = call.path_parameter("deployment", "deployment")?;
        let (members, deployment) = Self::read(store, id).await?;
        call.require_role(members.as_ref(), "deployment")?;
        Ok(deployment.ok_or_else(|| Problem::not_found("deployment"))?)
    }

    /// The deployment with this id: as many reads as for [`Self::load`].
    ///
    /// # Errors
    /// The store failed.
    pub async fn find(store: &Store, id: DeploymentId) -> Result<Option<Self>> {
        Ok(Self::read(store, id).await?.1)
    }

    /// The members of the project, and the deployment, if each of its records exists.
    async fn read(store: &Store, id: DeploymentId) -> Result<(Option<Members>, Option<Self>)> {
        let (members, project, record, revision, outcome, last_observation) = futures::join!(
            store.get(keys::members(id.project)),
            store.get(keys::project(id.project)),
            store.deployment_by_id(id),
            store.newest_revision(id),
            store.outcome(id),
            store.last_observation(id),
        );
        let (members, outcome, last_observation) = (members?, outcome?, last_observation?);
        let (project, record, revision) = (project?, record?, revision?);
        let found = || {
            let (members, project) = (members.clone()?, project?);
            let (record, revision) = (record?, revision?);
            Some(Self { record, project, members, revision, outcome, last_observation })
        };
        let deployment = found();
        Ok((members, deployment))
    }

    pub fn id(&self) -> DeploymentId {
        self.record.id
    }

    /// The id on its objects in the cluster.
    pub fn cluster_id(&self) -> DeploymentId {
        self.record.cluster_id()
    }

    pub fn tenant(&self) -> Tenant<'_> {
        let is_preview = self.record.preview.is_some();
        Tenant { project: &self.project, owner: &self.members.owner, is_preview }
    }

    pub fn namespace(&self) -> String {
        self.tenant().namespace()
    }

    /// What the newest revision deploys.
    ///
    /// # Errors
    /// 404 if the newest revision deletes the deployment.
    pub fn state(&self) -> Result<&DeployedState> {
        Ok(self.revision.deployed().ok_or_else(|| Problem::not_found("deployment"))?)
    }

    pub fn manifest_input<'a>(&'a self, state: &'a DeployedState) -> ManifestInput<'a> {
        let (id, revision) = (self.cluster_id(), self.revision.number);
        ManifestInput { tenant: self.tenant(), id, revision, state }
    }

    /// Whether the newest revision deletes the deployment.
    pub fn is_deleted(&self) -> bool {
        self.revision.deployed().is_none()
    }

    /// Whether the platform has built the image that the newest revision deploys.
    pub fn is_built_here(&self) -> bool {
        self.revision.is_built_here()
    }

    /// The outcome of the newest revision, if it has one.
    pub fn revision_outcome(&self) -> Option<&OutcomeRecord> {
        self.outcome.as_ref().filter(|outcome| outcome.revision == self.revision.number)
    }

    /// Whether the newest revision has been applied or rejected, and not interrupted.
    pub fn is_reconciled(&self) -> bool {
        self.outcome.as_ref().is_some_and(|outcome| outcome.is_reconciled(self.revision.number))
    }

    pub fn is_applied(&self) -> bool {
        self.revision_outcome().is_some_and(|outcome| outcome.outcome == ApplyOutcome::Applied)
    }

    /// Whether the newest revision and its outcome were written at least `seconds` ago.
    pub fn is_idle_for(&self, seconds: i64) -> bool {
        let last = self.revision_outcome().map_or(self.revision.at, |outcome| outcome.at);
        now().as_second() - last.as_second() >= seconds
    }

    /// Stores the outcome of the newest revision, merged with what is stored already.
    pub async fn save_outcome(
        &mut self,
        store: &Store,
        outcome: ApplyOutcome,
        warnings: Vec<String>,
    ) -> Result<()> {
        let (deployment_id, revision) = (self.record.id, self.revision.number);
        let outcome = OutcomeRecord { deployment_id, revision, at: now(), outcome, warnings };
        self.outcome = Some(store.merge_outcome(outcome).await?);
        Ok(())
    }

    /// What is known of it, to compare with what another reader knew.
    pub fn known_revision(&self) -> KnownRevision {
        KnownRevision::new(&self.revision, self.outcome.as_ref())
    }

    /// The observed state, from now.
    pub fn observation(&self, state: ObservedState) -> Observation {
        Observation { known: self.known_revision(), at: now(), state }
    }

    /// The deployment as the API shows it.
    ///
    /// # Errors
    /// 404 if the newest revision deletes the deployment.
    pub fn view(&self, platform: &Platform, observation: &Observation) -> Result<DeploymentView> {
        let state = self.state()?;
        let input = StatusInput {
            created_at: self.record.created_at,
            revision: &self.revision,
            deployed: state,
            outcome: self.outcome.as_ref(),
            last_observation: self.last_observation.as_ref(),
            observed_at: observation.at,
            access_url: platform.access_url(&self.project, &state.release.spec),
        };
        Ok(view(&input, &observation.state, now()))
    }
}
