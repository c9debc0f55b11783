//! Repositories that were renamed or transferred: GitHub redirects from the old name to the repository's number.
//!
//! <https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects>

use crate::{Request, Response};
use http::{StatusCode, header};
use url::Url;

/// Maximum number of redirects that are followed for one request.
pub const MAX_REDIRECTS: u32 = 3;

/// A request that GitHub redirected, at its new place.
pub struct Redirected {
    pub request: Request,
    /// GitHub's number of the repository.
    pub repository: u64,
}

/// The number of the repository to which GitHub redirected a request; stored with the response.
#[derive(Clone, Copy)]
struct MovedTo(u64);

/// Notes in the response to a redirected request where it was redirected to.
#[must_use]
pub fn with_moved_to(mut response: Response, repository: Option<u64>) -> Response {
    if let Some(repository) = repository {
        response.extensions_mut().insert(MovedTo(repository));
    }
    response
}

/// The number of the repository, if the request was redirected to it.
pub fn moved_to(response: &Response) -> Option<u64> {
    response.extensions().get::<MovedTo>().map(|MovedTo(repository)| *repository)
}

/// The request to send instead, if GitHub redirects to a repository's number. `base` is the API's base URL.
///
/// The request has the platform's token, so it is sent only to the API itself, and only below
/// `/repositories/{number}`. It stays the same request: GitHub did not carry it out.
pub fn follow(request: &Request, response: &Response, base: &str) -> Option<Redirected> {
    let status = response.status();
    if !matches!(
        status,
        StatusCode::MOVED_PERMANENTLY
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT
    ) {
        return None;
    }
    let api = Url::parse(base).ok()?;
    let location = response.headers().get(header::LOCATION)?.to_str().ok()?;
    let mut location = api.join(location).ok()?;
    location.set_fragment(None);
    let has_login = !location.username().is_empty() || location.password().is_some();
    if location.origin() != api.origin() || has_login {
        return None;
    }
    let path = location.path().strip_prefix(api.path().trim_end_matches('/'))?;
    let repository = path.strip_prefix("/repositories/")?.split('/').next()?.parse().ok()?;
    let mut request = request.clone();
    *request.uri_mut() = location.as_str().parse().ok()?;
    Some(Redirected { request, repository })
}
