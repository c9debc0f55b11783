//! The operator's settings of the cluster, and the limits for users.

use crate::service_limits::ServiceLimits;
use ipnet::IpNet;
use nokube_domain::{
    deployments::{DomainPattern, ExternalImages, Host, ImagePolicy, PlatformLimits},
    text::InvalidText,
};
use nokube_edge::settings::{SettingsError, Variables, load_cached};
use nokube_kube::{
    Kind,
    labels::is_annotation_key,
    names::SecretNameKey,
    platform::{
        Apps, Certificates, HostLayout, Platform, PodSecurity, Quota, RegistryCredentials, Routing,
    },
};
use std::{collections::BTreeMap, fmt::Display, rc::Rc};
use url::Url;

pub struct Settings {
    pub api: Url,
    pub token: String,
    pub name_key: SecretNameKey,
    pub platform: Platform,
    pub limits: PlatformLimits,
    pub images: ImagePolicy,
    /// What an installation of an earlier release allows. `None` if the operator has set what is allowed.
    pub images_of_earlier_release: Option<ImagePolicy>,
    pub service_limits: ServiceLimits,
    /// How many releases of a deployment are retained for a rollback.
    pub retained_releases: usize,
    /// Seconds after which a read reconciles a deployment that was interrupted.
    pub reconcile_after: i64,
    /// For how many seconds what a reader has read from the cluster serves others.
    pub quiet_seconds: i64,
}

impl Settings {
    pub async fn load() -> Result<Rc<Self>, SettingsError> {
        load_cached(Self::collect).await
    }

    async fn collect(v: &mut Variables) -> Option<Self> {
        let api = api_url(v).await;
        let token = v.required("kubernetes_token", "the deployer's bearer token").await;
        let name_key = secret_name_key(v).await;
        let registry = v.registry().await;
        let pull_credentials = v.registry_credentials().await;
        let service_limits = ServiceLimits {
            services_per_project: v.number("max_services_per_project", 1..=1_000).await,
            services_per_owner: v.number("max_services_per_person", 0..=100_000).await,
            domains_per_person: v.number("max_domains_per_person", 0..=100_000).await,
        };
        let retained = v.number::<u8>("deploy_keep_revisions", 1..=20).await;
        let services = service_limits.services_per_project;
        let quota = quota(v, services, u32::from(retained)).await;
        let preview_ingress_annotations = annotations(v, "preview_ingress_annotations").await;
        let apps = apps(v).await;
        let limits = platform_limits(v, apps.as_ref(), quota.as_ref()).await;
        let allowed_egress = list(v, "apps_egress_cidrs", cidr).await;
        let denied_egress = list(v, "apps_denied_cidrs", cidr).await;
        let external = external_images(v).await;
        let spread_over_zones = v.boolean("spread_over_zones").await;
        let pod_security = v.parsed("pod_security", "the level of pod security").await;
        let reconcile_after = v.number("deploy_resume_seconds", 0..=3_600).await;
        let quiet_seconds = v.number("deployment_quiet_seconds", 0..=60).await;
        let registry = registry?;
        Some(Self {
            api: api?,
            token: token?,
            name_key: name_key?,
            platform: Platform {
                apps,
                pod_security: pod_security.unwrap_or(PodSecurity::Restricted),
                quota: quota?,
                spread_over_zones,
                storage_class: v.optional("storage_class").await,
                registry_host: registry.host().to_owned(),
                pull_credentials: pull_credentials
                    .map(|(username, token)| RegistryCredentials { username, token }),
                allowed_egress,
                denied_egress,
                deployer_role: v.optional("kubernetes_role").await,
                preview_ingress_annotations,
            },
            limits,
            service_limits,
            images_of_earlier_release: external.is_none().then(|| ImagePolicy {
                registry: registry.clone(),
                external: ExternalImages::AnyPublic,
            }),
            images: ImagePolicy {
                registry,
                external: external.unwrap_or_else(ExternalImages::well_known),
            },
            retained_releases: usize::from(retained),
            reconcile_after,
            quiet_seconds,
        })
    }
}

async fn api_url(v: &mut Variables) -> Option<Url> {
    let api = v.origin("kubernetes_api_url", "the origin of the cluster's API server").await?;
    if api.host_str() == Some("unset.invalid") {
        v.add_error("kubernetes_api_url", "is not set: the origin of the cluster's API server");
    }
    Some(api)
}

async fn secret_name_key(v: &mut Variables) -> Option<SecretNameKey> {
    let description = "a key for the hashes in the names of Secrets";
    let key = v.required("secret_names_key", description).await?;
    if key.len() < 32 {
        v.add_error("secret_names_key", "must have at least 32 bytes");
    }
    Some(SecretNameKey::new(&key))
}

/// What a deployment request may ask for.
async fn platform_limits(
    v: &mut Variables,
    apps: Option<&Apps>,
    quota: Option<&Quota>,
) -> PlatformLimits {
    let max_replicas = v.number("max_replicas", 1..=1_000).await;
    let mut reserved_hosts = list(v, "platform_hosts", str::parse::<Host>).await;
    let platform = v.optional("platform_url").await.and_then(|url| Url::parse(&url).ok());
    let platform: Option<Host> = platform.and_then(|url| url.host_str()?.parse().ok());
    if let (Some(platform), Some(apps)) = (&platform, apps)
        && !apps.domain.is_unrelated_to(platform)
    {
        let detail = "must be a domain apart from the platform's own host (platform_url): neither that, nor \
                      above or below it, or services could set its cookies";
        v.add_error("apps_domain", detail);
    }
    reserved_hosts.extend(platform);
    let custom_domains = list(v, "apps_custom_domains", str::parse::<DomainPattern>).await;
    if !custom_domains.is_empty() && reserved_hosts.is_empty() {
        let detail = "is not set, but apps_custom_domains requires it: the platform's own hosts, which no \
                      service may use";
        v.add_error("platform_hosts", detail);
    }
    PlatformLimits {
        max_replicas,
        max_cpu: quota.map(|quota| quota.cpu_limits.clone()),
        max_memory: quota.map(|quota| quota.memory_limits.clone()),
        max_storage: quota.map(|quota| quota.storage.clone()),
        apps_domain: apps.map(|apps| apps.domain.clone()),
        has_path_routing: apps.is_some_and(|apps| apps.routing.kind() == Kind::HttpRoute),
        has_https: apps.is_some_and(|apps| apps.certificates != Certificates::None),
        custom_domains,
        reserved_hosts,
    }
}

async fn quota(v: &mut Variables, services: u32, retained_releases: u32) -> Option<Quota> {
    let cpu_requests = v.parsed("quota_cpu_requests", "CPU that a project may ask for").await;
    let cpu_limits = v.parsed("quota_cpu_limits", "CPU that a project may take").await;
    let memory_requests =
        v.parsed("quota_memory_requests", "memory that a project may ask for").await;
    let memory_limits = v.parsed("quota_memory_limits", "memory that a project may take").await;
    let storage = v.parsed("quota_storage", "storage that a project may ask for").await;
    let ephemeral_storage =
        v.parsed("scratch_storage", "what a container may write to its node").await;
    let pods = v.number("quota_pods", 1..=100_000).await;
    let volumes = v.number("quota_volumes", 0..=10_000).await;
    Some(Quota {
        cpu_requests: cpu_requests?,
        cpu_limits: cpu_limits?,
        memory_requests: memory_requests?,
        memory_limits: memory_limits?,
        pods,
        volumes,
        storage: storage?,
        services,
        previews: v.number("limit_previews", 1..=100).await,
        retained_releases,
        ephemeral_storage: ephemeral_storage?,
    })
}

/// How external services are reached; `None` without a domain: then no service is external.
async fn apps(v: &mut Variables) -> Option<Apps> {
    let domain = v.optional("apps_domain").await?;
    let domain =
        domain.parse::<Host>().map_err(|error| v.add_error("apps_domain", error.to_string()));
    let host_layout = v.parsed("apps_host_layout", "flat or by_owner").await;
    let ingress_namespace = v.optional("apps_entrance_namespace").await;
    let routing = v.required("apps_routing", "ingress or gateway").await;
    let (routing, ingress_namespace) = match routing.as_deref() {
        Some("ingress") => {
            if ingress_namespace.is_none() {
                let detail = "is not set: the namespace of the ingress controller, which sends requests to \
                              services";
                v.add_error("apps_entrance_namespace", detail);
            }
            let class = v.optional("apps_ingress_class").await;
            (Routing::Ingress { class }, ingress_namespace?)
        }
        Some("gateway") => {
            let (namespace, routing) = gateway(v).await?;
            (routing, ingress_namespace.unwrap_or(namespace))
        }
        _ => {
            v.add_error("apps_routing", "must be ingress or gateway");
            return None;
        }
    };
    let certificates = certificates(v).await;
    if matches!((&certificates, &routing), (Certificates::Issuer(_), Routing::Gateway { .. })) {
        let detail = "must not be an issuer with a Gateway: its listeners have the certificates, so use \
                      'shared'";
        v.add_error("apps_certificates", detail);
    }
    let (domain, host_layout) = (domain.ok()?, host_layout?);
    check_host_layout(v, host_layout, &domain, &certificates);
    Some(Apps { domain, host_layout, routing, certificates, ingress_namespace })
}

/// The longest host in DNS.
const MAX_HOST_LENGTH: usize = 253;

fn check_host_layout(
    v: &mut Variables,
    layout: HostLayout,
    domain: &Host,
    certificates: &Certificates,
) {
    if (layout, certificates) == (HostLayout::ByOwner, &Certificates::Shared) {
        let detail = "must be flat with apps_certificates=shared: a wildcard certificate covers one label below \
                      apps_domain. With by_owner, each service needs a certificate of its own: \
                      apps_certificates=issuer:NAME";
        v.add_error("apps_host_layout", detail);
    }
    let most = MAX_HOST_LENGTH - layout.max_length();
    if domain.as_str().len() > most {
        let detail =
            format!("must have at most {most} characters, to leave room for the hosts of services");
        v.add_error("apps_domain", detail);
    }
}

/// The Gateway, and its namespace.
async fn gateway(v: &mut Variables) -> Option<(String, Routing)> {
    let gateway = v.optional("apps_gateway").await.unwrap_or_default();
    let http_listener = v.optional("apps_gateway_http_listener").await;
    let https_listener = v.optional("apps_gateway_https_listener").await;
    let redirect_http = v.boolean("apps_gateway_redirect_http").await;
    let Some((namespace, name)) = gateway.split_once('/') else {
        v.add_error("apps_gateway", "must be the Gateway for requests to services, NAMESPACE/NAME");
        return None;
    };
    let routing = Routing::Gateway {
        name: name.into(),
        namespace: namespace.into(),
        http_listener: http_listener.unwrap_or_else(|| "http".into()),
        https_listener: https_listener.unwrap_or_else(|| "https".into()),
        redirect_http,
    };
    Some((namespace.to_owned(), routing))
}

async fn certificates(v: &mut Variables) -> Certificates {
    let text = v.optional("apps_certificates").await;
    match text.as_deref() {
        None | Some("none") => Certificates::None,
        Some("shared") => Certificates::Shared,
        Some(other) => match other.strip_prefix("issuer:").filter(|name| !name.is_empty()) {
            Some(issuer) => Certificates::Issuer(issuer.into()),
            None => {
                let detail = "must be none, shared, or issuer:NAME of a cert-manager ClusterIssuer";
                v.add_error("apps_certificates", detail);
                Certificates::None
            }
        },
    }
}

/// Entries separated by commas.
async fn list<T, E: Display>(
    v: &mut Variables,
    name: &str,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Vec<T> {
    let text = v.optional(name).await.unwrap_or_default();
    let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
    let parsed =
        entries.map(|entry| parse(entry).map_err(|error| v.add_error(name, error.to_string())));
    parsed.filter_map(Result::ok).collect()
}

/// Which images may run that were not built here; `None` if that is not set.
async fn external_images(v: &mut Variables) -> Option<ExternalImages> {
    let text = v.optional("foreign_images").await?;
    text.parse().map_err(|error: InvalidText| v.add_error("foreign_images", error.to_string())).ok()
}

/// Annotations as a JSON object of strings; none if it is not set.
async fn annotations(v: &mut Variables, name: &str) -> BTreeMap<String, String> {
    let Some(text) = v.optional(name).await else { return BTreeMap::new() };
    let annotations: BTreeMap<String, String> = match serde_json::from_str(&text) {
        Ok(annotations) => annotations,
        Err(_) => {
            v.add_error(name, "must be a JSON object of strings, the annotations by their names");
            return BTreeMap::new();
        }
    };
    if let Some(key) = annotations.keys().find(|key| !is_annotation_key(key)) {
        v.add_error(name, format!("has {key:?}, which is no name of an annotation"));
    }
    annotations
}

/// A network in CIDR notation, such as 10.1.0.0/16.
fn cidr(text: &str) -> Result<String, &'static str> {
    let network = text.parse::<IpNet>();
    network.map(|_| text.to_owned()).map_err(|_| "must be networks such as 10.1.0.0/16")
}
