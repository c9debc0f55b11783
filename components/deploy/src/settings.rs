//! What the operator says about the cluster, and about what users may ask of it.

use crate::deploy::Most;
use nokube_domain::deploy::{Bytes, Cpu, DomainPattern, Host, ImagePolicy, Offer};
use nokube_edge::settings::{Kept, NotSetUp, Variables, once};
use nokube_kube::{
    names::NameKey,
    platform::{Apps, Certificates, Platform, PodSecurity, PullLogin, Quota, Routing},
};
use std::{fmt::Display, net::IpAddr, rc::Rc, str::FromStr};
use url::Url;

pub struct Settings {
    pub api: Url,
    pub token: String,
    pub name_key: NameKey,
    pub platform: Platform,
    pub offer: Offer,
    pub images: ImagePolicy,
    /// Services that a project may have.
    pub most: Most,
    /// Releases of a deployment that can be rolled back to.
    pub keep: usize,
    /// Seconds after which a read goes on with a deployment that was interrupted.
    pub resume: i64,
}

thread_local! {
    static SETTINGS: Kept<Settings> = const { Kept::new() };
}

impl Settings {
    /// # Errors
    /// Everything that is wrong with the settings.
    pub async fn read() -> Result<Rc<Self>, NotSetUp> {
        once(&SETTINGS, Self::collect).await
    }

    async fn collect(v: &mut Variables) -> Option<Self> {
        let api = v.origin("kubernetes_api_url", "the origin of the cluster's API server").await;
        if api.as_ref().is_some_and(|api| api.host_str() == Some("unset.invalid")) {
            v.fault("kubernetes_api_url", "is not set: the origin of the cluster's API server");
        }
        let token = v.required("kubernetes_token", "the deployer's bearer token").await;
        let what = "a secret that the names of users' secrets in the cluster are made with";
        let name_key = v.required("secret_names_key", what).await;
        if name_key.as_ref().is_some_and(|key| key.len() < 32) {
            v.fault("secret_names_key", "must have at least 32 bytes");
        }
        let registry = v.registry().await;
        let pull = v.registry_login().await.map(|(user, token)| PullLogin { user, token });
        let most_services = v.number("max_services_per_project", 1..=1_000).await;
        let most_services = u32::try_from(most_services).unwrap_or(1);
        let of_an_owner = v.number("max_services_per_person", 0..=100_000).await;
        let of_an_owner = u32::try_from(of_an_owner).unwrap_or(1);
        let domains = v.number("max_domains_per_person", 0..=100_000).await;
        let domains = u32::try_from(domains).unwrap_or(0);
        let keep = v.number("deploy_keep_revisions", 1..=20).await;
        let quota = quota(v, most_services, u32::try_from(keep).unwrap_or(1)).await;
        let apps = apps(v).await;
        let most_replicas = v.number("max_replicas", 1..=1_000).await;
        let mut reserved = list::<Host>(v, "platform_hosts").await;
        let platform = v.optional("platform_url").await.and_then(|url| Url::parse(&url).ok());
        let platform: Option<Host> = platform.and_then(|url| url.host_str()?.parse().ok());
        if let (Some(platform), Some(apps)) = (&platform, &apps)
            && !apps.domain.is_apart(platform)
        {
            let detail = "must be a domain apart from the platform's own host (platform_url): neither \
                          that, nor above or below it, or services could set its cookies";
            v.fault("apps_domain", detail);
        }
        reserved.extend(platform);
        let offer = Offer {
            most_replicas: u32::try_from(most_replicas).unwrap_or(1),
            most_storage: quota.as_ref().map(|quota| quota.storage.clone()),
            apps_domain: apps.as_ref().map(|apps| apps.domain.clone()),
            paths: apps.as_ref().is_some_and(|a| matches!(a.routing, Routing::Gateway { .. })),
            https: apps.as_ref().is_some_and(|a| a.certificates != Certificates::None),
            custom_domains: list::<DomainPattern>(v, "apps_custom_domains").await,
            reserved,
        };
        if !offer.custom_domains.is_empty() && offer.reserved.is_empty() {
            let detail = "is not set: the hosts of the platform's own, which no user may have, belong \
                          to apps_custom_domains";
            v.fault("platform_hosts", detail);
        }
        let egress = list::<Cidr>(v, "apps_egress_cidrs").await;
        let no_egress = list::<Cidr>(v, "apps_denied_cidrs").await;
        let foreign = foreign_images(v).await;
        let pod_security = v.parsed("pod_security", "the level of pod security").await;
        let resume = v.number("deploy_resume_seconds", 0..=3_600).await;
        let registry = registry?;
        Some(Self {
            api: api?,
            token: token?,
            name_key: NameKey::new(&name_key?),
            platform: Platform {
                apps,
                pod_security: pod_security.unwrap_or(PodSecurity::Restricted),
                quota: quota?,
                storage_class: v.optional("storage_class").await,
                registry_host: registry.host().to_owned(),
                pull,
                egress: egress.into_iter().map(|cidr| cidr.0).collect(),
                no_egress: no_egress.into_iter().map(|cidr| cidr.0).collect(),
                role: v.optional("kubernetes_role").await,
            },
            offer,
            most: Most { of_a_project: most_services, of_an_owner, domains },
            images: ImagePolicy { registry, foreign },
            keep: usize::try_from(keep).unwrap_or(1),
            resume,
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
        pods: u32::try_from(pods).unwrap_or(1),
        volumes: u32::try_from(volumes).unwrap_or(0),
        storage: storage?,
        services,
        releases,
        scratch: scratch?,
    })
}

/// Where external services are reached; `None` without a domain: then there are none.
async fn apps(v: &mut Variables) -> Option<Apps> {
    let domain = v.optional("apps_domain").await?;
    let domain = domain.parse::<Host>().map_err(|error| v.fault("apps_domain", error.to_string()));
    let class = v.optional("apps_ingress_class").await;
    let gateway = v.optional("apps_gateway").await;
    let http = v.optional("apps_gateway_http_listener").await;
    let https = v.optional("apps_gateway_https_listener").await;
    let entrance = v.optional("apps_entrance_namespace").await;
    let routing = v.required("apps_routing", "ingress or gateway").await;
    let (routing, entrance) = match routing.as_deref() {
        Some("ingress") => {
            if entrance.is_none() {
                let detail = "is not set: the namespace of the Ingress controller, from which \
                              services are reached";
                v.fault("apps_entrance_namespace", detail);
            }
            (Routing::Ingress { class }, entrance?)
        }
        Some("gateway") => {
            let parts = gateway.as_deref().and_then(|text| text.split_once('/'));
            let Some((namespace, name)) = parts else {
                v.fault(
                    "apps_gateway",
                    "must be the Gateway that services are reached by, NAMESPACE/NAME",
                );
                return None;
            };
            let routing = Routing::Gateway {
                name: name.into(),
                namespace: namespace.into(),
                http: http.unwrap_or_else(|| "http".into()),
                https: https.unwrap_or_else(|| "https".into()),
            };
            (routing, entrance.unwrap_or_else(|| namespace.to_owned()))
        }
        _ => {
            v.fault("apps_routing", "must be ingress or gateway");
            return None;
        }
    };
    let certificates = certificates(v).await;
    if matches!((&certificates, &routing), (Certificates::Issuer(_), Routing::Gateway { .. })) {
        let detail = "cannot be an issuer with a Gateway: its listeners have the certificates, so \
                      'shared' it is";
        v.fault("apps_certificates", detail);
    }
    Some(Apps { domain: domain.ok()?, routing, certificates, entrance })
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
                v.fault("apps_certificates", detail);
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
            Err(error) => v.fault(name, error.to_string()),
        }
    }
    list
}

/// `*` allows all, `none` no image from elsewhere; else beginnings, separated by commas.
async fn foreign_images(v: &mut Variables) -> Option<Vec<String>> {
    let text = v.required("foreign_images", "*, none, or what allowed images begin with").await?;
    match text.as_str() {
        "*" => None,
        "none" => Some(Vec::new()),
        _ => Some(list::<String>(v, "foreign_images").await),
    }
}

/// A network, such as 10.1.0.0/16.
struct Cidr(String);

impl FromStr for Cidr {
    type Err = nokube_domain::text::BadText;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bits = |address: &IpAddr| if address.is_ipv4() { 32 } else { 128 };
        let parts = text.split_once('/').and_then(|(address, length)| {
            Some((address.parse::<IpAddr>().ok()?, length.parse::<u8>().ok()?))
        });
        match parts.filter(|(address, length)| *length <= bits(address)) {
            Some(_) => Ok(Self(text.into())),
            None => Err(nokube_domain::text::BadText("must be networks such as 10.1.0.0/16")),
        }
    }
}
