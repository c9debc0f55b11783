//! The hosts to which GitHub may redirect for a log.

use http::Uri;

/// Whether `location` is a URL of GitHub's log storage. `api` is the API's own origin, from which GitHub
/// Enterprise Server serves logs.
///
/// If every redirect were followed, a forged response could make the platform send requests into its own network.
/// The request never carries the platform's token.
pub fn is_log_host(location: &Uri, api: &Uri) -> bool {
    let same_origin = location.scheme() == api.scheme() && location.authority() == api.authority();
    if same_origin && api.authority().is_some() {
        return true;
    }
    let plain_https = location.scheme_str() == Some("https")
        && location.port().is_none()
        && !location.authority().is_some_and(|authority| authority.as_str().contains('@'));
    let Some(host) = location.host().filter(|_| plain_https) else {
        return false;
    };
    let storage = host
        .strip_prefix("productionresultssa")
        .and_then(|rest| rest.strip_suffix(".blob.core.windows.net"))
        .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()));
    let service = host.strip_suffix(".actions.githubusercontent.com").is_some_and(|name| {
        let label = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        name.split('.').all(|part| !part.is_empty() && part.bytes().all(label))
    });
    storage || service
}
