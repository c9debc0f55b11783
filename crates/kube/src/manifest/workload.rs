//! The Deployment: one container, as a careful engineer runs it.

use super::{ACCOUNT, CONTAINER, Deployed, Manifest, PREFIX, PULL_SECRET, REVISION};
use crate::{kind::Kind, names, platform::Platform};
use k8s_openapi::{
    api::{
        apps::v1::{Deployment, DeploymentSpec, DeploymentStrategy, RollingUpdateDeployment},
        core::v1::{
            Capabilities, ConfigMapEnvSource, Container, ContainerPort, EnvFromSource, EnvVar,
            HTTPGetAction, Lifecycle, LifecycleHandler, LocalObjectReference,
            PersistentVolumeClaimVolumeSource, PodSecurityContext, PodSpec, PodTemplateSpec, Probe,
            ResourceRequirements, SeccompProfile, SecretEnvSource, SecurityContext, SleepAction,
            TCPSocketAction, TopologySpreadConstraint, Volume, VolumeMount,
        },
    },
    apimachinery::pkg::{
        api::resource::Quantity,
        apis::meta::v1::{LabelSelector, ObjectMeta},
        util::intstr::IntOrString,
    },
};
use nokube_domain::deploy::{Check, Health};
use std::collections::BTreeMap;

/// Seconds that a pod goes on answering after it was told to end: until then the last of those who
/// send it requests have heard of it.
const PAUSE: i64 = 5;
/// Seconds that a program has for its end, after the pause.
const END: i64 = 30;
/// Seconds that a program may take for its start, in steps of [`STARTUP_PERIOD`].
const STARTUP: i32 = 300;
const STARTUP_PERIOD: i32 = 5;
/// Seconds without progress after which Kubernetes calls a rollout failed.
const DEADLINE: i32 = 600;
/// The group that owns a volume's files, so that a program that is not root can write them.
const VOLUME_GROUP: i64 = 1000;

pub(super) fn deployment(platform: &Platform, deployed: &Deployed<'_>) -> Manifest {
    let (run, spec) = (deployed.run, deployed.spec());
    // An autoscaler owns the number of pods; while it is stopped there is none.
    let replicas = match (run.stopped, &spec.scaling) {
        (true, _) => Some(0),
        (false, Some(_)) => None,
        (false, None) => Some(count(spec.replicas)),
    };
    // A volume is for one pod at a time, so the old one must end first.
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
            annotations: Some(annotations(deployed)),
            ..deployed.metadata(spec.service.as_str())
        },
        spec: Some(DeploymentSpec {
            replicas,
            strategy: Some(strategy),
            selector: LabelSelector {
                match_labels: Some(deployed.selector()),
                match_expressions: None,
            },
            progress_deadline_seconds: Some(DEADLINE),
            revision_history_limit: Some(2),
            template: PodTemplateSpec {
                metadata: Some(ObjectMeta {
                    labels: Some(deployed.labels()),
                    annotations: Some(template_annotations(deployed)).filter(|a| !a.is_empty()),
                    ..ObjectMeta::default()
                }),
                spec: Some(pod(platform, deployed)),
            },
            ..DeploymentSpec::default()
        }),
        status: None,
    };
    Manifest::new(Kind::Deployment, &object)
}

/// For people who look with `kubectl`, and for us: which revision this is.
fn annotations(deployed: &Deployed<'_>) -> BTreeMap<String, String> {
    let release = deployed.release();
    let mut annotations: BTreeMap<String, String> =
        [(REVISION.to_owned(), deployed.revision.to_string())].into();
    let mut note = |name: &str, value: String| {
        annotations.insert(format!("{PREFIX}{name}"), value);
    };
    note("release", release.number.to_string());
    note("deployed-by", release.by.to_string());
    note("image", release.image.name.to_string());
    note("display-name", release.spec.display_name.clone());
    if let Some(description) = &release.spec.description {
        note("description", description.clone());
    }
    if let Some(build) = release.image.build {
        note("build", build.to_string());
    }
    annotations
}

/// What replaces the pods when it changes, besides what they run.
fn template_annotations(deployed: &Deployed<'_>) -> BTreeMap<String, String> {
    let mut annotations = BTreeMap::new();
    if let Some(at) = deployed.run.restarted_at {
        annotations.insert(format!("{PREFIX}restarted-at"), at.to_string());
    }
    let release = deployed.release();
    if release.image.digest.is_none() {
        // The tag may mean another image by now; whoever deploys it again wants that one.
        annotations.insert(format!("{PREFIX}release"), release.number.to_string());
    }
    annotations
}

fn pod(platform: &Platform, deployed: &Deployed<'_>) -> PodSpec {
    let (spec, release) = (deployed.spec(), deployed.release());
    let restricted = platform.pod_security.is_restricted();
    let pull = platform.pull.is_some() && release.image.is_ours();
    let volume = spec.volume.as_ref().map(|_| Volume {
        name: "data".into(),
        persistent_volume_claim: Some(PersistentVolumeClaimVolumeSource {
            claim_name: names::volume(&spec.service),
            read_only: None,
        }),
        ..Volume::default()
    });
    let has_volume = volume.is_some();
    PodSpec {
        containers: vec![container(deployed, restricted)],
        service_account_name: Some(ACCOUNT.into()),
        automount_service_account_token: Some(false),
        // Hundreds of variables about other services of the namespace help nobody.
        enable_service_links: Some(false),
        image_pull_secrets: pull.then(|| vec![LocalObjectReference { name: PULL_SECRET.into() }]),
        security_context: Some(PodSecurityContext {
            run_as_non_root: restricted.then_some(true),
            seccomp_profile: Some(SeccompProfile {
                type_: "RuntimeDefault".into(),
                localhost_profile: None,
            }),
            fs_group: has_volume.then_some(VOLUME_GROUP),
            fs_group_change_policy: has_volume.then(|| "OnRootMismatch".into()),
            ..PodSecurityContext::default()
        }),
        termination_grace_period_seconds: Some(PAUSE + END),
        // A single pod has nothing to spread, but adding another must not replace it.
        topology_spread_constraints: Some(
            ["kubernetes.io/hostname", "topology.kubernetes.io/zone"]
                .map(|key| spread(key, deployed))
                .into(),
        ),
        volumes: volume.map(|volume| vec![volume]),
        ..PodSpec::default()
    }
}

/// Pods of one revision on different machines where that can be had.
fn spread(key: &str, deployed: &Deployed<'_>) -> TopologySpreadConstraint {
    TopologySpreadConstraint {
        max_skew: 1,
        topology_key: key.into(),
        when_unsatisfiable: "ScheduleAnyway".into(),
        label_selector: Some(LabelSelector {
            match_labels: Some(deployed.selector()),
            match_expressions: None,
        }),
        match_label_keys: Some(vec!["pod-template-hash".into()]),
        ..TopologySpreadConstraint::default()
    }
}

fn container(deployed: &Deployed<'_>, restricted: bool) -> Container {
    let (spec, release) = (deployed.spec(), deployed.release());
    let amounts = |cpu: String, memory: String| {
        Some([("cpu".to_owned(), Quantity(cpu)), ("memory".to_owned(), Quantity(memory))].into())
    };
    let listens = spec.health.is_some() || spec.exposure != nokube_domain::deploy::Exposure::None;
    // Buildpacks and most frameworks listen where PORT says.
    let port = EnvVar {
        name: "PORT".into(),
        value: Some(spec.container_port.to_string()),
        value_from: None,
    };
    let chosen = spec.variables.contains_key("PORT") || release.secrets.iter().any(|s| s == "PORT");
    // A tag may mean another image by now; only what is pinned and public may come from the cache.
    let always = release.image.is_ours() || release.image.digest.is_none();
    Container {
        name: CONTAINER.into(),
        image: Some(release.image.reference()),
        image_pull_policy: Some(if always { "Always" } else { "IfNotPresent" }.into()),
        env: (!chosen).then(|| vec![port]),
        env_from: Some(env_from(deployed)).filter(|sources| !sources.is_empty()),
        ports: listens.then(|| {
            vec![ContainerPort {
                name: Some("app".into()),
                container_port: spec.container_port.into(),
                protocol: Some("TCP".into()),
                ..ContainerPort::default()
            }]
        }),
        resources: Some(ResourceRequirements {
            requests: amounts(spec.cpu.request.to_string(), spec.memory.request.to_string()),
            limits: amounts(spec.cpu.limit.to_string(), spec.memory.limit.to_string()),
            claims: None,
        }),
        startup_probe: spec.health.as_ref().map(startup),
        liveness_probe: spec.health.as_ref().map(|health| probe(health, &health.liveness)),
        readiness_probe: spec.health.as_ref().map(|health| probe(health, &health.readiness)),
        lifecycle: listens.then(|| Lifecycle {
            pre_stop: Some(LifecycleHandler {
                sleep: Some(SleepAction { seconds: PAUSE }),
                ..LifecycleHandler::default()
            }),
            ..Lifecycle::default()
        }),
        security_context: Some(SecurityContext {
            allow_privilege_escalation: Some(false),
            capabilities: restricted
                .then(|| Capabilities { add: None, drop: Some(vec!["ALL".into()]) }),
            ..SecurityContext::default()
        }),
        volume_mounts: spec.volume.as_ref().map(|volume| {
            vec![VolumeMount {
                name: "data".into(),
                mount_path: volume.path.clone(),
                ..VolumeMount::default()
            }]
        }),
        ..Container::default()
    }
}

fn env_from(deployed: &Deployed<'_>) -> Vec<EnvFromSource> {
    let release = deployed.release();
    let variables = release.variables_object.as_ref().map(|name| EnvFromSource {
        config_map_ref: Some(ConfigMapEnvSource { name: name.clone(), optional: None }),
        ..EnvFromSource::default()
    });
    let secrets = release.secrets_object.as_ref().map(|name| EnvFromSource {
        secret_ref: Some(SecretEnvSource { name: name.clone(), optional: None }),
        ..EnvFromSource::default()
    });
    variables.into_iter().chain(secrets).collect()
}

/// The check without its times.
fn check(health: &Health, check: &Check) -> Probe {
    let port = IntOrString::Int(health.port.into());
    match &check.path {
        Some(path) => Probe {
            http_get: Some(HTTPGetAction {
                path: Some(path.as_str().into()),
                port,
                ..HTTPGetAction::default()
            }),
            ..Probe::default()
        },
        None => {
            Probe { tcp_socket: Some(TCPSocketAction { port, host: None }), ..Probe::default() }
        }
    }
}

fn probe(health: &Health, of: &Check) -> Probe {
    Probe {
        initial_delay_seconds: Some(count(of.delay)),
        period_seconds: Some(count(health.period)),
        timeout_seconds: Some(count(health.timeout)),
        failure_threshold: Some(count(health.failures)),
        ..check(health, of)
    }
}

/// While it starts, a program is neither killed for not answering nor sent requests.
fn startup(health: &Health) -> Probe {
    Probe {
        period_seconds: Some(STARTUP_PERIOD),
        timeout_seconds: Some(count(health.timeout)),
        failure_threshold: Some(STARTUP / STARTUP_PERIOD),
        ..check(health, &health.liveness)
    }
}

fn count(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
