//! `make token`: a bearer token for the local instance.

use anyhow::{Context, Result};
use nokube_dev::local_instance::{JWT_ISSUER, load_secrets};
use nokube_domain::{
    Timestamp,
    jwt::{Audience, Claims, sign},
    name::Login,
};
use std::path::Path;

/// A week.
const TOKEN_LIFETIME_SECONDS: i64 = 7 * 24 * 3600;

pub fn print_token(state_dir: &Path, user: &str) -> Result<()> {
    let login: Login =
        user.parse().with_context(|| format!("'{user}' is not a valid login; try USER=alice"))?;
    let now = Timestamp::now().as_second();
    let claims = Claims {
        iss: JWT_ISSUER.into(),
        sub: login.to_string(),
        aud: Audience::One("nokube".into()),
        exp: now + TOKEN_LIFETIME_SECONDS,
        nbf: None,
        iat: Some(now),
    };
    println!("{}", sign(&claims, load_secrets(state_dir)?.jwt.as_bytes())?);
    Ok(())
}
