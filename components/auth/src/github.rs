//! Asks GitHub who a person is and which organisations and teams they belong to. Their token is used for that
//! and not stored.

use crate::settings::Settings;
use nokube_domain::{
    Problem, ProblemKind,
    allowlist::{Allowlist, GitHubMembership},
};
use nokube_edge::{
    Error, Result,
    outbound::{self, Timeouts},
    reservation::reserve_for,
    store::Store,
    warn,
};
use nokube_github::{
    Request, Response,
    oauth::{self, OAuth, UserToken},
};

pub fn oauth(settings: &Settings) -> Result<&OAuth> {
    settings.oauth.as_ref().ok_or_else(|| {
        let detail = "Signing in with GitHub is not set up here. /ready says what is missing.";
        Error::problem(ProblemKind::Misconfigured, detail)
    })
}

pub async fn send(request: Request) -> Result<Response> {
    outbound::send(request, Timeouts::API).await.map_err(|error| error.into_error("GitHub"))
}

/// The error for a response that does not parse. `request` says what was requested.
pub fn unexpected_response(request: &str, response: &Response) -> Error {
    // Without the body: it may hold a token.
    let status = response.status();
    warn(format_args!("GitHub's response to {request} cannot be parsed (status {status})"));
    Problem::new(ProblemKind::UpstreamUnavailable, "GitHub does not answer as expected. Try again.")
        .with_retry_after(5)
        .into()
}

/// The login of the account behind a token, and to which of the listed organisations and teams it belongs.
///
/// # Errors
/// GitHub does not respond as expected, or the store failed.
pub async fn fetch_membership(
    store: &Store,
    oauth: &OAuth,
    allowlist: &Allowlist,
    token: &UserToken,
) -> Result<(String, GitHubMembership)> {
    let response = send(oauth.user(token)).await?;
    let account = oauth::parse_account(&response)
        .ok_or_else(|| unexpected_response("the account", &response))?;
    let login = account.login.to_ascii_lowercase();
    let mut membership = GitHubMembership { account: account.id, ..GitHubMembership::default() };
    // A login can change hands, so a listed login means the account that first signs in with it. Logins that
    // are not listed are not reserved: they may belong to another account by the time they are listed.
    if allowlist.lists_login(&login)
        && reserve_for(store, &format!("login/{login}"), &account.id).await?
    {
        membership.login = login.clone();
    }
    // A person who is listed by name needs no memberships.
    if allowlist.allows_sign_in(&membership) {
        return Ok((login, membership));
    }
    for organisation in &allowlist.organisations {
        if is_member(oauth.membership(organisation, token)).await? {
            membership.organisations.push(organisation.clone());
        }
    }
    for listed in &allowlist.teams {
        let Some((organisation, team)) = listed.split_once('/') else { continue };
        if is_member(oauth.team_membership(organisation, team, &login, token)).await? {
            membership.teams.push(listed.clone());
        }
    }
    Ok((login, membership))
}

async fn is_member(request: Request) -> Result<bool> {
    let response = send(request).await?;
    oauth::parse_membership(&response).ok_or_else(|| unexpected_response("a membership", &response))
}
