//! Protection against cross-site request forgery. Browsers attach cookies to requests from any page, but
//! a page cannot forge the `Origin` and `Sec-Fetch-Site` headers.
//!
//! <https://developer.mozilla.org/docs/Web/HTTP/Headers/Sec-Fetch-Site>

use url::Url;

use crate::problem::{Problem, ProblemKind};

/// Checks that a state-changing request with a cookie comes from the platform's own page.
///
/// At least one of the two headers must be present, and each that is present must match. Supported
/// browsers send at least one.
///
/// # Errors
/// 403.
pub fn check_same_origin(
    origin: Option<&str>,
    fetch_site: Option<&str>,
    platform_origin: &str,
) -> Result<(), Problem> {
    let reject = || {
        let detail = "A request that changes something must come from the platform's own page when \
                      it is authenticated by a cookie. Programs send 'Authorization: Bearer …'.";
        Err(Problem::new(ProblemKind::Forbidden, detail))
    };
    match (origin, fetch_site) {
        (None, None) => reject(),
        (Some(origin), _) if platform_origin.is_empty() || origin != platform_origin => reject(),
        (_, Some(site)) if site != "same-origin" => reject(),
        _ => Ok(()),
    }
}

/// Checks that a read with a cookie comes from the platform's own page, or is a page that somebody opens.
///
/// Another page cannot see the response. But one on a neighbouring host, such as a service of another user, could use up
/// what its visitor may read in a minute. Browsers that do not send the headers are not checked.
///
/// # Errors
/// 403.
pub fn check_reader(fetch_site: Option<&str>, fetch_dest: Option<&str>) -> Result<(), Problem> {
    match fetch_site {
        Some("same-site" | "cross-site") if fetch_dest != Some("document") => {
            let detail = "A page of another origin cannot read with the cookies of this one. Programs send \
                          'Authorization: Bearer …'.";
            Err(Problem::new(ProblemKind::Forbidden, detail))
        }
        _ => Ok(()),
    }
}

/// Parses the platform's origin from a URL without a path, such as `https://nokube.example.org/`.
pub fn parse_platform_origin(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let is_valid = matches!(url.scheme(), "http" | "https") && url.path() == "/";
    is_valid.then(|| url.origin().ascii_serialization())
}

/// Accepts a path to redirect to after sign-in, and nothing that a browser could take for another host.
pub fn parse_local_path(text: &str) -> Option<&str> {
    let is_valid = text.starts_with('/')
        && !text.starts_with("//")
        && text.len() <= 1_000
        && text.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    is_valid.then_some(text)
}
