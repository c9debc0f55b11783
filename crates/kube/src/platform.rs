//! What the operator says about the cluster: where services are reached, how much a project may take.

use crate::names::{self, Namespace};
use nokube_domain::{
    deploy::{At, Bytes, Cpu, Exposure, Host, Spec},
    name::ServiceName,
    project::Project,
};
use std::{fmt, str::FromStr};

/// How requests from outside find a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Routing {
    /// By Ingress; the class is the controller's default when it is `None`.
    Ingress { class: Option<String> },
    /// By HTTPRoute of Gateway API; services can be told apart by path.
    Gateway { name: String, namespace: String, http: String, https: String },
}

/// Where certificates for services come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Certificates {
    None,
    /// The controller or the Gateway has one for all of them.
    Shared,
    /// cert-manager makes one for each Ingress, by this ClusterIssuer.
    Issuer(String),
}

/// Where external services are reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Apps {
    pub domain: Host,
    pub routing: Routing,
    pub certificates: Certificates,
    /// The namespace from which requests come.
    pub entrance: String,
}

/// The levels of the Pod Security Standards.
/// <https://kubernetes.io/docs/concepts/security/pod-security-standards/>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PodSecurity {
    Privileged,
    Baseline,
    Restricted,
}

impl PodSecurity {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Privileged => "privileged",
            Self::Baseline => "baseline",
            Self::Restricted => "restricted",
        }
    }
}

impl FromStr for PodSecurity {
    type Err = nokube_domain::text::BadText;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "privileged" => Ok(Self::Privileged),
            "baseline" => Ok(Self::Baseline),
            "restricted" => Ok(Self::Restricted),
            _ => Err(nokube_domain::text::BadText("must be privileged, baseline or restricted")),
        }
    }
}

/// What all services of a project may take together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quota {
    pub cpu_requests: Cpu,
    pub cpu_limits: Cpu,
    pub memory_requests: Bytes,
    pub memory_limits: Bytes,
    pub pods: u32,
    pub volumes: u32,
    pub storage: Bytes,
}

/// The user and token that pull private images of the platform's own.
#[derive(Clone, PartialEq, Eq)]
pub struct PullLogin {
    pub user: String,
    pub token: String,
}

impl fmt::Debug for PullLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PullLogin({})", self.user)
    }
}

/// Everything that manifests need to know of the platform.
#[derive(Clone, Debug)]
pub struct Platform {
    pub apps: Option<Apps>,
    pub pod_security: PodSecurity,
    pub quota: Quota,
    /// The class of volumes; the cluster's default when it is `None`.
    pub storage_class: Option<String>,
    /// The registry's host, as it stands in image names.
    pub registry_host: String,
    pub pull: Option<PullLogin>,
    /// Addresses inside the operator's network that services may reach, as CIDR.
    pub egress: Vec<String>,
    /// The ClusterRole that the platform is bound to in the namespaces that it makes.
    pub role: Option<String>,
}

/// Where an external service is reached: host, path, and whether by HTTPS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    pub host: String,
    /// `/` or a path without a slash at its end.
    pub path: String,
    pub https: bool,
}

impl Address {
    fn url(&self) -> String {
        let scheme = if self.https { "https" } else { "http" };
        format!("{scheme}://{}{}", self.host, self.path.trim_end_matches('/'))
    }
}

impl Platform {
    /// Where `spec` is reached from outside, if it is.
    pub fn address(&self, project: &Project, spec: &Spec) -> Option<Address> {
        let Exposure::External { at, https } = &spec.exposure else { return None };
        let domain = &self.apps.as_ref()?.domain;
        let (owner, name) = (&project.owner, &project.name);
        let (host, path) = match at {
            At::OwnHost => {
                (format!("{}.{domain}", names::service_host(owner, name, &spec.service)), "/")
            }
            At::Path(path) => {
                (format!("{}.{domain}", names::project_host(owner, name)), path.as_str())
            }
            At::Domain(host) => (host.to_string(), "/"),
        };
        Some(Address { host, path: path.to_owned(), https: *https })
    }

    /// The address that a user is told: a URL from outside, or the one inside the namespace.
    pub fn access_url(&self, project: &Project, spec: &Spec) -> Option<String> {
        match spec.exposure {
            Exposure::None => None,
            Exposure::Internal => Some(internal_url(&spec.service, spec.service_port)),
            Exposure::External { .. } => self.address(project, spec).map(|address| address.url()),
        }
    }
}

fn internal_url(service: &ServiceName, port: u16) -> String {
    format!("http://{}:{port}", names::service_object(service))
}

/// A project's namespace.
pub fn namespace(project: &Project) -> Namespace {
    Namespace::of(&project.owner, &project.name)
}
