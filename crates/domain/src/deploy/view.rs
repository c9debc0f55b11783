//! What a reader is told about a deployment: a pure function of wish, outcome and what was seen.

use super::{At, Cause, Exposure, Outcome, OutcomeDoc, Release, Revision, Run};
use crate::{
    BuildId, DeploymentId, ProjectId, Timestamp, image::Digest, name::Username, whole_seconds,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The status that the contract knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Pending,
    Deploying,
    Running,
    Failed,
    Stopped,
}

/// A pod, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PodView {
    pub name: String,
    pub phase: String,
    pub ready: bool,
    /// Of the newest revision, or of one that is being replaced.
    pub current: bool,
    pub restarts: u32,
    /// Kubernetes' own word, such as `CrashLoopBackOff`.
    pub reason: Option<String>,
    /// The same for people, with what to do.
    pub message: Option<String>,
    pub started_at: Option<Timestamp>,
}

/// A condition of the Deployment, as Kubernetes tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
pub struct DeploymentView {
    pub deployment_id: DeploymentId,
    pub project_id: ProjectId,
    pub service_name: String,
    pub display_name: String,
    pub status: Status,
    pub image_name: String,
    pub image_digest: Option<Digest>,
    pub build_id: Option<BuildId>,
    pub replicas_ready: u32,
    pub replicas_total: u32,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// When the cluster was last seen; now, unless it is away.
    pub observed_at: Option<Timestamp>,
    pub error_code: Option<String>,
    pub error_message: Option<String>,
    pub access_url: Option<String>,
    pub revision: u32,
    /// The revision whose image and configuration it runs.
    pub release: u32,
    pub pods: Vec<PodView>,
    pub conditions: Vec<ConditionView>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<super::ObjectFault>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// The answer to a request for a deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeploymentCreated {
    pub deployment_id: DeploymentId,
    pub project_id: ProjectId,
    pub service_name: String,
    pub status: Status,
    pub image_name: String,
    pub created_at: Timestamp,
    /// `KIND NAME` of each.
    pub manifests_generated: Vec<String>,
    pub access_url: Option<String>,
    pub revision: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<super::ObjectFault>,
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

/// A release that can be rolled back to, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RevisionView {
    pub revision: u32,
    pub by: Username,
    pub created_at: Timestamp,
    pub cause: Cause,
    /// Is it what is wanted now?
    pub current: bool,
    pub image_name: String,
    pub image_digest: Option<Digest>,
    pub build_id: Option<BuildId>,
    /// In the words of a request; secrets are `null`, which keeps them.
    pub configuration: Value,
}

impl RevisionView {
    pub fn new(revision: &Revision, release: &Release, current: u32) -> Self {
        Self {
            revision: release.number,
            by: release.by.clone(),
            created_at: whole_seconds(release.at),
            cause: revision.cause,
            current: release.number == current,
            image_name: release.image.name.to_string(),
            image_digest: release.image.digest.clone(),
            build_id: release.image.build,
            configuration: configuration(release),
        }
    }
}

/// A release in the words of the request that makes it again.
pub fn configuration(release: &Release) -> Value {
    let spec = &release.spec;
    let secrets: serde_json::Map<_, _> =
        release.secrets.iter().map(|name| (name.clone(), Value::Null)).collect();
    let (exposure, at, https) = match &spec.exposure {
        Exposure::None => ("none", None, false),
        Exposure::Internal => ("internal", None, false),
        Exposure::External { at, https } => ("external", Some(at), *https),
    };
    let mut all = json!({
        "service_name": spec.service,
        "image_name": release.image.name,
        "build_id": release.image.build,
        "display_name": spec.display_name,
        "description": spec.description,
        "service_type": spec.kind,
        "exposure_type": exposure,
        "custom_domain": match at { Some(At::Domain(domain)) => Some(domain.as_str()), _ => None },
        "custom_path": match at { Some(At::Path(path)) => Some(path.as_str()), _ => None },
        "enable_https": https,
        "container_port": spec.container_port,
        "service_port": spec.service_port,
        "replicas": spec.replicas,
        "cpu_request": spec.cpu.request,
        "cpu_limit": spec.cpu.limit,
        "memory_request": spec.memory.request,
        "memory_limit": spec.memory.limit,
        "env_vars": spec.variables,
        "secrets": secrets,
        "storage_size": spec.volume.as_ref().map(|volume| &volume.size),
        "storage_path": spec.volume.as_ref().map(|volume| &volume.path),
        "enable_autoscaling": spec.scaling.is_some(),
        "health_check_enabled": spec.health.is_some(),
    });
    let mut add = |more: Value| {
        if let (Some(all), Value::Object(more)) = (all.as_object_mut(), more) {
            all.extend(more);
        }
    };
    if let Some(scaling) = &spec.scaling {
        add(json!({
            "min_replicas": scaling.min,
            "max_replicas": scaling.max,
            "target_cpu_percent": scaling.target_cpu,
        }));
    }
    if let Some(health) = &spec.health {
        add(json!({
            "liveness_check_path": health.liveness.path,
            "readiness_check_path": health.readiness.path,
            "health_check_port": health.port,
            "liveness_initial_delay": health.liveness.delay,
            "readiness_initial_delay": health.readiness.delay,
            "health_check_period": health.period,
            "health_check_timeout": health.timeout,
            "health_check_failure_threshold": health.failures,
        }));
    }
    all
}
