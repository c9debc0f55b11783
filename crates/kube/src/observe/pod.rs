//! Pods and the status of their containers.

use super::{
    container::{Container, ContainerSpec, ContainerStatus, Role},
    metadata::{Metadata, observed},
};
use crate::{labels::CONTAINER_NAME, manifest::PULL_SECRET};
use nokube_domain::{Timestamp, image::Digest};

observed! {
    pub struct ObservedPod {
        pub metadata: Metadata,
        spec: PodSpec,
        pub(super) status: PodStatus,
    }

    struct PodSpec {
        init_containers: Vec<ContainerSpec>,
        containers: Vec<ContainerSpec>,
        image_pull_secrets: Vec<SecretReference>,
        volumes: Vec<Volume>,
        node_name: String,
    }

    struct Volume {
        persistent_volume_claim: Option<ClaimReference>,
    }

    struct ClaimReference {
        claim_name: String,
    }

    struct SecretReference {
        name: String,
    }

    pub(super) struct PodStatus {
        pub(super) phase: String,
        pub(super) reason: String,
        pub(super) message: String,
        pub(super) start_time: Option<Timestamp>,
        conditions: Vec<PodCondition>,
        container_statuses: Vec<ContainerStatus>,
        init_container_statuses: Vec<ContainerStatus>,
    }

    pub(super) struct PodCondition {
        r#type: String,
        pub(super) status: String,
        pub(super) reason: String,
        pub(super) message: String,
        pub(super) last_transition_time: Option<Timestamp>,
    }
}

impl ObservedPod {
    /// The containers that have a status, init containers first. Others may have added containers to the pod;
    /// ephemeral containers, which people add to look into a pod, do not count.
    pub(super) fn containers(&self) -> impl Iterator<Item = Container<'_>> {
        let init = self.status.init_container_statuses.iter().map(|status| {
            let spec = find_spec(&self.spec.init_containers, status);
            let is_sidecar = spec.is_some_and(ContainerSpec::is_sidecar);
            let role = if is_sidecar { Role::Sidecar } else { Role::Init };
            Container { role, spec, status }
        });
        let statuses = &self.status.container_statuses;
        let service = service_status(statuses);
        let others = statuses.iter().map(move |status| {
            let spec = find_spec(&self.spec.containers, status);
            let is_service = service.is_some_and(|service| std::ptr::eq(service, status));
            let role = if is_service { Role::Service } else { Role::Added };
            Container { role, spec, status }
        });
        init.chain(others)
    }

    pub(super) fn condition(&self, kind: &str) -> Option<&PodCondition> {
        self.status.conditions.iter().find(|condition| condition.r#type == kind)
    }

    pub(super) fn is_ready(&self) -> bool {
        self.condition("Ready").is_some_and(|condition| condition.status == "True")
    }

    /// Whether it has ended: such a pod does not start again, and is replaced.
    pub(super) fn has_ended(&self) -> bool {
        matches!(self.status.phase.as_str(), "Failed" | "Succeeded")
    }

    /// Whether it received requests before, and does not any more. The condition `Ready` is `False` from the start of
    /// a pod, so it has changed if it is younger.
    pub(super) fn has_lost_readiness(&self) -> bool {
        let Some(ready) = self.condition("Ready") else { return false };
        let (since, start) = (ready.last_transition_time, self.status.start_time);
        let has_changed = since.zip(start).is_some_and(|(since, start)| {
            since.as_second() - start.as_second() > MAX_SECONDS_TO_FIRST_STATUS
        });
        ready.status != "True" && has_changed && !self.has_ended()
    }

    /// Whether its node does not respond. Then the node controller sets `Ready` to `False` without a reason, while the
    /// kubelet's last report of the containers stays.
    pub(super) fn has_lost_node(&self) -> bool {
        let is_marked = self.condition("Ready").is_some_and(|ready| {
            ready.status != "True" && ready.reason.is_empty() && self.has_lost_readiness()
        });
        let all_ready = |statuses: &[ContainerStatus]| statuses.iter().all(|status| status.ready);
        let is_marked = is_marked && all_ready(&self.status.container_statuses);
        self.status.phase == "Unknown" || self.status.reason == "NodeLost" || is_marked
    }

    /// Whether it has a machine, whose kubelet has not reported anything yet.
    pub(super) fn is_untouched(&self) -> bool {
        !self.spec.node_name.is_empty() && self.status.start_time.is_none()
    }

    /// Whether it uses the claim of this name.
    pub(super) fn uses_claim(&self, name: &str) -> bool {
        let mut claims =
            self.spec.volumes.iter().filter_map(|volume| volume.persistent_volume_claim.as_ref());
        claims.any(|claim| claim.claim_name == name)
    }

    /// Whether its image was built by this platform, whose login is then used for the pull.
    pub(super) fn has_own_image(&self) -> bool {
        self.spec.image_pull_secrets.iter().any(|secret| secret.name == PULL_SECRET)
    }

    /// The restarts of the container with the service's image.
    pub(super) fn restarts(&self) -> u32 {
        service_status(&self.status.container_statuses).map_or(0, |status| status.restart_count)
    }

    /// The digest of the image that the node pulled. `imageID` has the form `HOST/PATH@sha256:…`.
    pub(super) fn digest(&self) -> Option<Digest> {
        let status = service_status(&self.status.container_statuses)?;
        status.image_id.rsplit_once('@')?.1.parse().ok()
    }
}

/// The kubelet sets `startTime` and the condition `Ready` in one step; both are rounded to a second.
const MAX_SECONDS_TO_FIRST_STATUS: i64 = 1;

fn find_spec<'a>(
    specs: &'a [ContainerSpec],
    status: &ContainerStatus,
) -> Option<&'a ContainerSpec> {
    specs.iter().find(|spec| spec.name == status.name)
}

/// The container that runs the service's image.
fn service_status(statuses: &[ContainerStatus]) -> Option<&ContainerStatus> {
    statuses.iter().find(|status| status.name == CONTAINER_NAME).or(statuses.first())
}
