//! How a service is reached: hosts, paths, and what the operator allows.

use super::{
    request::Offer,
    spec::{At, Exposure, ServiceKind, Spec},
};
use crate::{
    fields::Fields,
    problem::{Fault, Problem},
    text::{BadText, checked_text},
};
use std::str::FromStr;

checked_text!(
    /// A host's name with at least two labels, in lower case (RFC 1123).
    Host,
    |text: &str| {
        let text = text.to_ascii_lowercase();
        if is_host(&text) && text.contains('.') {
            Ok(text)
        } else {
            Err(BadText("must be a host such as shop.example.org, without https:// and port"))
        }
    }
);

checked_text!(
    /// The path of a URL: begins with `/`, and holds neither `//` nor `..`.
    UrlPath,
    |text: &str| {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~/%?=&+:@".contains(&b);
        let fine = text.len() <= 300
            && text.starts_with('/')
            && text.bytes().all(plain)
            && !text.contains("//")
            && !text.split('/').any(|part| matches!(part, "." | ".."));
        if fine {
            Ok(text.to_owned())
        } else {
            Err(BadText("must be a path such as /health, of letters, digits and -._~/%?=&+:@"))
        }
    }
);

/// A domain that the operator lets users choose: a host, or `*.` and a domain for all hosts below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainPattern {
    below: bool,
    host: Host,
}

impl FromStr for DomainPattern {
    type Err = BadText;

    fn from_str(text: &str) -> Result<Self, BadText> {
        let (below, host) = match text.strip_prefix("*.") {
            Some(domain) => (true, domain),
            None => (false, text),
        };
        host.parse()
            .map(|host| Self { below, host })
            .map_err(|_| BadText("must be hosts such as shop.example.org or *.example.org"))
    }
}

impl DomainPattern {
    fn allows(&self, host: &Host) -> bool {
        if self.below { host.is_below(&self.host) } else { *host == self.host }
    }
}

impl Host {
    /// Is neither the other, nor below it? Hosts below one domain can set each other's cookies.
    pub fn is_apart(&self, other: &Self) -> bool {
        self != other && !self.is_below(other) && !other.is_below(self)
    }

    /// Is it a host under `domain`, but not the domain itself?
    fn is_below(&self, domain: &Self) -> bool {
        let above = self.as_str().strip_suffix(domain.as_str());
        above.is_some_and(|above| above.len() > 1 && above.ends_with('.'))
    }
}

fn is_host(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    // All digits would be an address.
    text.len() <= 253
        && text.split('.').all(label)
        && text.rsplit('.').next().is_some_and(|top| top.bytes().any(|b| b.is_ascii_lowercase()))
}

/// Takes `exposure_type`, `custom_domain`, `custom_path` and `enable_https`.
pub(super) fn take(f: &mut Fields, kind: ServiceKind, offer: &Offer) -> Option<Exposure> {
    let exposure = f.text("exposure_type");
    let domain = f.text("custom_domain").filter(|text| !text.is_empty());
    let domain = f.parsed("custom_domain", domain, str::parse::<Host>);
    let path = f.text("custom_path").filter(|text| !text.is_empty());
    let path = f.parsed("custom_path", path, plain_path);
    let https = f.boolean("enable_https").unwrap_or(false);
    let default = if kind == ServiceKind::Worker { "none" } else { "external" };
    let exposure = exposure.as_deref().unwrap_or(default);
    if matches!(exposure, "none" | "internal") {
        let given = [
            ("custom_domain", domain.is_some()),
            ("custom_path", path.is_some()),
            ("enable_https", https),
        ];
        for (field, _) in given.into_iter().filter(|(_, given)| *given) {
            f.fault(field, "is for services with exposure_type external only");
        }
    }
    match exposure {
        "none" => Some(Exposure::None),
        "internal" | "external" if kind == ServiceKind::Worker => {
            f.fault("exposure_type", "must be none: a worker takes no requests");
            None
        }
        "internal" => Some(Exposure::Internal),
        "external" => external(f, domain, path, https, offer),
        _ => {
            f.fault("exposure_type", "must be none, internal or external");
            None
        }
    }
}

const NOT_ALLOWED: &str = "is not one that this platform allows";

impl Offer {
    /// Neither the platform's own hosts and what is below them, nor the apps domain's; and among those
    /// that the operator lets users choose.
    fn allows_domain(&self, domain: &Host) -> bool {
        let own = self.reserved.iter().chain(&self.apps_domain);
        let reserved = own.into_iter().any(|host| domain == host || domain.is_below(host));
        !reserved && self.custom_domains.iter().any(|pattern| pattern.allows(domain))
    }

    /// Is what was once allowed still so?
    ///
    /// # Errors
    /// Names what is not, as the field of a request.
    pub fn still_allows(&self, spec: &Spec) -> Result<(), Problem> {
        let mut faults = Vec::new();
        let mut fault = |field: &str, is: bool, detail: &str| {
            if is {
                faults.push(Fault { field: field.into(), detail: detail.into() });
            }
        };
        let most = spec.scaling.as_ref().map_or(spec.replicas, |scaling| scaling.max);
        fault("replicas", most > self.most_replicas, "is more than this platform allows now");
        if let Exposure::External { at, https } = &spec.exposure {
            let none = self.apps_domain.is_none();
            fault("exposure_type", none, "is external, which this platform does not allow now");
            fault(
                "enable_https",
                *https && !self.https,
                "is on, but there are no certificates now",
            );
            match at {
                At::Domain(domain) => {
                    fault("custom_domain", !self.allows_domain(domain), NOT_ALLOWED)
                }
                At::Path(_) => fault("custom_path", !self.paths, "needs Gateway API"),
                At::OwnHost => {}
            }
        }
        if faults.is_empty() { Ok(()) } else { Err(Problem::invalid(faults)) }
    }
}

/// A path that can be the beginning of others.
fn plain_path(text: &str) -> Result<UrlPath, BadText> {
    let path: UrlPath = text.parse()?;
    if path.as_str().contains(['?', '%', '&', '=', ':', '@', '+']) || path.as_str() == "/" {
        return Err(BadText("must be a path such as /shop, without a query and not / itself"));
    }
    path.as_str().trim_end_matches('/').parse()
}

fn external(
    f: &mut Fields,
    domain: Option<Host>,
    path: Option<UrlPath>,
    https: bool,
    offer: &Offer,
) -> Option<Exposure> {
    if offer.apps_domain.is_none() {
        f.fault(
            "exposure_type",
            "must be internal or none: this platform has no domain for services yet (its \
             administrator sets apps_domain)",
        );
        return None;
    };
    if https && !offer.https {
        f.fault("enable_https", "must be false: this platform has no certificates for services");
    }
    let at = match (domain, path) {
        (Some(_), Some(_)) => {
            f.fault("custom_path", "cannot be combined with custom_domain");
            return None;
        }
        (Some(domain), None) => {
            if !offer.allows_domain(&domain) {
                f.fault("custom_domain", NOT_ALLOWED);
            }
            At::Domain(domain)
        }
        (None, Some(path)) => {
            if !offer.paths {
                f.fault("custom_path", "needs a platform that routes with Gateway API");
            }
            At::Path(path)
        }
        (None, None) => At::OwnHost,
    };
    Some(Exposure::External { at, https })
}
