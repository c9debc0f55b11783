//! `GET /api/v1/repositories`: repositories that the caller can build, by a part of their name.
//!
//! A private repository is shown only to those who may read it, and the response shows nobody else whether there is one:
//! public ones are chosen as if there were no others, and GitHub is asked about ten private ones in any case.

use crate::github::{
    ASKED, GitHub, InstalledRepository, LinkedAccount, installed_repositories, readable,
};
use http::StatusCode;
use nokube_domain::{
    Problem, ProblemKind,
    rate_limit::RateLimit,
    responses::{RepositoryList, RepositoryView},
};
use nokube_edge::{
    Call, Reply, Result,
    auth::AuthSettings,
    now,
    store::{Store, WindowName},
};
use url::Url;

/// How many repositories are shown.
const MAX_SHOWN: usize = 10;
/// The longest text to look for: the longest name of a repository with its owner.
const MAX_QUERY: usize = 140;
/// In seconds.
const HOUR: i64 = 3600;

pub async fn list(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&["query", "limit"])?;
    let (query, limit) = (query(&call)?, limit(&call)?);
    let github = GitHub::new().await?;
    count_search(&call).await?;
    let account = LinkedAccount::of_caller(&call)?;
    let installed = installed_repositories(&github).await?;
    let login = account.login.as_str();
    let [public, private] = matching(&installed.all, &query, login);
    let candidates: Vec<_> = private.into_iter().take(ASKED).collect();
    let private = readable(&github, &installed, &account, &candidates).await?;
    let mut shown: Vec<_> = public.into_iter().take(limit).chain(private).collect();
    shown.sort_by_key(|repository| rank(repository, &query, login));
    let web = &github.settings.web;
    let repositories = shown.into_iter().take(limit).map(|found| view(found, web)).collect();
    Ok(Reply::json(StatusCode::OK, &RepositoryList { repositories }))
}

/// Counts a search. Each asks GitHub ten times with tokens that builds need as well, and GitHub takes 5,000 requests in an
/// hour: the limit of a minute alone would let one person use them up.
///
/// # Errors
/// 429 beyond the limit.
async fn count_search(call: &Call) -> Result<()> {
    let max = AuthSettings::load().await?.max_per_minute(RateLimit::Logs).saturating_mul(2);
    if max == 0 {
        return Ok(());
    }
    let second = now().as_second();
    let start = second.div_euclid(HOUR) * HOUR;
    let name = WindowName::repository_searches(&call.caller()?.person);
    if Store::open().await?.count_in_window(&name, start, max).await? {
        return Ok(());
    }
    let detail = format!(
        "You may search {max} times in an hour. Enter the repository's URL, or try again later."
    );
    let left = u32::try_from(start + HOUR - second).unwrap_or_default();
    Err(Problem::new(ProblemKind::TooMany, detail).with_retry_after(left).into())
}

/// The text to look for, in lower case. People also paste URLs.
fn query(call: &Call) -> Result<String> {
    let text = call.query("query").unwrap_or_default().trim().to_lowercase();
    match text.len() <= MAX_QUERY {
        true => Ok(text),
        false => {
            let detail = format!("must be at most {MAX_QUERY} characters");
            Err(Problem::invalid_field("query", detail).into())
        }
    }
}

fn limit(call: &Call) -> Result<usize> {
    let Some(text) = call.query("limit") else { return Ok(MAX_SHOWN) };
    let limit = text.parse().ok().filter(|limit| (1..=MAX_SHOWN).contains(limit));
    let invalid = || Problem::invalid_field("limit", format!("must be 1 to {MAX_SHOWN}"));
    Ok(limit.ok_or_else(invalid)?)
}

/// The public and the private repositories whose names contain the text, the best first.
fn matching<'a>(
    all: &'a [InstalledRepository],
    query: &str,
    login: &str,
) -> [Vec<&'a InstalledRepository>; 2] {
    let matches =
        |found: &&InstalledRepository| found.name.to_string().to_lowercase().contains(query);
    let mut found: Vec<_> = all.iter().filter(matches).collect();
    found.sort_by_key(|repository| rank(repository, query, login));
    let (private, public) = found.into_iter().partition(|repository| repository.private);
    [public, private]
}

/// Those of the caller's own account come first, then those whose name begins with the text.
fn rank(repository: &InstalledRepository, query: &str, login: &str) -> (bool, bool, String) {
    let name = &repository.name;
    let is_own = name.owner().eq_ignore_ascii_case(login);
    let full_name = name.to_string().to_lowercase();
    let begins = full_name.starts_with(query) || name.name().to_lowercase().starts_with(query);
    (!is_own, !begins, full_name)
}

fn view(found: &InstalledRepository, web: &Url) -> RepositoryView {
    let base = web.as_str().trim_end_matches('/');
    RepositoryView {
        id: found.id,
        full_name: found.name.clone(),
        repository_url: format!("{base}/{}", found.name),
        private: found.private,
        default_branch: found.default_branch.clone(),
    }
}

#[cfg(feature = "openapi")]
pub mod openapi {
    use nokube_contract::prelude::*;

    pub fn list() -> Operation {
        Operation::new("findRepositories", "Find repositories to build")
            .description(
                "Of the repositories on which the platform's GitHub App is installed: public ones, and private \
                 ones that you may read at GitHub. The first 10 installations are searched, and the first 300 \
                 repositories of each, as they were at most five minutes ago; other repositories are \
                 built by their URL. Of private ones, the first 10 that match are checked.",
            )
            .query_parameter("query", schemas::string(), "A part of the name, `OWNER/NAME`.")
            .query_parameter(
                "limit",
                json!({ "type": "integer", "minimum": 1, "maximum": 10 }),
                "How many are listed at most.",
            )
            .json_response::<RepositoryList>(
                200,
                "The repositories.",
                json!({
                    "repositories": [{
                        "id": 42, "full_name": "testuser/shop",
                        "repository_url": "https://github.com/testuser/shop", "private": true,
                        "default_branch": "main",
                    }],
                }),
            )
            .problem(ProblemKind::Invalid, "limit: must be 1 to 10")
            .conflict(
                Reason::NeedsGithubApp,
                "Repositories can only be listed by a GitHub App, and this platform uses a token. Enter the \
                 repository's URL.",
            )
            .calls_github()
    }
}
