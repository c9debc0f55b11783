//! Asks GitHub who a person is and which organisations and teams they belong to. Their token is used for that
//! and not stored.

use crate::settings::Settings;
use nokube_domain::{
    Problem, ProblemKind,
    allowlist::{Allowlist, GitHubMembership},
    name::Login,
};
use nokube_edge::{
    Error, Result, now,
    outbound::{self, Timeouts},
    reservation::reserve_for,
    store::Store,
    warn,
};
use nokube_github::{
    Request, Response,
    error::{ErrorKind, error_kind},
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
    let (detail, retry_after) = match error_kind(response, now().as_second()) {
        ErrorKind::RateLimited(seconds) => {
            let seconds = u32::try_from(seconds).unwrap_or(u32::MAX);
            (format!("GitHub limits requests. It answers again in {seconds} seconds."), seconds)
        }
        ErrorKind::Permanent(reason) => {
            return Error::problem(ProblemKind::UpstreamRefused, reason);
        }
        ErrorKind::Credentials | ErrorKind::Unavailable => {
            ("GitHub does not answer as expected. Try again.".to_owned(), 5)
        }
    };
    let problem = Problem::new(ProblemKind::UpstreamUnavailable, detail);
    problem.with_retry_after(retry_after).into()
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
) -> Result<(Login, GitHubMembership)> {
    let response = send(oauth.user(token)).await?;
    let account = oauth::parse_account(&response)
        .ok_or_else(|| unexpected_response("the account", &response))?;
    let login: Login = account.login.parse().map_err(|_| {
        let detail =
            "Only people can sign in, and the login that GitHub reports is not a person's.";
        Error::problem(ProblemKind::Forbidden, detail)
    })?;
    let mut membership = GitHubMembership { account: account.id, ..GitHubMembership::default() };
    // A login can change hands, so a listed login means the account that first signs in with it. Logins that
    // are not listed are not reserved: they may belong to another account by the time they are listed.
    if allowlist.lists_login(login.as_str())
        && reserve_for(store, &format!("login/{login}"), &account.id).await?
    {
        membership.login = login.to_string();
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
        if is_member(oauth.team_membership(organisation, team, login.as_str(), token)).await? {
            membership.teams.push(listed.clone());
        }
    }
    Ok((login, membership))
}

async fn is_member(request: Request) -> Result<bool> {
    let response = send(request).await?;
    oauth::parse_membership(&response).ok_or_else(|| unexpected_response("a membership", &response))
}
