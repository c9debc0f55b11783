//! Asks the registry what a tag points to.

use super::client::TIMEOUTS;
use crate::settings::Settings;
use nokube_domain::{build::BuildRecord, image::Digest};
use nokube_edge::outbound;
use nokube_github::{
    Request, Response,
    registry::{Tag, head, read_head, read_token, token},
};

/// The registry did not say, and may say so later.
pub struct Away;

/// The digest of the build's image; `None` when the registry does not let us see it.
///
/// # Errors
/// [`Away`] when it does not answer as it should.
pub async fn digest(settings: &Settings, build: &BuildRecord) -> Result<Option<Digest>, Away> {
    let (api, repository) = (&settings.registry_api, build.image_repository());
    let tag = build.id.unique_tag();
    let first = send(head(api, repository, &tag, None)).await?;
    let url = match read_head(&first, api) {
        Tag::Points(digest) => return Ok(Some(digest)),
        Tag::NeedsToken(url) => url,
        Tag::Hidden => return Ok(None),
        Tag::Away => return Err(Away),
    };
    let login = settings.registry_login.as_ref();
    let login = login.map(|(user, token)| (user.as_str(), token.as_str()));
    let answer = send(token(&url, login)).await?;
    if answer.status().is_server_error() {
        return Err(Away);
    }
    let Some(bearer) = read_token(&answer) else { return Ok(None) };
    let second = send(head(api, repository, &tag, Some(&bearer))).await?;
    match read_head(&second, api) {
        Tag::Points(digest) => Ok(Some(digest)),
        Tag::Away => Err(Away),
        Tag::Hidden | Tag::NeedsToken(_) => Ok(None),
    }
}

async fn send(request: Request) -> Result<Response, Away> {
    outbound::send(request, TIMEOUTS).await.map_err(|_| Away)
}
