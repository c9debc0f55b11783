//! Whether pushes may build a service now, which depends on what the responsible person may do.

use crate::{
    github::{GitHub, LinkedAccount, may_read},
    previews,
};
use nokube_domain::{builds::BuildRecord, pushes::PushOutcome, services::LinkedBy};
use nokube_edge::{
    Result,
    pushes::{LinkedService, problem},
    store::Store,
};
use nokube_github::api::RepositoryPath;

const SWITCHED_OFF: &str = "Pushes no longer build this service.";
const OTHER_PERSON: &str = "Somebody else has become responsible for this service's builds since the push. Start a new build.";
const NO_ACCESS: &str =
    "The person who is responsible for this service's builds can no longer read the repository.";

/// Why a build may not be dispatched that a push has started, as a sentence. It may have waited for a day. At most
/// seven reads, and requests to GitHub if the repository is private.
///
/// # Errors
/// The store failed, or GitHub does not answer.
pub async fn refusal(
    store: &Store,
    github: &GitHub,
    build: &BuildRecord,
) -> Result<Option<&'static str>> {
    let linked = match responsible(store, build).await? {
        Ok(Some(linked)) if build.private => linked,
        Ok(_) => return Ok(None),
        Err(refusal) => return Ok(Some(refusal)),
    };
    let Some(repository) = build.repository_id else { return Ok(Some(NO_ACCESS)) };
    let account = LinkedAccount::from(&linked);
    let may_read = may_read(github, &RepositoryPath::Id(repository), &account).await?;
    Ok((!may_read).then_some(NO_ACCESS))
}

/// As [`refusal`], as far as the store says.
///
/// # Errors
/// The store failed.
pub async fn stored_refusal(store: &Store, build: &BuildRecord) -> Result<Option<&'static str>> {
    Ok(responsible(store, build).await?.err())
}

/// The person for whom a push has started a build, or why it may not build any more. `None` if no push has started it.
async fn responsible(
    store: &Store,
    build: &BuildRecord,
) -> Result<std::result::Result<Option<LinkedBy>, &'static str>> {
    if build.trigger.is_none() {
        return Ok(Ok(None));
    }
    let service = LinkedService::find(store, build.id.project, &build.spec.service).await?;
    let is_same =
        |service: &LinkedService| Some(service.source.repository_id) == build.repository_id;
    let Some(service) = service.filter(is_same) else { return Ok(Err(SWITCHED_OFF)) };
    if service.linked.person != build.requested_by {
        return Ok(Err(OTHER_PERSON));
    }
    Ok(match problem(store, &service).await? {
        None => match previews::refusal(store, &service, build).await? {
            None => Ok(Some(service.linked)),
            Some(refusal) => Err(refusal),
        },
        Some(PushOutcome::Blocked) => {
            Err("The person who is responsible for this service's builds is blocked.")
        }
        Some(PushOutcome::ConfirmationRequired) => Err(
            "The person who is responsible for this service's builds has not confirmed it for 90 days.",
        ),
        Some(_) => Err(
            "The person who is responsible for this service's builds is no longer a developer of the project.",
        ),
    })
}
