//! How many pods, and what they keep: autoscaler, disruption budget, volume.

use super::{Deployed, Manifest};
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
    apimachinery::pkg::{
        api::resource::Quantity, apis::meta::v1::LabelSelector, util::intstr::IntOrString,
    },
};

/// While it is stopped there is nothing to scale.
pub(super) fn autoscaler(deployed: &Deployed<'_>) -> Option<Manifest> {
    let spec = deployed.spec();
    let scaling = spec.scaling.as_ref().filter(|_| !deployed.run.stopped)?;
    let count = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
    let object = HorizontalPodAutoscaler {
        metadata: deployed.metadata(spec.service.as_str()),
        spec: Some(HorizontalPodAutoscalerSpec {
            scale_target_ref: CrossVersionObjectReference {
                api_version: Some(Kind::Deployment.api_version()),
                kind: Kind::Deployment.name().into(),
                name: spec.service.to_string(),
            },
            min_replicas: Some(count(scaling.min)),
            max_replicas: count(scaling.max),
            metrics: Some(vec![MetricSpec {
                type_: "Resource".into(),
                resource: Some(ResourceMetricSource {
                    name: "cpu".into(),
                    target: MetricTarget {
                        type_: "Utilization".into(),
                        average_utilization: Some(count(scaling.target_cpu)),
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

/// Machines are drained one pod at a time; one that is not well anyway is in nobody's way. A single
/// pod gets no budget: it would keep its machine from being drained for ever.
pub(super) fn disruption_budget(deployed: &Deployed<'_>) -> Option<Manifest> {
    let spec = deployed.spec();
    if spec.fewest() < 2 {
        return None;
    }
    let object = PodDisruptionBudget {
        metadata: deployed.metadata(spec.service.as_str()),
        spec: Some(PodDisruptionBudgetSpec {
            max_unavailable: Some(IntOrString::Int(1)),
            unhealthy_pod_eviction_policy: Some("AlwaysAllow".into()),
            selector: Some(LabelSelector {
                match_labels: Some(deployed.selector()),
                match_expressions: None,
            }),
            min_available: None,
        }),
        status: None,
    };
    Some(Manifest::new(Kind::PodDisruptionBudget, &object))
}

pub(super) fn volume(platform: &Platform, deployed: &Deployed<'_>) -> Option<Manifest> {
    let spec = deployed.spec();
    let volume = spec.volume.as_ref()?;
    let size = Quantity(volume.size.to_string());
    let object = PersistentVolumeClaim {
        metadata: deployed.metadata(&names::volume(&spec.service)),
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
