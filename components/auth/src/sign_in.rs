//! `GET /api/v1/auth/login` and `GET /api/v1/auth/callback`: the web flow.
//!
//! The state lies signed in the browser that began, so nothing is stored of sign-ins that never come
//! to their end, and nobody can end another browser's. The PKCE verifier is derived from the state.

use crate::{
    begin::{begin, session_cookie},
    github::{oauth, send, unreadable},
    settings::Settings,
};
use data_encoding::HEXLOWER;
use nokube_domain::{
    Problem, ProblemKind,
    limit::Limited,
    name::Username,
    origin::local_path,
    session::{Begun, SIGN_IN, Use, challenge, same},
};
use nokube_edge::{
    Call, Failure, Reply, Result,
    auth::{AuthSettings, Cookie, Cookies},
    limits, now, random_bytes, warn,
};
use nokube_github::oauth::{UserToken, read};

pub async fn login(call: Call) -> Result<Reply> {
    call.only_query(&["return_to", "login"])?;
    let (common, settings) = (AuthSettings::read().await?, Settings::read().await?);
    let oauth = oauth(&settings)?;
    let to = call.query("return_to").unwrap_or("/");
    let to = local_path(to)
        .ok_or_else(|| Problem::field("return_to", "must be a path on this platform"))?;
    // GitHub suggests this account; who signs in is decided there.
    let hint: Option<Username> = match call.query("login") {
        None => None,
        Some(text) => Some(text.parse().map_err(|bad| Problem::field("login", format!("{bad}")))?),
    };
    let state = HEXLOWER.encode(&random_bytes::<16>()?);
    let begun = Begun { state: state.clone(), to: to.to_owned() };
    let second = now().as_second();
    let sealed = common.keys().seal(Use::SignIn, &begun, second, second + SIGN_IN);
    let sealed = sealed.map_err(|error| Failure::internal("begin a sign-in", error))?;
    let verifier = common.keys().verifier(&state, false);
    let hint = hint.as_ref().map(Username::as_str);
    let there = oauth.authorize(&back(&common), &state, &challenge(&verifier), hint);
    Ok(Reply::redirect(&there).cookie(&Cookie::SignIn.set(&common, &sealed, SIGN_IN)))
}

pub async fn callback(call: Call) -> Result<Reply> {
    match finish(&call).await {
        // Whoever came here by GitHub's page is shown a page, which says what to do.
        Err(Failure::Problem(problem)) if call.wants_page() => {
            let common = AuthSettings::read().await?;
            let page = format!("/?sign_in={}", problem.kind.name());
            Ok(Reply::redirect(&page).cookie(&Cookie::SignIn.clear(&common)))
        }
        answer => answer,
    }
}

async fn finish(call: &Call) -> Result<Reply> {
    let (common, settings) = (AuthSettings::read().await?, Settings::read().await?);
    let oauth = oauth(&settings)?;
    let failed = |detail: &str| Failure::problem(ProblemKind::Malformed, detail);
    let again = || {
        failed(
            "The sign-in was begun elsewhere or too long ago. Begin again at /api/v1/auth/login.",
        )
    };
    let cookie = Cookies::of(call.headers()).get(Cookie::SignIn, &common).ok_or_else(again)?;
    let keys = common.keys();
    let (begun, _) =
        keys.unseal::<Begun>(Use::SignIn, cookie, now().as_second()).map_err(|_| again())?;
    if !call.query("state").is_some_and(|state| same(state, &begun.state)) {
        return Err(again());
    }
    // By what the browser carries: only who began a sign-in gets so far, and begins are limited.
    limits::count(Limited::Callbacks, None, Some(&begun.state)).await?;
    if call.query("error").is_some() {
        // The text is whoever's: it is not repeated.
        return Err(failed("GitHub did not sign you in. Begin again at /api/v1/auth/login."));
    }
    let code = call.query("code").filter(|code| !code.is_empty() && code.len() <= 512);
    let code = code.ok_or_else(|| failed("GitHub sent no code."))?;
    let verifier = keys.verifier(&begun.state, keys.is_previous(cookie));
    let answer = send(oauth.exchange(code, &back(&common), &verifier)).await?;
    let token = read::<UserToken>(&answer).ok_or_else(|| unreadable("a code", &answer))?;
    let token = token.map_err(|refusal| {
        if refusal.error == "incorrect_client_credentials" {
            warn(format_args!("GitHub does not take github_oauth_client_id and github_oauth_client_secret"));
            let detail = "GitHub does not take the platform's own credentials. Its administrator sets \
                          github_oauth_client_id and github_oauth_client_secret.";
            return Failure::problem(ProblemKind::Misconfigured, detail);
        }
        failed("GitHub does not take this code. Begin again at /api/v1/auth/login.")
    })?;
    let signed_in = begin(call, &settings, oauth, &token).await?;
    let lasts = signed_in.lasts;
    let (session, _) = session_cookie(&common, &signed_in.identity, now().as_second() + lasts)?;
    let renewal = Cookie::Renewal.set(&common, signed_in.renewal.reveal(), lasts);
    Ok(Reply::redirect(&begun.to)
        .cookie(&session)
        .cookie(&renewal)
        .cookie(&Cookie::SignIn.clear(&common)))
}

/// Where GitHub sends the browser back to; registered there.
fn back(common: &AuthSettings) -> String {
    format!("{}/api/v1/auth/callback", common.platform)
}
