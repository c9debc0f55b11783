//! What a reader is told about a deployment: a pure function of wish, outcome and what was seen.

use super::{Outcome, OutcomeDoc, Revision, Run};
use crate::{BuildId, DeploymentId, ProjectId, Timestamp, image::Digest, whole_seconds};
use serde::{Deserialize, Serialize};

/// The status that the contract knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = DeploymentStatus))]
pub enum Status {
    Pending,
    Deploying,
    Running,
    Failed,
    Stopped,
}

/// A pod: a running copy of the program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = Pod))]
pub struct PodView {
    pub name: String,
    /// Kubernetes' word: `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`.
    pub phase: String,
    /// Does it take requests?
    pub ready: bool,
    /// Of the newest revision, or of one that is being replaced.
    pub current: bool,
    pub restarts: u32,
    /// Kubernetes' own word, such as `CrashLoopBackOff`.
    pub reason: Option<String>,
    /// What is wrong with it, for programs, in the words of the deployment's `error_code`.
    pub code: Option<String>,
    /// The same for people, with what to do.
    pub message: Option<String>,
    pub started_at: Option<Timestamp>,
}

/// A condition of the Deployment, as Kubernetes tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = Condition))]
pub struct ConditionView {
    pub r#type: String,
    pub status: String,
    #[serde(default, deserialize_with = "null_too")]
    pub reason: String,
    #[serde(default, deserialize_with = "null_too")]
    pub message: String,
}

fn null_too<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// How far the cluster has come with what it was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    Rolling,
    Done,
    /// It cannot go on by itself.
    Stuck,
}

/// A Deployment as the cluster shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rollout {
    /// The revision that it was last told.
    pub revision: u32,
    pub progress: Progress,
    pub ready: u32,
    pub total: u32,
    pub pods: Vec<PodView>,
    pub conditions: Vec<ConditionView>,
    /// What is wrong, for programs and for people.
    pub trouble: Option<(String, String)>,
    /// The digest that runs, as a node tells it.
    pub digest: Option<Digest>,
}

/// What a look at the cluster found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observed {
    Absent,
    Present(Box<Rollout>),
    /// It does not answer, or refuses: why, in words.
    Unreachable(String),
}

/// What was last seen of a deployment, as it is kept for when the cluster is away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastSeen {
    pub of: DeploymentId,
    pub revision: u32,
    pub status: Status,
    pub ready: u32,
    pub total: u32,
    pub at: Timestamp,
}

impl LastSeen {
    /// Is this news that is worth a write? A minute's age is.
    pub fn is_news(&self, before: Option<&Self>) -> bool {
        let Some(before) = before else { return true };
        let facts = |seen: &Self| (seen.of, seen.revision, seen.status, seen.ready, seen.total);
        facts(self) != facts(before) || self.at.as_second() - before.at.as_second() >= 60
    }
}

/// A deployment, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = Deployment))]
pub struct DeploymentView {
    pub deployment_id: DeploymentId,
    pub project_id: ProjectId,
    pub service_name: String,
    pub display_name: String,
    pub status: Status,
    pub image_name: String,
    /// Which image exactly, once that is known.
    pub image_digest: Option<Digest>,
    /// The build that made it, if one of this platform did.
    pub build_id: Option<BuildId>,
    /// Pods that take requests.
    pub replicas_ready: u32,
    /// Pods that are wanted.
    pub replicas_total: u32,
    pub created_at: Timestamp,
    /// When the newest revision was asked for.
    pub updated_at: Timestamp,
    /// When the cluster was last seen; now, unless it is away.
    pub observed_at: Option<Timestamp>,
    /// For programs: `refused`, `cluster_unreachable`, `interrupted`, `removed`, or what is wrong with
    /// its pods, such as `crash`, `out_of_memory` or `image_pull`.
    pub error_code: Option<String>,
    /// For people: what is wrong and what to do.
    pub error_message: Option<String>,
    /// Where it is reached.
    pub access_url: Option<String>,
    /// Counts everything that was wished of it.
    pub revision: u32,
    /// The revision whose image and configuration it runs.
    pub release: u32,
    pub pods: Vec<PodView>,
    pub conditions: Vec<ConditionView>,
    /// What the cluster refused.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<super::ObjectFault>,
    /// What the cluster warned of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// The answer to a request for a deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct DeploymentCreated {
    pub deployment_id: DeploymentId,
    pub project_id: ProjectId,
    pub service_name: String,
    pub status: Status,
    pub image_name: String,
    pub created_at: Timestamp,
    /// The objects of the cluster, `KIND NAME` each.
    pub manifests_generated: Vec<String>,
    pub access_url: Option<String>,
    pub revision: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false))]
    /// Why the cluster has not got it, if it has not.
    pub error_message: Option<String>,
    /// What the cluster refused.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<super::ObjectFault>,
    /// What the cluster warned of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// Everything that an answer is made of.
pub struct Known<'a> {
    pub created_at: Timestamp,
    pub revision: &'a Revision,
    pub run: &'a Run,
    pub outcome: Option<&'a OutcomeDoc>,
    pub last_seen: Option<&'a LastSeen>,
    pub access_url: Option<String>,
}

impl Known<'_> {
    /// The outcome of the present revision.
    fn present_outcome(&self) -> Option<&OutcomeDoc> {
        self.outcome
            .filter(|doc| doc.of == self.revision.of && doc.revision == self.revision.number)
    }

    /// The status while the cluster is away: what was last seen of this very revision.
    fn status_unseen(&self) -> Status {
        let seen = self
            .last_seen
            .filter(|seen| seen.of == self.revision.of && seen.revision >= self.revision.number);
        match (seen, self.present_outcome().map(|doc| &doc.outcome)) {
            (Some(seen), _) => seen.status,
            (None, Some(Outcome::Applied)) => Status::Deploying,
            (None, _) => Status::Pending,
        }
    }
}

/// The status, and what is wrong.
type Verdict = (Status, Option<(String, String)>);

fn verdict(known: &Known<'_>, observed: &Observed) -> Verdict {
    let trouble = |code: &str, message: String| Some((code.to_owned(), message));
    let outcome = known.present_outcome().map(|doc| &doc.outcome);
    match (outcome, observed) {
        (Some(Outcome::Refused { faults, stand }), _) => {
            (Status::Failed, trouble("refused", refusal(faults, stand)))
        }
        (_, Observed::Unreachable(why)) => {
            (known.status_unseen(), trouble("cluster_unreachable", why.clone()))
        }
        (Some(Outcome::Interrupted(why)), _) => {
            let message =
                format!("The cluster has not got the whole of it yet: {why} It is tried again.");
            (Status::Pending, trouble("interrupted", message))
        }
        (None, Observed::Absent) => (Status::Pending, None),
        (Some(Outcome::Applied), Observed::Absent) => {
            let message = "Somebody has removed it from the cluster. Start it, or deploy it again.";
            (Status::Failed, trouble("removed", message.into()))
        }
        (_, Observed::Present(rollout)) => match rollout.progress {
            _ if rollout.revision < known.revision.number => (Status::Deploying, None),
            Progress::Done if known.run.stopped => (Status::Stopped, None),
            Progress::Done => (Status::Running, rollout.trouble.clone()),
            Progress::Rolling => (Status::Deploying, rollout.trouble.clone()),
            Progress::Stuck => (Status::Failed, rollout.trouble.clone()),
        },
    }
}

/// What was refused, in a sentence; the faults stand beside it one by one.
fn refusal(faults: &[super::ObjectFault], stand: &[String]) -> String {
    let mut text = match faults {
        [only] => format!("The cluster refused {} {}: {}", only.kind, only.name, only.detail),
        many => {
            let names: Vec<_> = many.iter().map(|f| format!("{} {}", f.kind, f.name)).collect();
            format!("The cluster refused {}.", names.join(", "))
        }
    };
    if !stand.is_empty() {
        text.push_str(&format!(" These stand: {}.", stand.join(", ")));
    }
    text.push_str(" Mend it and deploy again; nothing has to be removed first.");
    text
}

/// The whole answer.
pub fn view(known: &Known<'_>, observed: &Observed, now: Timestamp) -> DeploymentView {
    let (status, trouble) = verdict(known, observed);
    let (error_code, error_message) = trouble.unzip();
    let release = &known.run.release;
    let rollout = match observed {
        Observed::Present(rollout) => Some(rollout.as_ref()),
        _ => None,
    };
    let last = match observed {
        Observed::Unreachable(_) => known.last_seen.filter(|seen| seen.of == known.revision.of),
        _ => None,
    };
    let count = |seen: fn(&LastSeen) -> u32, live: fn(&Rollout) -> u32| {
        rollout.map(live).or(last.map(seen)).unwrap_or(0)
    };
    // Until the cluster has been told this revision, what runs is another image.
    let digest = rollout
        .filter(|rollout| rollout.revision >= known.revision.number)
        .and_then(|rollout| rollout.digest.clone());
    let outcome = known.present_outcome();
    let errors = match outcome.map(|doc| &doc.outcome) {
        Some(Outcome::Refused { faults, .. }) => faults.clone(),
        _ => Vec::new(),
    };
    DeploymentView {
        deployment_id: known.revision.of,
        project_id: known.revision.of.project,
        service_name: release.spec.service.to_string(),
        display_name: release.spec.display_name.clone(),
        status,
        image_name: release.image.name.to_string(),
        image_digest: release.image.digest.clone().or(digest),
        build_id: release.image.build,
        replicas_ready: count(|seen| seen.ready, |rollout| rollout.ready),
        replicas_total: count(|seen| seen.total, |rollout| rollout.total),
        created_at: whole_seconds(known.created_at),
        updated_at: whole_seconds(known.revision.at),
        observed_at: match observed {
            Observed::Unreachable(_) => last.map(|seen| whole_seconds(seen.at)),
            _ => Some(whole_seconds(now)),
        },
        error_code,
        error_message,
        access_url: known.access_url.clone(),
        revision: known.revision.number,
        release: release.number,
        pods: rollout.map(|rollout| rollout.pods.clone()).unwrap_or_default(),
        conditions: rollout.map(|rollout| rollout.conditions.clone()).unwrap_or_default(),
        errors,
        warnings: outcome.map(|doc| doc.warnings.clone()).unwrap_or_default(),
    }
}
