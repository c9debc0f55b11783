//! `POST /api/v1/deploy`: from fields to a value, with every fault at once.

use super::{
    image::{ImageAsked, ImageName},
    network::{self, DomainPattern, Host},
    quantity::{Bytes, Cpu},
    spec::{Check, Health, Scaling, ServiceKind, Share, Spec, Volume},
    variables::{self, SecretWanted},
};
use crate::{
    BuildId,
    access::Caller,
    fields::Fields,
    name::{ProjectName, ServiceName, Username},
    problem::{Problem, ProblemKind},
    project::Project,
};
use std::collections::BTreeMap;

/// What the operator lets users ask for.
#[derive(Clone, Debug, Default)]
pub struct Offer {
    pub most_replicas: u32,
    pub most_storage: Option<Bytes>,
    /// External services get hosts under it; without one there are none.
    pub apps_domain: Option<Host>,
    /// Can services be told apart by path?
    pub paths: bool,
    pub https: bool,
    pub custom_domains: Vec<DomainPattern>,
    /// Hosts of the platform's own, which no user's service may have.
    pub reserved: Vec<Host>,
}

/// A deployment that was asked for; every field has been checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDeployment {
    pub spec: Spec,
    pub image: ImageAsked,
    pub secrets: BTreeMap<String, SecretWanted>,
}

impl NewDeployment {
    /// The project that a request is about, which must be known before the rest can be checked. A
    /// fault stays with the fields.
    pub fn project_id(fields: &mut Fields) -> Option<crate::ProjectId> {
        let id = fields.positive("project_id");
        fields.required("project_id", id).map(crate::ProjectId)
    }

    /// Reads the rest of the request. Without a project there is a fault already, and the others are
    /// collected.
    ///
    /// # Errors
    /// 403 for a `username` that is neither the caller's nor the owner's; else every faulty field.
    pub fn parse(
        mut fields: Fields,
        caller: &Caller,
        project: Option<&Project>,
        offer: &Offer,
    ) -> Result<Self, Problem> {
        let f = &mut fields;
        names(f, caller, project)?;
        let service = service(f);
        let image = image(f);
        let kind = kind(f);
        let display_name = short(f, "display_name", 100);
        let description = short(f, "description", 2_000);
        let exposure = network::take(f, kind, offer);
        let container_port = port(f, "container_port", 3000);
        let service_port = port(f, "service_port", 8000);
        let (variables, secrets) = variables::take(f);
        let volume = volume(f, offer);
        let scaling = scaling(f, offer);
        let replicas = replicas(f, volume.is_some(), scaling.is_some(), offer);
        let cpu = share::<Cpu>(f, "cpu", "100m", "500m");
        let memory = share::<Bytes>(f, "memory", "128Mi", "512Mi");
        let health = health(f, kind, container_port);
        fields.finish()?;
        match (service, image, exposure, cpu, memory) {
            (Some(service), Some(image), Some(exposure), Some(cpu), Some(memory)) => {
                let display_name = display_name.unwrap_or_else(|| service.to_string());
                let spec = Spec {
                    service,
                    display_name,
                    description,
                    kind,
                    exposure,
                    container_port,
                    service_port,
                    replicas,
                    cpu,
                    memory,
                    variables,
                    health,
                    volume,
                    scaling,
                };
                Ok(Self { spec, image, secrets })
            }
            // A value that is missing left its fault behind, so `finish` has returned it.
            _ => Err(Problem::invalid(Vec::new())),
        }
    }
}

/// `project_name` and `username` say what follows from the project: they must agree with it.
fn names(f: &mut Fields, caller: &Caller, project: Option<&Project>) -> Result<(), Problem> {
    let name = f.text("project_name");
    let name = f.required("project_name", name);
    let name = f.parsed("project_name", name, str::parse::<ProjectName>);
    let user = f.text("username");
    let user = f.required("username", user);
    let user = f.parsed("username", user, str::parse::<Username>);
    let Some(project) = project else { return Ok(()) };
    if let Some(name) = name.filter(|name| *name != project.name) {
        f.fault("project_name", format!("the project's name is '{}', not '{name}'", project.name));
    }
    match user {
        Some(user) if user != caller.login && user != project.owner => Err(Problem::new(
            ProblemKind::Forbidden,
            format!("username must be yours ({}) or the project's owner's.", caller.login),
        )),
        _ => Ok(()),
    }
}

/// Kubernetes' Services begin with a letter (RFC 1035), and one is named after the service.
fn service(f: &mut Fields) -> Option<ServiceName> {
    let service = f.text("service_name");
    let service = f.required("service_name", service);
    let service = f.parsed("service_name", service, str::parse::<ServiceName>)?;
    if !service.as_str().starts_with(|c: char| c.is_ascii_lowercase()) {
        f.fault(
            "service_name",
            "must begin with a letter: its address in the cluster is made of it",
        );
    }
    Some(service)
}

fn image(f: &mut Fields) -> Option<ImageAsked> {
    let build = f.text("build_id");
    let is_asked = build.is_some();
    let build = f.parsed("build_id", build, str::parse::<BuildId>);
    let name = f.text("image_name");
    // A build says which image it made.
    if name.is_none() && !is_asked && !f.is_faulty("image_name") {
        f.fault("image_name", "is required, unless build_id names a build");
    }
    let name = f.parsed("image_name", name, str::parse::<ImageName>);
    match (build, name) {
        (Some(build), name) => Some(ImageAsked::Build { build, name }),
        (None, Some(name)) => Some(ImageAsked::Named(name)),
        (None, None) => None,
    }
}

fn short(f: &mut Fields, field: &str, most: usize) -> Option<String> {
    let text = f.text(field)?;
    if text.chars().count() > most || text.chars().any(|c| c.is_control() && c != '\n') {
        f.fault(field, format!("must have at most {most} characters and no control characters"));
    }
    Some(text).filter(|text| !text.is_empty())
}

fn kind(f: &mut Fields) -> ServiceKind {
    match f.text("service_type").as_deref() {
        None | Some("web") => ServiceKind::Web,
        Some("api") => ServiceKind::Api,
        Some("worker") => ServiceKind::Worker,
        Some(_) => {
            f.fault("service_type", "must be web, api or worker");
            ServiceKind::Web
        }
    }
}

fn port(f: &mut Fields, field: &str, default: u16) -> u16 {
    let number = f.whole(field, 1..=65_535, default.into());
    u16::try_from(number).unwrap_or(default)
}

fn share<T>(f: &mut Fields, what: &str, request: &str, limit: &str) -> Option<Share<T>>
where
    T: std::str::FromStr<Err = crate::text::BadText> + Ord,
{
    let (request_field, limit_field) = (format!("{what}_request"), format!("{what}_limit"));
    let text = f.text(&request_field).unwrap_or_else(|| request.into());
    let request = f.parsed(&request_field, Some(text), str::parse::<T>);
    let text = f.text(&limit_field).unwrap_or_else(|| limit.into());
    let limit = f.parsed(&limit_field, Some(text), str::parse::<T>);
    let (request, limit) = request.zip(limit)?;
    if request > limit {
        f.fault(&request_field, format!("must not be more than {limit_field}"));
    }
    Some(Share { request, limit })
}

fn volume(f: &mut Fields, offer: &Offer) -> Option<Volume> {
    let size = f.text("storage_size").filter(|text| !text.is_empty());
    let path = f.text("storage_path").filter(|text| !text.is_empty());
    match (&size, &path) {
        (Some(_), None) => f.fault("storage_path", "is required with storage_size"),
        (None, Some(_)) => f.fault("storage_size", "is required with storage_path"),
        _ => {}
    }
    let size = f.parsed("storage_size", size, str::parse::<Bytes>);
    if let Some((most, _)) = offer.most_storage.as_ref().zip(size.as_ref()).filter(|(m, s)| s > m) {
        f.fault("storage_size", format!("must be at most {most} on this platform"));
    }
    if path.as_deref().is_some_and(|path| !is_mount_path(path)) {
        let detail =
            "must be an absolute path such as /var/lib/data, below / and without ':', '.' and '..'";
        f.fault("storage_path", detail);
    }
    size.zip(path).map(|(size, path)| Volume { size, path })
}

fn is_mount_path(path: &str) -> bool {
    path.starts_with('/')
        && path.len() <= 200
        && !path.contains(':')
        && !path.chars().any(char::is_control)
        && !path.split('/').any(|part| matches!(part, "." | ".."))
        && path.split('/').any(|part| !part.is_empty())
}

fn scaling(f: &mut Fields, offer: &Offer) -> Option<Scaling> {
    let most = offer.most_replicas;
    let on = f.boolean("enable_autoscaling").unwrap_or(false);
    let min = f.whole("min_replicas", 1..=most, 1);
    let max = f.whole("max_replicas", 1..=most, most.min(10));
    let target_cpu = f.whole("target_cpu_percent", 1..=100, 70);
    if on && min > max {
        f.fault("min_replicas", "must not be more than max_replicas");
    }
    on.then_some(Scaling { min, max, target_cpu })
}

/// How many pods; with a volume one, because a volume is for one pod at a time.
fn replicas(f: &mut Fields, volume: bool, scaling: bool, offer: &Offer) -> u32 {
    let default = if volume { 1 } else { offer.most_replicas.min(2) };
    let replicas = f.whole("replicas", 1..=offer.most_replicas, default);
    if volume && replicas > 1 {
        f.fault("replicas", "must be 1 with storage: a volume is for one pod at a time");
    }
    if volume && scaling {
        f.fault(
            "enable_autoscaling",
            "must be false with storage: a volume is for one pod at a time",
        );
    }
    replicas
}

fn health(f: &mut Fields, kind: ServiceKind, container_port: u16) -> Option<Health> {
    let enabled = f.boolean("health_check_enabled").unwrap_or(true);
    let path = |f: &mut Fields, field: &str| {
        let text = f.text(field).filter(|text| !text.is_empty());
        f.parsed(field, text, str::parse)
    };
    let liveness = path(f, "liveness_check_path");
    let readiness = path(f, "readiness_check_path");
    let port_given = f.is_given("health_check_port");
    let port = port(f, "health_check_port", container_port);
    let liveness_delay = f.whole("liveness_initial_delay", 0..=3_600, 30);
    let readiness_delay = f.whole("readiness_initial_delay", 0..=3_600, 5);
    let period = f.whole("health_check_period", 1..=3_600, 10);
    let timeout = f.whole("health_check_timeout", 1..=300, 5);
    let failures = f.whole("health_check_failure_threshold", 1..=100, 3);
    // A worker listens nowhere, unless it says where.
    let listens =
        kind != ServiceKind::Worker || port_given || liveness.is_some() || readiness.is_some();
    (enabled && listens).then_some(Health {
        port,
        liveness: Check { path: liveness, delay: liveness_delay },
        readiness: Check { path: readiness, delay: readiness_delay },
        period,
        timeout,
        failures,
    })
}
