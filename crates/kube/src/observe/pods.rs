//! What one pod says of itself.

use super::{ContainerStatus, PodSeen, words};
use crate::manifest::CONTAINER;
use nokube_domain::{deploy::PodView, image::Digest};

/// A pod that cannot become well by waiting: Kubernetes' word, and a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    pub code: &'static str,
    pub reason: String,
    pub message: String,
    /// It will not mend itself.
    pub stuck: bool,
}

impl PodSeen {
    fn statuses(&self) -> impl Iterator<Item = &ContainerStatus> {
        self.status.init_container_statuses.iter().chain(&self.status.container_statuses)
    }

    pub(super) fn is_ready(&self) -> bool {
        let ready = |c: &&nokube_domain::deploy::ConditionView| c.r#type == "Ready";
        self.status.conditions.iter().find(ready).is_some_and(|c| c.status == "True")
    }

    pub(super) fn restarts(&self) -> u32 {
        self.statuses().map(|status| status.restart_count).sum()
    }

    /// Has a container of it crashed, so that its log says why?
    pub fn has_crashed(&self) -> bool {
        self.statuses().any(|s| s.last_state.terminated.is_some() || s.state.terminated.is_some())
    }

    /// Is the log of the container before the last restart the one that tells?
    pub fn has_restarted(&self) -> bool {
        self.statuses().any(|s| s.restart_count > 0 && s.state.terminated.is_none())
    }

    /// The digest that the node pulled: `imageID` is `HOST/PATH@sha256:…`.
    pub(super) fn digest(&self) -> Option<Digest> {
        let all = &self.status.container_statuses;
        let ours = all.iter().find(|status| status.name == CONTAINER).or(all.first());
        ours?.image_id.rsplit_once('@')?.1.parse().ok()
    }

    /// What is wrong with it, if anything.
    pub fn trouble(&self) -> Option<Trouble> {
        self.container_trouble().or_else(|| self.scheduling_trouble()).or_else(|| {
            let evicted = self.status.phase == "Failed";
            evicted.then(|| Trouble {
                code: "pod_failed",
                reason: self.status.reason.clone(),
                message: words::pod_failed(&self.status.reason, &self.status.message),
                stuck: false,
            })
        })
    }

    fn container_trouble(&self) -> Option<Trouble> {
        // A mesh may have put a container of its own beside ours.
        let all = &self.spec.containers;
        let spec = all.iter().find(|spec| spec.name == CONTAINER).or(all.first());
        let image = spec.map(|spec| spec.image.as_str()).unwrap_or_default();
        let limit = spec.and_then(|spec| spec.resources.limits.get("memory"));
        let limit = limit.and_then(|limit| limit.as_str());
        self.statuses().find_map(|status| {
            let waiting = status.state.waiting.as_ref();
            let ended = status.state.terminated.as_ref().or(status.last_state.terminated.as_ref());
            words::container(waiting, ended, status, image, limit)
        })
    }

    fn scheduling_trouble(&self) -> Option<Trouble> {
        let scheduled = self.status.conditions.iter().find(|c| c.r#type == "PodScheduled")?;
        (scheduled.status == "False" && scheduled.reason == "Unschedulable").then(|| Trouble {
            code: "unschedulable",
            reason: scheduled.reason.clone(),
            message: words::unschedulable(&scheduled.message),
            stuck: true,
        })
    }

    /// As it is shown; `current` says whether it is of the newest revision.
    pub(super) fn view(&self, current: bool) -> PodView {
        let trouble = self.trouble();
        let leaving = self.metadata.deletion_timestamp.is_some();
        let waiting = self.statuses().find_map(|s| s.state.waiting.as_ref());
        let reason = match (&trouble, leaving) {
            (_, true) => Some("Terminating".to_owned()),
            (Some(trouble), _) => Some(trouble.reason.clone()),
            (None, _) => waiting.map(|waiting| waiting.reason.clone()),
        };
        PodView {
            name: self.metadata.name.clone(),
            phase: self.status.phase.clone(),
            ready: self.is_ready(),
            current,
            restarts: self.restarts(),
            reason: reason.filter(|reason| !reason.is_empty()),
            code: trouble.as_ref().map(|trouble| trouble.code.to_owned()),
            message: trouble.map(|trouble| trouble.message),
            started_at: self.status.start_time.map(nokube_domain::whole_seconds),
        }
    }
}
