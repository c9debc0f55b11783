//! Who is calling: the bearer token of a request.

use crate::{
    Failure, Result, now,
    settings::{NotSetUp, Variables},
};
use nokube_domain::{
    Person, Problem, ProblemKind,
    access::Caller,
    jwt::{self, Expected},
    name::Username,
};
use std::{cell::OnceCell, rc::Rc};

/// How tokens are checked.
pub struct AuthSettings {
    secret: String,
    issuer: String,
    audience: String,
    leeway: i64,
    /// Subjects are GitHub logins, which differ by more than case.
    pub logins: bool,
}

thread_local! {
    // Kept as long as the instance, which is soon replaced: a changed variable is seen then.
    static SETTINGS: OnceCell<Rc<AuthSettings>> = const { OnceCell::new() };
}

impl AuthSettings {
    /// # Errors
    /// Everything that is wrong with the settings.
    pub async fn read() -> std::result::Result<Rc<Self>, NotSetUp> {
        if let Some(settings) = SETTINGS.with(|cell| cell.get().cloned()) {
            return Ok(settings);
        }
        let mut variables = Variables::default();
        let v = &mut variables;
        let secret = v
            .required(
                "auth_jwt_secret",
                "the secret that the issuer of the users' tokens signs with",
            )
            .await;
        if secret.as_ref().is_some_and(|secret| secret.len() < 32) {
            v.fault("auth_jwt_secret", "must have at least 32 bytes");
        }
        let issuer = v.required("auth_jwt_issuer", "the issuer that the users' tokens name").await;
        let audience =
            v.required("auth_jwt_audience", "the audience that the users' tokens name").await;
        let leeway = v.number("auth_jwt_leeway_seconds", 0..=300).await;
        let logins = v.boolean("auth_jwt_subjects_are_github_logins").await;
        let settings = match (secret, issuer, audience) {
            (Some(secret), Some(issuer), Some(audience)) => {
                Some(Rc::new(Self { secret, issuer, audience, leeway, logins }))
            }
            _ => None,
        };
        let settings = variables.finish(settings)?;
        SETTINGS.with(|cell| cell.set(settings.clone()).ok());
        Ok(settings)
    }
}

/// The caller whose token stands in `authorization` (the header's value, if there is one).
///
/// # Errors
/// 401 with what is wrong; nothing that tells a forger more than that.
pub async fn caller(authorization: Option<&str>) -> Result<Caller> {
    let settings = AuthSettings::read().await?;
    let unauthenticated =
        |detail: String| Failure::from(Problem::new(ProblemKind::Unauthenticated, detail));
    let token = authorization
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .ok_or_else(|| unauthenticated("Send a bearer token: 'Authorization: Bearer …'.".into()))?;
    let expected = Expected {
        secret: settings.secret.as_bytes(),
        issuer: &settings.issuer,
        audience: &settings.audience,
        leeway: settings.leeway,
        now: now().as_second(),
    };
    let claims = jwt::verify(token, &expected)
        .map_err(|refused| unauthenticated(format!("Sign in again: {refused}.")))?;
    let login: Username = claims
        .sub
        .parse()
        .map_err(|error| unauthenticated(format!("The token's subject {error}.")))?;
    // The canonical spelling is the identity. Of subjects that are no logins, two may differ by case
    // alone and be two people: then only the canonical one is let in.
    if !settings.logins && claims.sub != login.as_str() {
        return Err(unauthenticated("The token's subject must be in lower case.".into()));
    }
    let person = Person { issuer: claims.iss, subject: login.to_string() };
    Ok(Caller { person, login })
}
