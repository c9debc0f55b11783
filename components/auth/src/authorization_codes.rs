//! The authorization codes of the command line (ADR 42). A code is shown once, in a redirect to the machine that asked
//! for it. The store has only its hash, as the key of its record.

use nokube_domain::{
    authorization::{AuthorizationRecord, AuthorizationRequest},
    grant::AuthorizationCodeGrant,
    session::SignInRecord,
    token::{AUTHORIZATION_CODE_PREFIX, OpaqueToken, TokenHash},
};
use nokube_edge::{
    Result,
    auth::AuthSettings,
    now, random_bytes,
    store::{Counter, Store, keys},
};

use crate::sessions::active_sign_in;

/// Stores a new code for the sign-in whose refresh token has this hash. Returns where the browser brings it. One write.
pub async fn issue(
    store: &Store,
    settings: &AuthSettings,
    sign_in: TokenHash,
    request: AuthorizationRequest,
) -> Result<String> {
    let code = OpaqueToken::from_random_bytes(AUTHORIZATION_CODE_PREFIX, &random_bytes()?);
    let redirect_to = request.redirect_to(&code, &settings.platform_origin);
    let record = AuthorizationRecord::new(sign_in, request, now());
    store.set(keys::authorization(&code.hash()), &record).await?;
    Ok(redirect_to)
}

/// The sign-in that a code belongs to, if the code, the client and the sign-in are valid. Of all requests with the same
/// code, one gets it: four reads and two writes. A request with a wrong verifier does not use the code up.
pub async fn redeem(
    store: &Store,
    settings: &AuthSettings,
    grant: &AuthorizationCodeGrant,
) -> Result<Option<SignInRecord>> {
    let code = grant.code.as_deref();
    let code = code.and_then(|text| OpaqueToken::parse(AUTHORIZATION_CODE_PREFIX, text));
    let Some(hash) = code.map(|code| code.hash()) else { return Ok(None) };
    let Some(record) = store.get(keys::authorization(&hash)).await? else { return Ok(None) };
    if !record.accepts(grant, now()) {
        return Ok(None);
    }
    let Some(sign_in) = active_sign_in(store, settings, &record.sign_in).await? else {
        return Ok(None);
    };
    // The counter decides. If this request fails from here on, the code is used up, and the person signs in again.
    if store.increment(&Counter::redeemed_authorization(&hash)).await? > 1 {
        return Ok(None);
    }
    store.delete(keys::authorization(&hash)).await?;
    Ok(Some(sign_in))
}
