//! Asks GitHub who somebody is. The user's token is used for that and then forgotten.

use crate::settings::Settings;
use nokube_domain::{
    Problem, ProblemKind,
    admission::{Lists, Standing},
};
use nokube_edge::{
    Failure, Result,
    claims::is_first,
    outbound::{self, Timeouts},
    store::Store,
    warn,
};
use nokube_github::{
    Request, Response,
    oauth::{self, OAuth, UserToken},
};
use std::time::Duration;

const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(3),
    idle: Duration::from_secs(8),
    total: Duration::from_secs(10),
};

/// # Errors
/// Signing in with GitHub is not set up.
pub fn oauth(settings: &Settings) -> Result<&OAuth> {
    settings.oauth.as_ref().ok_or_else(|| {
        let detail = "Signing in with GitHub is not set up here. /ready says what is missing.";
        Failure::problem(ProblemKind::Misconfigured, detail)
    })
}

pub async fn send(request: Request) -> Result<Response> {
    outbound::send(request, TIMEOUTS).await.map_err(|error| error.of("GitHub"))
}

pub fn unreadable(what: &str, answer: &Response) -> Failure {
    // The body may hold a token: it is not told.
    warn(format_args!("GitHub's answer to {what} cannot be read (status {})", answer.status()));
    Problem::new(ProblemKind::UpstreamUnavailable, "GitHub does not answer as expected. Try again.")
        .retry_after(5)
        .into()
}

/// The login of the account behind a token, and its standing: which of the listed organisations and teams it
/// belongs to.
pub async fn standing(
    store: &Store,
    oauth: &OAuth,
    lists: &Lists,
    token: &UserToken,
) -> Result<(String, Standing)> {
    let answer = send(oauth.user(token)).await?;
    let account = oauth::account(&answer).ok_or_else(|| unreadable("who is it", &answer))?;
    let login = account.login.to_ascii_lowercase();
    let mut standing = Standing { account: account.id, ..Standing::default() };
    // Whoever has the login now may not be whom the operator listed: the first who came is.
    // Of a login that is not listed nothing is kept: it may be listed later, and be another's by then.
    if lists.has_login(&login) && is_first(store, &format!("login/{login}"), &account.id).await? {
        standing.login = login.clone();
    }
    // Who is listed by name needs no more; and what GitHub does not tell is asked nobody else.
    if lists.admit(&standing) {
        return Ok((login, standing));
    }
    for organisation in &lists.organisations {
        let answer = send(oauth.membership(organisation, token)).await?;
        if oauth::is_member(&answer).ok_or_else(|| unreadable("a membership", &answer))? {
            standing.organisations.push(organisation.clone());
        }
    }
    for listed in &lists.teams {
        let Some((organisation, team)) = listed.split_once('/') else { continue };
        let request = oauth.team_membership(organisation, team, &login, token);
        let answer = send(request).await?;
        if oauth::is_member(&answer).ok_or_else(|| unreadable("a membership", &answer))? {
            standing.teams.push(listed.clone());
        }
    }
    Ok((login, standing))
}
