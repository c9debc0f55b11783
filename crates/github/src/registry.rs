//! The image registry: which digest a tag points to, and whether the registry and the login work.
//!
//! OCI distribution specification 1.1, with the token exchange that ghcr.io and Docker's registry have in common.

use crate::{Request, Response, bearer, lenient};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{StatusCode, header};
use nokube_domain::image::Digest;
use serde::Deserialize;
use url::Url;

/// An image with provenance is an index; without, a manifest.
const MANIFESTS: &str = "application/vnd.oci.image.index.v1+json, \
     application/vnd.oci.image.manifest.v1+json, \
     application/vnd.docker.distribution.manifest.list.v2+json, \
     application/vnd.docker.distribution.manifest.v2+json";

/// The response about a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TagResponse {
    /// The tag points to this digest.
    Digest(Digest),
    /// A token is needed, from this URL.
    NeedsToken(Url),
    /// The tag does not exist, or the platform may not see it.
    NotVisible,
    /// The registry cannot respond now.
    Unavailable,
}

/// Asks which digest `tag` of `repository` points to.
pub fn head_manifest(api: &Url, repository: &str, tag: &str, token: Option<&str>) -> Request {
    let uri = format!("{}/v2/{repository}/manifests/{tag}", api.as_str().trim_end_matches('/'));
    let mut request = http::Request::head(uri).header(header::ACCEPT, MANIFESTS);
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, bearer(token));
    }
    request.body(Vec::new()).unwrap_or_default()
}

/// Parses the response to [`head_manifest`].
///
/// A token is fetched only from the API's own origin: otherwise a registry could direct the platform's password
/// to another host.
pub fn parse_manifest(response: &Response, api: &Url) -> TagResponse {
    let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
    match response.status() {
        StatusCode::OK => match header("docker-content-digest").map(str::parse) {
            Some(Ok(digest)) => TagResponse::Digest(digest),
            _ => TagResponse::Unavailable,
        },
        StatusCode::UNAUTHORIZED => header("www-authenticate")
            .and_then(token_url)
            .filter(|url| url.origin() == api.origin())
            .map_or(TagResponse::NotVisible, TagResponse::NeedsToken),
        status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
            TagResponse::Unavailable
        }
        _ => TagResponse::NotVisible,
    }
}

/// The response of the API's root (OCI distribution, "Determining Support").
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RootResponse {
    /// A registry that requires no login here.
    Open,
    /// A registry; this URL issues tokens and so checks the login.
    NeedsToken(Url),
    /// A registry with another way of authentication.
    NeedsOtherLogin,
    NotARegistry,
}

/// Requests the API's root.
pub fn get_root(api: &Url) -> Request {
    let uri = format!("{}/v2/", api.as_str().trim_end_matches('/'));
    http::Request::get(uri).body(Vec::new()).unwrap_or_default()
}

/// Parses the response to [`get_root`].
pub fn parse_root(response: &Response, api: &Url) -> RootResponse {
    match (response.status(), parse_manifest(response, api)) {
        (StatusCode::OK, _) => RootResponse::Open,
        (_, TagResponse::NeedsToken(url)) => RootResponse::NeedsToken(url),
        (StatusCode::UNAUTHORIZED, _) => RootResponse::NeedsOtherLogin,
        _ => RootResponse::NotARegistry,
    }
}

/// The token URL of a `Bearer` challenge (RFC 6750, and Docker's token specification).
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

/// Requests a token; with `login` (user and password) for private images.
pub fn get_token(url: &Url, login: Option<(&str, &str)>) -> Request {
    let mut request = http::Request::get(url.as_str());
    if let Some((user, password)) = login {
        let basic = STANDARD.encode(format!("{user}:{password}"));
        request = request.header(header::AUTHORIZATION, format!("Basic {basic}"));
    }
    request.body(Vec::new()).unwrap_or_default()
}

/// Parses the response to [`get_token`].
pub fn parse_token(response: &Response) -> Option<String> {
    #[derive(Deserialize)]
    struct Token {
        #[serde(default, deserialize_with = "lenient::optional")]
        token: Option<String>,
        #[serde(default, deserialize_with = "lenient::optional")]
        access_token: Option<String>,
    }
    let token: Token = serde_json::from_slice(response.body()).ok()?;
    token.token.or(token.access_token).filter(|_| response.status().is_success())
}

/// Describes an unexpected response for people: its status and server.
pub fn describe_response(response: &Response) -> String {
    let server = response.headers().get(header::SERVER).and_then(|value| value.to_str().ok());
    format!("{} from {}", response.status(), server.unwrap_or("an unnamed server"))
}
