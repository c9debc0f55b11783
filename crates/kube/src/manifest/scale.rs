//! Scaling and storage: autoscaler, disruption budget and volume claim.

use super::{input::ManifestInput, object::Manifest, resources::to_i32};
use crate::{kind::Kind, names, platform::Platform};
use k8s_openapi::{
    api::{
        autoscaling::v2::{
            CrossVersionObjectReference, HorizontalPodAutoscaler, HorizontalPodAutoscalerSpec,
            MetricSpec, MetricTarget, ResourceMetricSource,
        },
        core::v1::{PersistentVolumeClaim, PersistentVolumeClaimSpec, VolumeResourceRequirements},
        policy::v1::{PodDisruptionBudget, PodDisruptionBudgetSpec},
    },
    apimachinery::pkg::{api::resource::Quantity, util::intstr::IntOrString},
};

/// `None` if the service does not scale, or is stopped: an autoscaler would start it again.
pub(super) fn autoscaler(input: &ManifestInput<'_>) -> Option<Manifest> {
    let spec = input.spec();
    let scaling = spec.scaling.as_ref().filter(|_| !input.state.stopped)?;
    let object = HorizontalPodAutoscaler {
        metadata: input.metadata(spec.service.as_str()),
        spec: Some(HorizontalPodAutoscalerSpec {
            scale_target_ref: CrossVersionObjectReference {
                api_version: Some(Kind::Deployment.api_version()),
                kind: Kind::Deployment.name().into(),
                name: spec.service.to_string(),
            },
            min_replicas: Some(to_i32(scaling.min)),
            max_replicas: to_i32(scaling.max),
            metrics: Some(vec![MetricSpec {
                type_: "Resource".into(),
                resource: Some(ResourceMetricSource {
                    name: "cpu".into(),
                    target: MetricTarget {
                        type_: "Utilization".into(),
                        average_utilization: Some(to_i32(scaling.target_cpu)),
                        ..MetricTarget::default()
                    },
                }),
                ..MetricSpec::default()
            }]),
            behavior: None,
        }),
        status: None,
    };
    Some(Manifest::new(Kind::HorizontalPodAutoscaler, &object))
}

/// When nodes are drained, pods are evicted one at a time; pods that are not ready do not block that.
/// A service with one pod gets no budget, because its node could never be drained.
pub(super) fn disruption_budget(input: &ManifestInput<'_>) -> Option<Manifest> {
    let spec = input.spec();
    if spec.min_replicas() < 2 {
        return None;
    }
    let object = PodDisruptionBudget {
        metadata: input.metadata(spec.service.as_str()),
        spec: Some(PodDisruptionBudgetSpec {
            max_unavailable: Some(IntOrString::Int(1)),
            unhealthy_pod_eviction_policy: Some("AlwaysAllow".into()),
            selector: Some(input.selector()),
            min_available: None,
        }),
        status: None,
    };
    Some(Manifest::new(Kind::PodDisruptionBudget, &object))
}

pub(super) fn volume_claim(platform: &Platform, input: &ManifestInput<'_>) -> Option<Manifest> {
    let spec = input.spec();
    let volume = spec.volume.as_ref()?;
    let size = Quantity(volume.size.to_string());
    let object = PersistentVolumeClaim {
        metadata: input.metadata(&names::volume_claim(&spec.service)),
        spec: Some(PersistentVolumeClaimSpec {
            access_modes: Some(vec!["ReadWriteOnce".into()]),
            resources: Some(VolumeResourceRequirements {
                requests: Some([("storage".to_owned(), size)].into()),
                limits: None,
            }),
            storage_class_name: platform.storage_class.clone(),
            ..PersistentVolumeClaimSpec::default()
        }),
        status: None,
    };
    Some(Manifest::new(Kind::PersistentVolumeClaim, &object))
}
