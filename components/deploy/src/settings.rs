//! The operator's settings of the cluster, and the limits for users.

use crate::quota::Quota as ServiceQuota;
use nokube_domain::deployments::{Bytes, Cpu, DomainPattern, Host, ImagePolicy, PlatformLimits};
use nokube_edge::settings::{Cached, SettingsError, Variables, load_cached};
use nokube_kube::{
    Kind,
    names::SecretNameKey,
    platform::{Apps, Certificates, Platform, PodSecurity, Quota, RegistryCredentials, Routing},
};
use std::{fmt::Display, net::IpAddr, rc::Rc, str::FromStr};
use url::Url;

pub struct Settings {
    pub api: Url,
    pub token: String,
    pub name_key: SecretNameKey,
    pub platform: Platform,
    pub limits: PlatformLimits,
    pub images: ImagePolicy,
    pub quota: ServiceQuota,
    /// How many releases of a deployment are retained for a rollback.
    pub retained_releases: usize,
    /// Seconds after which a read reconciles a deployment that was interrupted.
    pub reconcile_after: i64,
}

thread_local! {
    static SETTINGS: Cached<Settings> = const { Cached::new() };
}

impl Settings {
    /// # Errors
    /// Everything that is wrong with the settings.
    pub async fn load() -> Result<Rc<Self>, SettingsError> {
        load_cached(&SETTINGS, Self::collect).await
    }

    async fn collect(v: &mut Variables) -> Option<Self> {
        let api = v.origin("kubernetes_api_url", "the origin of the cluster's API server").await;
        if api.as_ref().is_some_and(|api| api.host_str() == Some("unset.invalid")) {
            v.add_error("kubernetes_api_url", "is not set: the origin of the cluster's API server");
        }
        let token = v.required("kubernetes_token", "the deployer's bearer token").await;
        let description = "a key for the hashes in the names of Secrets";
        let name_key = v.required("secret_names_key", description).await;
        if name_key.as_ref().is_some_and(|key| key.len() < 32) {
            v.add_error("secret_names_key", "must have at least 32 bytes");
        }
        let registry = v.registry().await;
        let pull = v
            .registry_credentials()
            .await
            .map(|(user, token)| RegistryCredentials { username: user, token });
        let services_per_project = v.number("max_services_per_project", 1..=1_000).await;
        let services_per_owner = v.number("max_services_per_person", 0..=100_000).await;
        let domains_per_person = v.number("max_domains_per_person", 0..=100_000).await;
        let retained = v.number::<u8>("deploy_keep_revisions", 1..=20).await;
        let quota = quota(v, services_per_project, u32::from(retained)).await;
        let apps = apps(v).await;
        let max_replicas = v.number("max_replicas", 1..=1_000).await;
        let mut reserved = list::<Host>(v, "platform_hosts").await;
        let platform = v.optional("platform_url").await.and_then(|url| Url::parse(&url).ok());
        let platform: Option<Host> = platform.and_then(|url| url.host_str()?.parse().ok());
        if let (Some(platform), Some(apps)) = (&platform, &apps)
            && !apps.domain.is_unrelated_to(platform)
        {
            let detail = "must be a domain apart from the platform's own host (platform_url): neither \
                          that, nor above or below it, or services could set its cookies";
            v.add_error("apps_domain", detail);
        }
        reserved.extend(platform);
        let limits = PlatformLimits {
            max_replicas,
            max_storage: quota.as_ref().map(|quota| quota.storage.clone()),
            apps_domain: apps.as_ref().map(|apps| apps.domain.clone()),
            has_path_routing: apps.as_ref().is_some_and(|a| a.routing.kind() == Kind::HttpRoute),
            has_https: apps.as_ref().is_some_and(|a| a.certificates != Certificates::None),
            custom_domains: list::<DomainPattern>(v, "apps_custom_domains").await,
            reserved_hosts: reserved,
        };
        if !limits.custom_domains.is_empty() && limits.reserved_hosts.is_empty() {
            let detail = "is not set, but apps_custom_domains requires it: the platform's own hosts, which \
                          no service may use";
            v.add_error("platform_hosts", detail);
        }
        let egress = list::<Cidr>(v, "apps_egress_cidrs").await;
        let no_egress = list::<Cidr>(v, "apps_denied_cidrs").await;
        let foreign = foreign_images(v).await;
        let pod_security = v.parsed("pod_security", "the level of pod security").await;
        let reconcile_after = v.number("deploy_resume_seconds", 0..=3_600).await;
        let registry = registry?;
        Some(Self {
            api: api?,
            token: token?,
            name_key: SecretNameKey::new(&name_key?),
            platform: Platform {
                apps,
                pod_security: pod_security.unwrap_or(PodSecurity::Restricted),
                quota: quota?,
                storage_class: v.optional("storage_class").await,
                registry_host: registry.host().to_owned(),
                pull_credentials: pull,
                allowed_egress: egress.into_iter().map(|cidr| cidr.0).collect(),
                denied_egress: no_egress.into_iter().map(|cidr| cidr.0).collect(),
                deployer_role: v.optional("kubernetes_role").await,
            },
            limits,
            quota: ServiceQuota { services_per_project, services_per_owner, domains_per_person },
            images: ImagePolicy { registry, allowed_external: foreign },
            retained_releases: usize::from(retained),
            reconcile_after,
        })
    }
}

async fn quota(v: &mut Variables, services: u32, releases: u32) -> Option<Quota> {
    let cpu_requests =
        v.parsed::<Cpu>("quota_cpu_requests", "CPU that a project may ask for").await;
    let cpu_limits = v.parsed::<Cpu>("quota_cpu_limits", "CPU that a project may take").await;
    let memory_requests =
        v.parsed::<Bytes>("quota_memory_requests", "memory that a project may ask for").await;
    let memory_limits =
        v.parsed::<Bytes>("quota_memory_limits", "memory that a project may take").await;
    let storage = v.parsed::<Bytes>("quota_storage", "storage that a project may ask for").await;
    let scratch =
        v.parsed::<Bytes>("scratch_storage", "what a container may write to its node").await;
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
        retained_releases: releases,
        ephemeral_storage: scratch?,
    })
}

/// How external services are reached; `None` without a domain: then no service is external.
async fn apps(v: &mut Variables) -> Option<Apps> {
    let domain = v.optional("apps_domain").await?;
    let domain =
        domain.parse::<Host>().map_err(|error| v.add_error("apps_domain", error.to_string()));
    let class = v.optional("apps_ingress_class").await;
    let gateway = v.optional("apps_gateway").await;
    let http = v.optional("apps_gateway_http_listener").await;
    let https = v.optional("apps_gateway_https_listener").await;
    let ingress_namespace = v.optional("apps_entrance_namespace").await;
    let routing = v.required("apps_routing", "ingress or gateway").await;
    let (routing, ingress_namespace) = match routing.as_deref() {
        Some("ingress") => {
            if ingress_namespace.is_none() {
                let detail = "is not set: the namespace of the ingress controller, which sends requests \
                              to services";
                v.add_error("apps_entrance_namespace", detail);
            }
            (Routing::Ingress { class }, ingress_namespace?)
        }
        Some("gateway") => {
            let parts = gateway.as_deref().and_then(|text| text.split_once('/'));
            let Some((namespace, name)) = parts else {
                v.add_error(
                    "apps_gateway",
                    "must be the Gateway for requests to services, NAMESPACE/NAME",
                );
                return None;
            };
            let routing = Routing::Gateway {
                name: name.into(),
                namespace: namespace.into(),
                http_listener: http.unwrap_or_else(|| "http".into()),
                https_listener: https.unwrap_or_else(|| "https".into()),
            };
            (routing, ingress_namespace.unwrap_or_else(|| namespace.to_owned()))
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
    Some(Apps { domain: domain.ok()?, routing, certificates, ingress_namespace })
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
async fn list<T: FromStr<Err: Display>>(v: &mut Variables, name: &str) -> Vec<T> {
    let text = v.optional(name).await.unwrap_or_default();
    let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
    let mut list = Vec::new();
    for entry in entries {
        match entry.parse::<T>() {
            Ok(value) => list.push(value),
            Err(error) => v.add_error(name, error.to_string()),
        }
    }
    list
}

/// Which images of other registries are allowed: `*` (all), `none`, or prefixes separated by commas.
/// Returns `None` for all.
async fn foreign_images(v: &mut Variables) -> Option<Vec<String>> {
    let text = v.required("foreign_images", "*, none, or prefixes of allowed images").await?;
    match text.as_str() {
        "*" => None,
        "none" => Some(Vec::new()),
        _ => Some(list::<String>(v, "foreign_images").await),
    }
}

/// A network in CIDR notation, such as 10.1.0.0/16.
struct Cidr(String);

impl FromStr for Cidr {
    type Err = nokube_domain::text::InvalidText;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bits = |address: &IpAddr| if address.is_ipv4() { 32 } else { 128 };
        let parts = text.split_once('/').and_then(|(address, length)| {
            Some((address.parse::<IpAddr>().ok()?, length.parse::<u8>().ok()?))
        });
        match parts.filter(|(address, length)| *length <= bits(address)) {
            Some(_) => Ok(Self(text.into())),
            None => Err(nokube_domain::text::InvalidText("must be networks such as 10.1.0.0/16")),
        }
    }
}
