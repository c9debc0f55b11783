//! Requests to the image registry: the digest of a build's image, and whether the registry works.

use super::client::TIMEOUTS;
use crate::settings::Settings;
use nokube_domain::{builds::BuildRecord, image::Digest};
use nokube_edge::{
    outbound::{self, OutboundError, Timeouts},
    readiness::Health,
};
use nokube_github::registry::{
    RootResponse, TagResponse, describe_response, get_root, get_token, head_manifest,
    parse_manifest, parse_root, parse_token,
};

/// The digest of the build's image; `None` when the registry does not return one.
pub async fn digest(settings: &Settings, build: &BuildRecord) -> Option<Digest> {
    let (api, repository) = (&settings.registry_api, build.image_repository());
    let tag = build.id.unique_tag();
    let send = |bearer: Option<&str>| {
        outbound::send(head_manifest(api, repository, &tag, bearer), TIMEOUTS)
    };
    let url = match parse_manifest(&send(None).await.ok()?, api) {
        TagResponse::Digest(digest) => return Some(digest),
        TagResponse::NeedsToken(url) => url,
        TagResponse::NotVisible | TagResponse::Unavailable => return None,
    };
    let bearer =
        parse_token(&outbound::send(get_token(&url, login(settings)), TIMEOUTS).await.ok()?)?;
    match parse_manifest(&send(Some(&bearer)).await.ok()?, api) {
        TagResponse::Digest(digest) => Some(digest),
        _ => None,
    }
}

/// Checks that the registry responds and accepts the login.
pub async fn check_registry(settings: &Settings) -> Health {
    let (host, api) = (settings.registry.host(), &settings.registry_api);
    let unreachable =
        |error: OutboundError| Health::failed(format!("{host} does not answer: {}", error.cause()));
    let response = match outbound::send(get_root(api), Timeouts::SHORT).await {
        Ok(response) => response,
        Err(error) => return unreachable(error),
    };
    let login = login(settings);
    let url = match parse_root(&response, api) {
        RootResponse::NotARegistry => {
            let server = describe_response(&response);
            let detail = format!("{host} answers, but not as an image registry ({server})");
            return Health::failed(detail);
        }
        RootResponse::Open => return Health::ok(format!("{host} answers, and asks for no login")),
        _ if login.is_none() => {
            let detail = "answers; only public images can be read, as registry_token is not set";
            return Health::ok(format!("{host} {detail}"));
        }
        // Images are requested with Bearer tokens only, so another scheme is not tried with the credentials.
        RootResponse::NeedsOtherLogin => {
            return Health::ok(format!("{host} answers; the login was not tried"));
        }
        RootResponse::NeedsToken(url) => url,
    };
    match outbound::send(get_token(&url, login), Timeouts::SHORT).await {
        Ok(response) if parse_token(&response).is_some() => {
            Health::ok(format!("{host} answers, and accepts registry_username and registry_token"))
        }
        Ok(response) if response.status().is_client_error() => Health::failed(format!(
            "{host} does not accept registry_username and registry_token ({}): make another token \
             with read:packages and nothing else",
            response.status()
        )),
        Ok(response) => {
            let server = describe_response(&response);
            Health::failed(format!("{host} does not say whether the login is valid ({server})"))
        }
        Err(error) => unreachable(error),
    }
}

/// User and token for private images.
fn login(settings: &Settings) -> Option<(&str, &str)> {
    settings.registry_login.as_ref().map(|(user, token)| (user.as_str(), token.as_str()))
}
