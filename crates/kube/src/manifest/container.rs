//! The container that runs the service's image, with its probes.

use super::{
    input::ManifestInput,
    resources::{EPHEMERAL_STORAGE_REQUEST, amounts, to_i32},
};
use crate::{
    labels::CONTAINER_NAME,
    platform::{Platform, PodSecurity},
};
use k8s_openapi::{
    api::core::v1::{
        Capabilities, ConfigMapEnvSource, Container, ContainerPort, EnvFromSource, EnvVar,
        HTTPGetAction, Lifecycle, LifecycleHandler, Probe, ResourceRequirements, SecretEnvSource,
        SecurityContext, SleepAction, TCPSocketAction, VolumeMount,
    },
    apimachinery::pkg::util::intstr::IntOrString,
};
use nokube_domain::deployments::{Check, Exposure, Health};

/// Seconds that a terminating pod goes on serving. Proxies need a moment to learn that it terminates,
/// and still send it requests until then.
pub(super) const PRE_STOP_SECONDS: i64 = 5;
/// Seconds that a program may take to start, and the interval between two startup checks.
const STARTUP_TIMEOUT_SECONDS: i32 = 300;
const STARTUP_PERIOD_SECONDS: i32 = 5;
/// The name of the port, by which the Service finds it: old and new pods may have other numbers.
pub(super) const PORT_NAME: &str = "app";
/// The name of the volume in the pod.
pub(super) const VOLUME_NAME: &str = "data";

pub(super) fn container(platform: &Platform, input: &ManifestInput<'_>) -> Container {
    let (spec, release) = (input.spec(), input.release());
    let is_listening = spec.health.is_some() || spec.exposure != Exposure::None;
    // A tag can be moved to another image. Only a pinned image of a public registry may come from the
    // node's cache; the cache does not check access to private ones.
    let always_pull = release.image.is_built_here() || release.image.digest.is_none();
    Container {
        name: CONTAINER_NAME.into(),
        image: Some(release.image.reference()),
        command: words(&spec.command),
        args: words(&spec.args),
        image_pull_policy: Some(if always_pull { "Always" } else { "IfNotPresent" }.into()),
        env: default_port(input).map(|port| vec![port]),
        env_from: Some(env_from(input)).filter(|sources| !sources.is_empty()),
        ports: is_listening.then(|| {
            vec![ContainerPort {
                name: Some(PORT_NAME.into()),
                container_port: spec.container_port.into(),
                protocol: Some("TCP".into()),
                ..ContainerPort::default()
            }]
        }),
        resources: Some(resources(platform, input)),
        startup_probe: spec.health.as_ref().map(startup_probe),
        liveness_probe: spec.health.as_ref().map(|health| probe(health, &health.liveness)),
        readiness_probe: spec.health.as_ref().map(|health| probe(health, &health.readiness)),
        lifecycle: is_listening.then(|| Lifecycle {
            pre_stop: Some(LifecycleHandler {
                sleep: Some(SleepAction { seconds: PRE_STOP_SECONDS }),
                ..LifecycleHandler::default()
            }),
            ..Lifecycle::default()
        }),
        security_context: Some(security_context(platform.pod_security)),
        volume_mounts: spec.volume.as_ref().map(|volume| {
            vec![VolumeMount {
                name: VOLUME_NAME.into(),
                mount_path: volume.path.clone(),
                ..VolumeMount::default()
            }]
        }),
        ..Container::default()
    }
}

/// An empty list is left out, so that the image's own words are used.
fn words(words: &[String]) -> Option<Vec<String>> {
    (!words.is_empty()).then(|| words.to_vec())
}

/// `PORT`, unless the user has set it. Buildpacks and most frameworks listen on it.
fn default_port(input: &ManifestInput<'_>) -> Option<EnvVar> {
    let spec = input.spec();
    let is_set = spec.variables.contains_key("PORT")
        || input.release().secrets.iter().any(|name| name == "PORT");
    (!is_set).then(|| EnvVar {
        name: "PORT".into(),
        value: Some(spec.container_port.to_string()),
        value_from: None,
    })
}

fn env_from(input: &ManifestInput<'_>) -> Vec<EnvFromSource> {
    let release = input.release();
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

fn resources(platform: &Platform, input: &ManifestInput<'_>) -> ResourceRequirements {
    let (cpu, memory) = (&input.spec().cpu, &input.spec().memory);
    let ephemeral_storage = platform.quota.ephemeral_storage.as_str();
    ResourceRequirements {
        requests: Some(amounts(
            cpu.request.as_str(),
            memory.request.as_str(),
            EPHEMERAL_STORAGE_REQUEST,
        )),
        limits: Some(amounts(cpu.limit.as_str(), memory.limit.as_str(), ephemeral_storage)),
        claims: None,
    }
}

fn security_context(level: PodSecurity) -> SecurityContext {
    // With raw packets a container could impersonate its neighbours.
    let dropped = match level {
        PodSecurity::Restricted => Some("ALL"),
        PodSecurity::Baseline => Some("NET_RAW"),
        PodSecurity::Privileged => None,
    };
    SecurityContext {
        allow_privilege_escalation: Some(false),
        capabilities: dropped
            .map(|dropped| Capabilities { add: None, drop: Some(vec![dropped.into()]) }),
        ..SecurityContext::default()
    }
}

/// The action of a check, without its timing.
fn action(health: &Health, check: &Check) -> Probe {
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

fn probe(health: &Health, check: &Check) -> Probe {
    Probe {
        initial_delay_seconds: Some(to_i32(check.delay)),
        period_seconds: Some(to_i32(health.period)),
        timeout_seconds: Some(to_i32(health.timeout)),
        failure_threshold: Some(to_i32(health.failures)),
        ..action(health, check)
    }
}

/// Until this probe succeeds, the liveness and readiness probes do not run: a program that starts
/// slowly is not killed.
fn startup_probe(health: &Health) -> Probe {
    Probe {
        period_seconds: Some(STARTUP_PERIOD_SECONDS),
        timeout_seconds: Some(to_i32(health.timeout)),
        failure_threshold: Some(STARTUP_TIMEOUT_SECONDS / STARTUP_PERIOD_SECONDS),
        ..action(health, &health.liveness)
    }
}
