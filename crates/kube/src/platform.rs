//! The operator's settings for deployments: domains, routing, quotas, pod security.

use crate::{kind::Kind, names};
use nokube_domain::{
    deployments::{Address, Bytes, Cpu, Exposure, Host, Release, Spec},
    previews::PreviewOf,
    projects::Project,
};
use std::{collections::BTreeMap, fmt, str::FromStr};

/// How external requests are routed to a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Routing {
    /// By Ingress. `class: None` is the cluster's default class.
    Ingress { class: Option<String> },
    /// By HTTPRoute of the Gateway API. Only this kind can route by path. The listeners are names.
    Gateway {
        name: String,
        namespace: String,
        http_listener: String,
        https_listener: String,
        /// Redirect requests over HTTP to HTTPS, for services with HTTPS.
        redirect_http: bool,
    },
}

impl Routing {
    /// The kind of a service's route.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Ingress { .. } => Kind::Ingress,
            Self::Gateway { .. } => Kind::HttpRoute,
        }
    }
}

/// Where the certificates of services come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Certificates {
    None,
    /// The ingress controller or the Gateway has a certificate for all services.
    Shared,
    /// cert-manager gets one for each Ingress from this ClusterIssuer.
    Issuer(String),
}

/// Which hosts services get under the apps domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostLayout {
    /// One label: `{service}-{project}-{owner}`.
    Flat,
    /// Two labels: `{service}-{project}.{owner}`. A wildcard certificate does not cover them.
    ByOwner,
}

impl HostLayout {
    /// The most characters of a host, with the dot before the apps domain.
    pub fn max_length(self) -> usize {
        match self {
            Self::Flat => 64,
            Self::ByOwner => 128,
        }
    }
}

impl FromStr for HostLayout {
    type Err = nokube_domain::text::InvalidText;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "flat" => Ok(Self::Flat),
            "by_owner" => Ok(Self::ByOwner),
            _ => Err(nokube_domain::text::InvalidText("must be flat or by_owner")),
        }
    }
}

/// How services are reached from outside the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Apps {
    /// Services get hosts under this domain.
    pub domain: Host,
    pub host_layout: HostLayout,
    pub routing: Routing,
    pub certificates: Certificates,
    /// The namespace of the ingress controller's (or Gateway's) pods. NetworkPolicies allow requests
    /// from there.
    pub ingress_namespace: String,
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
    type Err = nokube_domain::text::InvalidText;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "privileged" => Ok(Self::Privileged),
            "baseline" => Ok(Self::Baseline),
            "restricted" => Ok(Self::Restricted),
            _ => {
                Err(nokube_domain::text::InvalidText("must be privileged, baseline or restricted"))
            }
        }
    }
}

/// The limits of a project: of all its services together, unless a field says otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quota {
    pub cpu_requests: Cpu,
    pub cpu_limits: Cpu,
    pub memory_requests: Bytes,
    pub memory_limits: Bytes,
    pub pods: u32,
    pub volumes: u32,
    pub storage: Bytes,
    pub services: u32,
    /// Previews of a project that may be deployed at the same time.
    pub previews: u32,
    /// Releases of each service that are retained, with their variables and secrets.
    pub retained_releases: u32,
    /// What each container may write outside of volumes, its log included.
    pub ephemeral_storage: Bytes,
}

/// The credentials to pull private images that were built here.
#[derive(Clone, PartialEq, Eq)]
pub struct RegistryCredentials {
    pub username: String,
    pub token: String,
}

impl fmt::Debug for RegistryCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RegistryCredentials({})", self.username)
    }
}

/// All settings that manifests depend on.
#[derive(Clone, Debug)]
pub struct Platform {
    pub apps: Option<Apps>,
    pub pod_security: PodSecurity,
    pub quota: Quota,
    /// Spread the pods of a service over zones too, not only over nodes.
    pub spread_over_zones: bool,
    /// The StorageClass of volumes; `None` is the cluster's default.
    pub storage_class: Option<String>,
    /// The host of the registry for images that are built here.
    pub registry_host: String,
    pub pull_credentials: Option<RegistryCredentials>,
    /// Non-public networks that services may reach nevertheless, as CIDR.
    pub allowed_egress: Vec<String>,
    /// Public networks that services may not reach, as CIDR, such as nodes and the API server.
    pub denied_egress: Vec<String>,
    /// The ClusterRole that the platform binds to itself in each namespace that it creates. `None`: it
    /// has cluster-wide permissions.
    pub deployer_role: Option<String>,
    /// Annotations of the Ingresses of previews, with which the ingress controller sends `X-Robots-Tag: noindex`. The
    /// Gateway API has a field for that.
    pub preview_ingress_annotations: BTreeMap<String, String>,
}

/// The public address of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalAddress {
    pub host: String,
    /// `/`, or a path without a trailing slash.
    pub path: String,
    pub https: bool,
}

impl Platform {
    /// The credentials to pull the image of `release`. `None` for images that were not built here.
    pub fn pull_credentials_for(&self, release: &Release) -> Option<&RegistryCredentials> {
        self.pull_credentials.as_ref().filter(|_| release.image.is_built_here())
    }

    /// `None` if the service is not external.
    pub fn external_address(&self, project: &Project, spec: &Spec) -> Option<ExternalAddress> {
        let Exposure::External { address, https } = &spec.exposure else { return None };
        let Apps { domain, host_layout, .. } = self.apps.as_ref()?;
        let (layout, owner, name) = (*host_layout, &project.owner, &project.name);
        let (host, path) = match (&spec.preview, address) {
            // A preview takes no address of its service, whatever that has.
            (Some(PreviewOf { service, pull_request }), _) => {
                let host = names::preview_host(layout, owner, name, service, *pull_request);
                (format!("{host}.{domain}"), "/")
            }
            (None, Address::OwnHost) => {
                let host = names::service_host(layout, owner, name, &spec.service);
                (format!("{host}.{domain}"), "/")
            }
            (None, Address::Path(path)) => {
                let host = names::project_host(layout, owner, name);
                (format!("{host}.{domain}"), path.as_str())
            }
            (None, Address::Domain(host)) => (host.to_string(), "/"),
        };
        Some(ExternalAddress { host, path: path.to_owned(), https: *https })
    }

    /// The URL of the service: public if it is external, otherwise the one inside the namespace.
    pub fn access_url(&self, project: &Project, spec: &Spec) -> Option<String> {
        match spec.exposure {
            Exposure::None => None,
            Exposure::Internal => {
                let service = names::service_object(&spec.service);
                Some(format!("http://{service}:{}", spec.service_port))
            }
            Exposure::External { .. } => {
                let ExternalAddress { host, path, https } = self.external_address(project, spec)?;
                let scheme = if https { "https" } else { "http" };
                Some(format!("{scheme}://{host}{}", path.trim_end_matches('/')))
            }
        }
    }
}
