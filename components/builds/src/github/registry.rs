//! Asks the registry what a tag points to.

use super::client::TIMEOUTS;
use crate::settings::Settings;
use nokube_domain::{build::BuildRecord, image::Digest};
use nokube_edge::outbound;
use nokube_github::registry::{Tag, head, read_head, read_token, token};

/// The digest of the build's image; `None` when the registry does not say (now).
pub async fn digest(settings: &Settings, build: &BuildRecord) -> Option<Digest> {
    let (api, repository) = (&settings.registry_api, build.image_repository());
    let tag = build.id.unique_tag();
    let ask = |bearer: Option<&str>| outbound::send(head(api, repository, &tag, bearer), TIMEOUTS);
    let url = match read_head(&ask(None).await.ok()?, api) {
        Tag::Points(digest) => return Some(digest),
        Tag::NeedsToken(url) => url,
        Tag::Hidden | Tag::Away => return None,
    };
    let login = settings.registry_login.as_ref();
    let login = login.map(|(user, token)| (user.as_str(), token.as_str()));
    let bearer = read_token(&outbound::send(token(&url, login), TIMEOUTS).await.ok()?)?;
    match read_head(&ask(Some(&bearer)).await.ok()?, api) {
        Tag::Points(digest) => Some(digest),
        _ => None,
    }
}
