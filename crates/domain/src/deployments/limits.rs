//! What the operator's settings allow for deployments.

use super::{
    host::{DomainPattern, Host},
    quantity::{Bytes, Cpu},
    spec::{Address, Exposure, Spec},
};
use crate::problem::{FieldError, Problem};

/// What the operator's settings allow for deployments.
#[derive(Clone, Debug, Default)]
pub struct PlatformLimits {
    pub max_replicas: u32,
    /// The maximum CPU and memory of a pod. Unlimited if absent.
    pub max_cpu: Option<Cpu>,
    pub max_memory: Option<Bytes>,
    /// The maximum size of a volume. Unlimited if absent.
    pub max_storage: Option<Bytes>,
    /// External services get hosts below this domain. Without it, there are no external services.
    pub apps_domain: Option<Host>,
    /// The platform can route by path.
    pub has_path_routing: bool,
    /// The platform has certificates for services.
    pub has_https: bool,
    pub custom_domains: Vec<DomainPattern>,
    /// The platform's own hosts, which no service may use.
    pub reserved_hosts: Vec<Host>,
}

pub(super) const DOMAIN_NOT_ALLOWED: &str = "is not one that this platform allows";

impl PlatformLimits {
    /// True if a custom domain may be used: the operator allows it, and it neither equals nor is below
    /// a host of the platform or the apps domain.
    pub(super) fn allows_domain(&self, domain: &Host) -> bool {
        let mut reserved_hosts = self.reserved_hosts.iter().chain(&self.apps_domain);
        let is_reserved = reserved_hosts.any(|host| domain == host || domain.is_below(host));
        !is_reserved && self.custom_domains.iter().any(|pattern| pattern.matches(domain))
    }

    /// Checks a stored configuration, because the settings may have changed since it was accepted.
    ///
    /// # Errors
    /// All fields that are no longer allowed, by their names in a request.
    pub fn check_spec(&self, spec: &Spec) -> Result<(), Problem> {
        let mut errors = Vec::new();
        let mut reject_if = |is_invalid: bool, field: &str, detail: &str| {
            if is_invalid {
                errors.push(FieldError { field: field.into(), detail: detail.into() });
            }
        };
        let replicas = spec.scaling.as_ref().map_or(spec.replicas, |scaling| scaling.max);
        reject_if(
            replicas > self.max_replicas,
            "replicas",
            "is more than this platform allows now",
        );
        if let Exposure::External { address, https } = &spec.exposure {
            reject_if(
                self.apps_domain.is_none(),
                "exposure_type",
                "is external, which this platform does not allow now",
            );
            reject_if(
                *https && !self.has_https,
                "enable_https",
                "is on, but there are no certificates now",
            );
            match address {
                Address::Domain(domain) => {
                    reject_if(!self.allows_domain(domain), "custom_domain", DOMAIN_NOT_ALLOWED)
                }
                Address::Path(_) => {
                    reject_if(!self.has_path_routing, "custom_path", "needs Gateway API")
                }
                Address::OwnHost => {}
            }
        }
        if errors.is_empty() { Ok(()) } else { Err(Problem::invalid(errors)) }
    }
}
