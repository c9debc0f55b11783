//! `GET /api/v1/auth/login` and `GET /api/v1/auth/callback`: the web flow of signing in with GitHub.
//!
//! The pending sign-in is signed and kept in a cookie, so abandoned sign-ins take no storage, and a sign-in
//! can be finished only in the browser that started it. The PKCE verifier is derived from the state.

use crate::{
    complete_sign_in::complete_sign_in,
    github::{oauth, send, unexpected_response},
    sessions::issue_session_cookie,
    settings::Settings,
};
use data_encoding::HEXLOWER;
use nokube_domain::{
    Problem, ProblemKind,
    name::Login,
    origin::parse_local_path,
    rate_limit::{Client, RateLimit},
    session::{PendingSignIn, Purpose, SIGN_IN_TIMEOUT, pkce_challenge, pkce_verifier},
};
use nokube_edge::{
    Call, Error, Reply, Result,
    auth::{AuthSettings, Cookie},
    now, random_bytes, rate_limit, warn,
};
use nokube_github::oauth::{UserToken, parse};
use subtle::ConstantTimeEq;

pub async fn start(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&["return_to", "login"])?;
    let (auth_settings, settings) = (AuthSettings::load().await?, Settings::load().await?);
    let oauth = oauth(&settings)?;
    let return_to = parse_local_path(call.query("return_to").unwrap_or("/"))
        .ok_or_else(|| Problem::invalid_field("return_to", "must be a path on this platform"))?;
    // GitHub only suggests this account; the person may choose another one there.
    let login_hint: Option<Login> = match call.query("login") {
        None => None,
        Some(text) => Some(
            text.parse().map_err(|error| Problem::invalid_field("login", format!("{error}")))?,
        ),
    };
    let state = HEXLOWER.encode(&random_bytes::<16>()?);
    let pending = PendingSignIn { state: state.clone(), return_to: return_to.to_owned() };
    let second = now().as_second();
    let keys = auth_settings.keys();
    let signed = keys.sign(Purpose::SignIn, &pending, second, second + SIGN_IN_TIMEOUT);
    let signed = signed.map_err(|error| Error::internal("begin a sign-in", error))?;
    let challenge = pkce_challenge(&pkce_verifier(keys.secret, &state));
    let login_hint = login_hint.as_ref().map(Login::as_str);
    let url = oauth.authorize_url(&callback_url(&auth_settings), &state, &challenge, login_hint);
    let cookie = Cookie::SignIn.set(&auth_settings, &signed, SIGN_IN_TIMEOUT);
    Ok(Reply::redirect(&url).cookie(&cookie))
}

pub async fn finish(call: Call) -> Result<Reply> {
    match try_finish(&call).await {
        // GitHub redirected a browser here: the page explains the problem.
        Err(Error::Problem(problem)) if call.accepts_html() => {
            let auth_settings = AuthSettings::load().await?;
            let page = format!("/?sign_in={}", problem.kind.name());
            Ok(Reply::redirect(&page).cookie(&Cookie::SignIn.clear(&auth_settings)))
        }
        result => result,
    }
}

async fn try_finish(call: &Call) -> Result<Reply> {
    let (auth_settings, settings) = (AuthSettings::load().await?, Settings::load().await?);
    let oauth = oauth(&settings)?;
    let failed = |detail: &str| Error::problem(ProblemKind::Malformed, detail);
    let start_again = || {
        failed(
            "The sign-in was started in another browser or too long ago. Start again at /api/v1/auth/login.",
        )
    };
    let cookie = Cookie::SignIn.get(call.headers(), &auth_settings).ok_or_else(start_again)?;
    let keys = auth_settings.keys();
    let (pending, _) = keys
        .verify::<PendingSignIn>(Purpose::SignIn, cookie, now().as_second())
        .map_err(|_| start_again())?;
    let expected = pending.state.as_bytes();
    if !call.query("state").is_some_and(|state| state.as_bytes().ct_eq(expected).into()) {
        return Err(start_again());
    }
    // Only a browser that started a sign-in gets here, so nobody else can use up the limit of its address. It is not
    // counted for each sign-in, of which a client can start any number beforehand.
    let address = call.client_address();
    rate_limit::count_request(RateLimit::Callbacks, Client::Address(address.as_deref())).await?;
    if call.query("error").is_some() {
        // The error's text may come from anybody, so it is not repeated.
        return Err(failed("GitHub did not sign you in. Start again at /api/v1/auth/login."));
    }
    let code = call.query("code").filter(|code| !code.is_empty() && code.len() <= 512);
    let code = code.ok_or_else(|| failed("GitHub sent no code."))?;
    let verifier = pkce_verifier(keys.secret_of(cookie), &pending.state);
    let request = oauth.exchange_code(code, &callback_url(&auth_settings), &verifier);
    let response = send(request).await?;
    let user_token =
        parse::<UserToken>(&response).ok_or_else(|| unexpected_response("a code", &response))?;
    let user_token = user_token.map_err(|error| {
        if error.error == "incorrect_client_credentials" {
            warn("GitHub rejects github_oauth_client_id and github_oauth_client_secret");
            let detail = "GitHub rejects the platform's own credentials. Its administrator must correct \
                          github_oauth_client_id and github_oauth_client_secret.";
            return Error::problem(ProblemKind::Misconfigured, detail);
        }
        failed("GitHub does not accept this code. Start again at /api/v1/auth/login.")
    })?;
    let sign_in = complete_sign_in(call, &settings, oauth, &user_token).await?;
    let max_expiry = now().as_second() + sign_in.lifetime;
    let (session, _) = issue_session_cookie(&auth_settings, &sign_in.identity, max_expiry)?;
    let refresh_token = sign_in.refresh_token.reveal();
    let refresh_token = Cookie::RefreshToken.set(&auth_settings, refresh_token, sign_in.lifetime);
    Ok(Reply::redirect(&pending.return_to)
        .cookie(&session)
        .cookie(&refresh_token)
        .cookie(&Cookie::SignIn.clear(&auth_settings)))
}

/// Where GitHub redirects the browser to. It is registered there.
fn callback_url(settings: &AuthSettings) -> String {
    format!("{}/api/v1/auth/callback", settings.platform_origin)
}

#[cfg(feature = "openapi")]
pub mod openapi {
    use nokube_contract::prelude::*;

    pub fn start() -> Operation {
        Operation::new("login", "Sign in with GitHub")
            .description(
                "For browsers. Redirects to GitHub, which redirects back to \
                 `/api/v1/auth/callback`.",
            )
            .query_parameter(
                "return_to",
                schemas::string_matching("^/"),
                "The path on this platform to redirect to after the sign-in. Defaults to `/`.",
            )
            .query_parameter("login", Login::schema(), "The account to suggest at GitHub.")
            .empty_response(302, "Redirect to GitHub.")
            .response_header("Location")
            .response_header("Set-Cookie")
            .problem(ProblemKind::Invalid, "return_to: must be a path on this platform")
    }

    pub fn finish() -> Operation {
        Operation::new("callback", "Complete a sign-in with GitHub")
            .any_query()
            .description(
                "The redirect URL of the GitHub sign-in. Sets the session's cookies. If the sign-in fails \
                 and the request accepts `text/html`, redirects to `/?sign_in=` with the kind of the \
                 problem.",
            )
            .query_parameter("code", schemas::string_up_to(512), "The authorization code.")
            .query_parameter("state", schemas::string(), "The state that was sent to GitHub.")
            .query_parameter(
                "error",
                schemas::string(),
                "OAuth error code, if GitHub rejected the sign-in.",
            )
            .query_parameter("error_description", schemas::string(), "Description of the error.")
            .query_parameter("error_uri", schemas::string(), "URL of a page about the error.")
            .query_parameter("iss", schemas::string(), "The issuer (RFC 9207).")
            .empty_response(302, "Signed in. Redirect to the page where the sign-in started.")
            .response_header("Location")
            .response_header("Set-Cookie")
            .problem(ProblemKind::TooMany, examples::TOO_MANY)
            .problem(
                ProblemKind::Malformed,
                "The sign-in was started in another browser or too long ago. Start again at \
                 /api/v1/auth/login.",
            )
            .problem(
                ProblemKind::Forbidden,
                "testuser may not sign in here. The platform's administrator decides who may.",
            )
            .problem(ProblemKind::Conflict, examples::NO_FREE_USERNAME)
            .calls_github()
    }
}
