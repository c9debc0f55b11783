//! The image registry: what does a tag point to?
//!
//! OCI distribution specification 1.1, with the token exchange that ghcr.io and Docker's registry
//! have in common.

use crate::{Request, Response};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{Method, StatusCode, header};
use nokube_domain::image::Digest;
use serde::Deserialize;
use url::Url;

/// With provenance, what is pushed is an index; without, a manifest.
const MANIFESTS: &str = "application/vnd.oci.image.index.v1+json, \
     application/vnd.oci.image.manifest.v1+json, \
     application/vnd.docker.distribution.manifest.list.v2+json, \
     application/vnd.docker.distribution.manifest.v2+json";

/// What the registry says about a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tag {
    /// It points to this.
    Points(Digest),
    /// A token must be fetched first, from here.
    NeedsToken(Url),
    /// It is not there, or we may not see it.
    Hidden,
    /// The registry cannot say now.
    Away,
}

/// Asks what `tag` of `repository` points to.
pub fn head(api: &Url, repository: &str, tag: &str, token: Option<&str>) -> Request {
    let uri = format!("{}/v2/{repository}/manifests/{tag}", api.as_str().trim_end_matches('/'));
    let mut request = Request::new(Vec::new());
    *request.method_mut() = Method::HEAD;
    *request.uri_mut() = uri.parse().unwrap_or_default();
    let accept = header::HeaderValue::from_static(MANIFESTS);
    request.headers_mut().insert(header::ACCEPT, accept);
    if let Some(bearer) = token.and_then(|token| format!("Bearer {token}").parse().ok()) {
        request.headers_mut().insert(header::AUTHORIZATION, bearer);
    }
    request
}

/// Reads the answer to [`head`].
///
/// The token is fetched only where the registry's own API is: a registry that sends us elsewhere
/// would get our password there.
pub fn read_head(response: &Response, api: &Url) -> Tag {
    let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
    match response.status() {
        StatusCode::OK => match header("docker-content-digest").map(str::parse) {
            Some(Ok(digest)) => Tag::Points(digest),
            _ => Tag::Away,
        },
        StatusCode::UNAUTHORIZED => header("www-authenticate")
            .and_then(token_url)
            .filter(|url| url.origin() == api.origin())
            .map_or(Tag::Hidden, Tag::NeedsToken),
        status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => Tag::Away,
        _ => Tag::Hidden,
    }
}

/// What the root of the API tells (OCI distribution, "Determining Support").
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Root {
    /// It is a registry, and asks nobody for a login here.
    Open,
    /// It is one; whether a login is good is said here.
    NeedsToken(Url),
    /// It is one that takes logins in another way.
    NeedsLogin,
    /// It is none.
    Other,
}

/// Asks the root of the API.
pub fn root(api: &Url) -> Request {
    let mut request = Request::new(Vec::new());
    let uri = format!("{}/v2/", api.as_str().trim_end_matches('/'));
    *request.uri_mut() = uri.parse().unwrap_or_default();
    request
}

/// Reads the answer to [`root`].
pub fn read_root(response: &Response, api: &Url) -> Root {
    match (response.status(), read_head(response, api)) {
        (StatusCode::OK, _) => Root::Open,
        (_, Tag::NeedsToken(url)) => Root::NeedsToken(url),
        (StatusCode::UNAUTHORIZED, _) => Root::NeedsLogin,
        _ => Root::Other,
    }
}

/// The URL of the token of a `Bearer` challenge (RFC 6750, and Docker's token specification).
fn token_url(challenge: &str) -> Option<Url> {
    let (scheme, rest) = challenge.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let parameter = |name: &str| {
        let after = rest.split(&format!("{name}=\"")).nth(1)?;
        after.split('"').next()
    };
    let mut url = Url::parse(parameter("realm")?).ok()?;
    for name in ["service", "scope"] {
        if let Some(value) = parameter(name) {
            url.query_pairs_mut().append_pair(name, value);
        }
    }
    Some(url)
}

/// Asks for a token; with `login` (user and password) for private images.
pub fn token(url: &Url, login: Option<(&str, &str)>) -> Request {
    let mut request = Request::new(Vec::new());
    *request.uri_mut() = url.as_str().parse().unwrap_or_default();
    if let Some((user, password)) = login {
        let basic = STANDARD.encode(format!("{user}:{password}"));
        if let Ok(value) = format!("Basic {basic}").parse() {
            request.headers_mut().insert(header::AUTHORIZATION, value);
        }
    }
    request
}

/// Reads the answer to [`token`].
pub fn read_token(response: &Response) -> Option<String> {
    #[derive(Deserialize)]
    struct Token {
        token: Option<String>,
        access_token: Option<String>,
    }
    let token: Token = serde_json::from_slice(response.body()).ok()?;
    token.token.or(token.access_token).filter(|_| response.status().is_success())
}

/// What an answer that was not expected looks like, for people.
pub fn describe(response: &Response) -> String {
    let server = response.headers().get(header::SERVER).and_then(|value| value.to_str().ok());
    format!("{} from {}", response.status(), server.unwrap_or("an unnamed server"))
}
