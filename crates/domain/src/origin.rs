//! Does a request that changes something come from our own page? A browser sends cookies with
//! requests that any page makes; what it says of the page cannot be forged by one.
//!
//! <https://developer.mozilla.org/docs/Web/HTTP/Headers/Sec-Fetch-Site>

use url::Url;

use crate::problem::{Problem, ProblemKind};

/// May a request that carries a cookie change something?
///
/// Both signals must be good where both are there, and one must be: a browser that sends neither is
/// older than what we support.
///
/// # Errors
/// 403.
pub fn from_our_page(
    origin: Option<&str>,
    fetch_site: Option<&str>,
    ours: &str,
) -> Result<(), Problem> {
    let refuse = || {
        let detail = "A request that changes something must come from the platform's own page when \
                      it is authenticated by a cookie. Programs send 'Authorization: Bearer …'.";
        Err(Problem::new(ProblemKind::Forbidden, detail))
    };
    match (origin, fetch_site) {
        (None, None) => refuse(),
        (Some(origin), _) if ours.is_empty() || origin != ours => refuse(),
        (_, Some(site)) if site != "same-origin" => refuse(),
        _ => Ok(()),
    }
}

/// The origin of a platform, of a text such as `https://nokube.example.org/`.
pub fn platform(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let fine = matches!(url.scheme(), "http" | "https") && url.path() == "/";
    fine.then(|| url.origin().ascii_serialization())
}

/// Where the browser goes after the sign-in: a path here, and nothing that a browser could take for
/// another host.
pub fn local_path(text: &str) -> Option<&str> {
    let fine = text.starts_with('/')
        && !text.starts_with("//")
        && text.len() <= 1_000
        && text.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    fine.then_some(text)
}
