//! The Deployment and its pod template.

use super::{
    container::{PRE_STOP_SECONDS, VOLUME_NAME, container},
    input::ManifestInput,
    namespace::{PULL_SECRET, SERVICE_ACCOUNT},
    object::Manifest,
    resources::to_i32,
};
use crate::{
    kind::Kind,
    labels::{LABEL_PREFIX, REVISION_ANNOTATION},
    names,
    platform::{Platform, PodSecurity},
};
use k8s_openapi::{
    api::{
        apps::v1::{Deployment, DeploymentSpec, DeploymentStrategy, RollingUpdateDeployment},
        core::v1::{
            LocalObjectReference, PersistentVolumeClaimVolumeSource, PodSecurityContext, PodSpec,
            PodTemplateSpec, SeccompProfile, TopologySpreadConstraint, Volume,
        },
    },
    apimachinery::pkg::{apis::meta::v1::ObjectMeta, util::intstr::IntOrString},
};
use nokube_domain::deployments::DeployedState;
use serde_json::Value;
use std::collections::BTreeMap;

/// Seconds that a program has to end, after the pre-stop sleep.
const SHUTDOWN_SECONDS: i64 = 30;
/// Seconds without progress after which Kubernetes calls a rollout failed.
const PROGRESS_DEADLINE_SECONDS: i32 = 600;
/// The group of a volume's files. It lets a program that is not root write them.
const VOLUME_GROUP: i64 = 1000;

pub(super) fn deployment(platform: &Platform, input: &ManifestInput<'_>) -> Manifest {
    let (state, spec) = (input.state, input.spec());
    // With an autoscaler the number of pods is left out, because the autoscaler owns it.
    let replicas = match (state.stopped, &spec.scaling) {
        (true, _) => Some(0),
        (false, Some(_)) => None,
        (false, None) => Some(to_i32(spec.replicas)),
    };
    // Only one pod at a time can use a volume, so the old pod must end first.
    let strategy = match spec.volume {
        Some(_) => DeploymentStrategy { type_: Some("Recreate".into()), rolling_update: None },
        None => DeploymentStrategy {
            type_: Some("RollingUpdate".into()),
            rolling_update: Some(RollingUpdateDeployment {
                max_surge: Some(IntOrString::String("25%".into())),
                max_unavailable: Some(IntOrString::Int(0)),
            }),
        },
    };
    let object = Deployment {
        metadata: ObjectMeta {
            annotations: Some(annotations(input)),
            ..input.metadata(spec.service.as_str())
        },
        spec: Some(DeploymentSpec {
            replicas,
            strategy: Some(strategy),
            selector: input.selector(),
            progress_deadline_seconds: Some(PROGRESS_DEADLINE_SECONDS),
            revision_history_limit: Some(2),
            template: PodTemplateSpec {
                metadata: Some(ObjectMeta {
                    labels: Some(input.labels()),
                    annotations: Some(template_annotations(input)).filter(|a| !a.is_empty()),
                    ..ObjectMeta::default()
                }),
                spec: Some(pod_spec(platform, input)),
            },
            ..DeploymentSpec::default()
        }),
        status: None,
    };
    Manifest::new(Kind::Deployment, &object)
}

impl Manifest {
    /// A Deployment that is created: an autoscaler starts with its least number of pods, not with Kubernetes' default
    /// of one.
    #[must_use]
    pub fn with_initial_replicas(&self, state: &DeployedState) -> Self {
        let mut manifest = self.clone();
        let object = manifest.body.pointer_mut("/spec").and_then(Value::as_object_mut);
        let scaling = state.release.spec.scaling.as_ref().filter(|_| !state.stopped);
        if let (Some(object), Some(scaling)) = (object, scaling) {
            object.insert("replicas".into(), scaling.min.into());
        }
        manifest
    }
}

/// The revision, which the platform reads back, and details for people who use `kubectl`.
fn annotations(input: &ManifestInput<'_>) -> BTreeMap<String, String> {
    let release = input.release();
    let mut annotations: BTreeMap<String, String> =
        [(REVISION_ANNOTATION.to_owned(), input.revision.to_string())].into();
    let mut annotate = |name: &str, value: String| {
        annotations.insert(format!("{LABEL_PREFIX}{name}"), value);
    };
    annotate("release", release.number.to_string());
    annotate("deployed-by", release.by.to_string());
    annotate("image", release.image.name.to_string());
    annotate("display-name", release.spec.display_name.clone());
    if let Some(description) = &release.spec.description {
        annotate("description", description.clone());
    }
    if let Some(build) = release.image.build {
        annotate("build", build.to_string());
    }
    annotations
}

/// A change of one of these replaces the pods, even if nothing else changes.
fn template_annotations(input: &ManifestInput<'_>) -> BTreeMap<String, String> {
    let mut annotations = BTreeMap::new();
    if let Some(at) = input.state.restarted_at {
        annotations.insert(format!("{LABEL_PREFIX}restarted-at"), at.to_string());
    }
    let release = input.release();
    if release.image.digest.is_none() {
        // A new release of the same tag must pull the image that the tag points to now.
        annotations.insert(format!("{LABEL_PREFIX}release"), release.number.to_string());
    }
    annotations
}

fn pod_spec(platform: &Platform, input: &ManifestInput<'_>) -> PodSpec {
    let (spec, release) = (input.spec(), input.release());
    let is_restricted = platform.pod_security == PodSecurity::Restricted;
    let needs_pull_secret = platform.pull_credentials_for(release).is_some();
    let volume = spec.volume.as_ref().map(|_| Volume {
        name: VOLUME_NAME.into(),
        persistent_volume_claim: Some(PersistentVolumeClaimVolumeSource {
            claim_name: names::volume_claim(&spec.service),
            read_only: None,
        }),
        ..Volume::default()
    });
    let has_volume = volume.is_some();
    PodSpec {
        containers: vec![container(platform, input)],
        service_account_name: Some(SERVICE_ACCOUNT.into()),
        automount_service_account_token: Some(false),
        // Otherwise each container gets several variables for every Service of the namespace.
        enable_service_links: Some(false),
        image_pull_secrets: needs_pull_secret
            .then(|| vec![LocalObjectReference { name: PULL_SECRET.into() }]),
        security_context: Some(PodSecurityContext {
            run_as_non_root: is_restricted.then_some(true),
            seccomp_profile: Some(SeccompProfile {
                type_: "RuntimeDefault".into(),
                localhost_profile: None,
            }),
            fs_group: has_volume.then_some(VOLUME_GROUP),
            fs_group_change_policy: has_volume.then(|| "OnRootMismatch".into()),
            ..PodSecurityContext::default()
        }),
        termination_grace_period_seconds: Some(PRE_STOP_SECONDS + SHUTDOWN_SECONDS),
        // Also for a single pod: otherwise a change of the number of replicas would replace the pods.
        topology_spread_constraints: Some(
            spread_keys(platform).iter().map(|key| spread_over(key, input)).collect(),
        ),
        volumes: volume.map(|volume| vec![volume]),
        ..PodSpec::default()
    }
}

/// What pods are spread over. The scheduler ignores nodes that lack the label of any of the constraints, so a
/// constraint on zones would spread nothing where nodes have no zone.
/// <https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/>
fn spread_keys(platform: &Platform) -> &'static [&'static str] {
    match platform.spread_over_zones {
        true => &["kubernetes.io/hostname", "topology.kubernetes.io/zone"],
        false => &["kubernetes.io/hostname"],
    }
}

/// Spreads the pods of one revision over nodes or zones, as far as possible.
fn spread_over(topology_key: &str, input: &ManifestInput<'_>) -> TopologySpreadConstraint {
    TopologySpreadConstraint {
        max_skew: 1,
        topology_key: topology_key.into(),
        when_unsatisfiable: "ScheduleAnyway".into(),
        label_selector: Some(input.selector()),
        match_label_keys: Some(vec!["pod-template-hash".into()]),
        ..TopologySpreadConstraint::default()
    }
}
