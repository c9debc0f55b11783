//! Checks how a service is exposed: `exposure_type`, `custom_domain`, `custom_path`, `enable_https`.

use super::{
    NewDeployment,
    configuration::ExposureType,
    host::{Host, UrlPath},
    limits::{DOMAIN_NOT_ALLOWED, PlatformLimits},
    spec::{Address, Exposure, ServiceKind},
};
use crate::{fields::Fields, text::InvalidText};

pub(super) fn check(
    f: &mut Fields,
    request: &NewDeployment,
    limits: &PlatformLimits,
) -> Option<Exposure> {
    let domain = request.custom_domain.as_deref();
    let domain = domain.and_then(|domain| f.parse("custom_domain", domain, Host::parse_field));
    let path = request.custom_path.as_ref();
    let path = path.and_then(|path| f.parse("custom_path", path.as_str(), parse_path_prefix));
    let https = request.enable_https == Some(true);
    let is_worker = request.service_type == Some(ServiceKind::Worker);
    let default = if is_worker { ExposureType::None } else { ExposureType::External };
    if f.has_error("exposure_type") {
        return None;
    }
    let exposure = request.exposure_type.unwrap_or(default);
    if exposure != ExposureType::External {
        let given = [
            ("custom_domain", domain.is_some()),
            ("custom_path", path.is_some()),
            ("enable_https", https),
        ];
        for (field, _) in given.into_iter().filter(|(_, is_given)| *is_given) {
            f.add_error(field, "is for services with exposure_type external only");
        }
    }
    match exposure {
        ExposureType::None => Some(Exposure::None),
        _ if is_worker => {
            f.add_error("exposure_type", "must be none: a worker takes no requests");
            None
        }
        ExposureType::Internal => Some(Exposure::Internal),
        ExposureType::External => external(f, domain, path, https, limits),
    }
}

/// Parses a path without query and without a trailing slash, which requests are matched by.
fn parse_path_prefix(text: &str) -> Result<UrlPath, InvalidText> {
    let path: UrlPath = text.parse()?;
    if path.as_str().contains(['?', '%', '&', '=', ':', '@', '+']) || path.as_str() == "/" {
        return Err(InvalidText("must be a path such as /shop, without a query and not / itself"));
    }
    path.as_str().trim_end_matches('/').parse()
}

fn external(
    f: &mut Fields,
    domain: Option<Host>,
    path: Option<UrlPath>,
    https: bool,
    limits: &PlatformLimits,
) -> Option<Exposure> {
    if limits.apps_domain.is_none() {
        f.add_error(
            "exposure_type",
            "must be internal or none: this platform has no domain for services yet (its \
             administrator sets apps_domain)",
        );
        return None;
    };
    if https && !limits.has_https {
        f.add_error(
            "enable_https",
            "must be false: this platform has no certificates for services",
        );
    }
    let address = match (domain, path) {
        (Some(_), Some(_)) => {
            f.add_error("custom_path", "cannot be combined with custom_domain");
            return None;
        }
        (Some(domain), None) => {
            if !limits.allows_domain(&domain) {
                f.add_error("custom_domain", DOMAIN_NOT_ALLOWED);
            }
            Address::Domain(domain)
        }
        (None, Some(path)) => {
            if !limits.has_path_routing {
                f.add_error("custom_path", "needs a platform that routes with Gateway API");
            }
            Address::Path(path)
        }
        (None, None) => Address::OwnHost,
    };
    Some(Exposure::External { address, https })
}
