//! The outside issuer that publishes its keys: fetched, kept for some minutes, fetched anew when a
//! token names one that is not known.

use crate::settings::Oidc;
use nokube_domain::{Person, access::AtGitHub, name::Username, session::Identity};
use nokube_edge::{
    Result,
    auth::AuthSettings,
    now,
    outbound::{self, Timeouts},
    store::Store,
    warn,
};
use nokube_oidc::{Expected, KeySet, NotTaken};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Seconds that keys are kept, and that pass at least between two questions for them: a forger can
/// make up as many unknown keys as they like.
const KEEP: i64 = 600;
const PAUSE: i64 = 30;
/// Seconds after which keys are taken no more, when their issuer does not answer.
const OLDEST: i64 = 24 * 3600;
const MOST: usize = 256 * 1024;
const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(3),
    idle: Duration::from_secs(5),
    total: Duration::from_secs(8),
};

/// The keys as they were last fetched: public, so they may be kept by all.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// From where: another setting is another issuer.
    url: String,
    /// Seconds since 1970; of the last question, and of the last answer.
    asked: i64,
    fetched: i64,
    keys: String,
}

/// Who a token of the issuer's speaks for, and until when; or why it is not taken, in words.
pub async fn identify(
    store: &Store,
    common: &AuthSettings,
    oidc: &Oidc,
    token: &str,
) -> Result<std::result::Result<(Identity, i64), String>> {
    let second = now().as_second();
    let expected = Expected {
        issuer: &oidc.issuer,
        audience: &oidc.audience,
        leeway: common.leeway,
        now: second,
        login_claim: &oidc.login_claim,
    };
    let mut kept = store.issuer_keys::<Kept>().await?.filter(|kept| kept.url == oidc.keys.as_str());
    if kept.as_ref().is_none_or(|kept| second - kept.fetched >= KEEP) {
        kept = fetch(store, oidc, kept).await?;
    }
    // Keys that could not be asked for anew for so long may have been withdrawn.
    let mut verified = verify(fresh(kept.as_ref(), second), token, &expected);
    if verified == Err(NotTaken::UnknownKey) {
        kept = fetch(store, oidc, kept).await?;
        verified = verify(fresh(kept.as_ref(), second), token, &expected);
    }
    let (claims, login) = match verified {
        Ok(found) => found,
        Err(NotTaken::UnknownKey) => {
            return Ok(Err(
                "The token was signed with a key that its issuer does not publish.".into()
            ));
        }
        Err(NotTaken::Refused(refused)) => return Ok(Err(format!("Not exchanged: {refused}."))),
    };
    let login: Username = match login.as_deref().unwrap_or_default().parse() {
        Ok(login) => login,
        Err(bad) => return Ok(Err(format!("The token's claim {} {bad}.", oidc.login_claim))),
    };
    let person = Person { issuer: claims.iss, subject: claims.sub };
    let identity = Identity { person, login, at_github: AtGitHub::Nobody, standing: None };
    Ok(Ok((identity, claims.exp)))
}

fn fresh(kept: Option<&Kept>, second: i64) -> Option<&Kept> {
    kept.filter(|kept| second - kept.fetched < OLDEST)
}

fn verify(
    kept: Option<&Kept>,
    token: &str,
    expected: &Expected<'_>,
) -> std::result::Result<(nokube_domain::jwt::Claims, Option<String>), NotTaken> {
    let keys = kept.and_then(|kept| KeySet::parse(kept.keys.as_bytes()));
    keys.ok_or(NotTaken::UnknownKey)?.verify(token, expected)
}

/// Asks the issuer, unless that was just done. What was known is kept when it does not answer.
async fn fetch(store: &Store, oidc: &Oidc, before: Option<Kept>) -> Result<Option<Kept>> {
    let second = now().as_second();
    if before.as_ref().is_some_and(|before| second - before.asked < PAUSE) {
        return Ok(before);
    }
    let url = oidc.keys.to_string();
    let (keys, fetched) = before.map_or_else(Default::default, |b| (b.keys, b.fetched));
    let mut kept = Kept { url: url.clone(), asked: second, fetched, keys };
    store.set_issuer_keys(&kept).await?;
    let mut request = http::Request::new(Vec::new());
    *request.uri_mut() = url.parse().unwrap_or_default();
    match outbound::send(request, TIMEOUTS).await {
        Ok(answer) if answer.status() == 200 && answer.body().len() <= MOST => {
            let text = String::from_utf8(answer.into_body()).unwrap_or_default();
            if KeySet::parse(text.as_bytes()).is_some_and(|set| !set.is_empty()) {
                (kept.keys, kept.fetched) = (text, second);
                store.set_issuer_keys(&kept).await?;
            } else {
                warn("the outside issuer publishes no usable key");
            }
        }
        Ok(answer) => warn(format_args!("the outside issuer's keys: status {}", answer.status())),
        Err(error) => warn(format_args!("the outside issuer's keys: {}", error.0)),
    }
    Ok(Some(kept))
}
