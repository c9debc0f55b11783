//! A bearer token for the local instance.

use crate::instance::{ISSUER, secrets};
use anyhow::{Context, Result};
use nokube_domain::{
    Timestamp,
    jwt::{Audience, Claims, sign},
    name::Username,
};
use std::path::Path;

/// Seconds that a token lives: a week of trying things out.
const LIFE: i64 = 7 * 24 * 3600;

pub fn print(state_dir: &Path, user: &str) -> Result<()> {
    let login: Username =
        user.parse().with_context(|| format!("'{user}' cannot be a user; try USER=alice"))?;
    let now = Timestamp::now().as_second();
    let claims = Claims {
        iss: ISSUER.into(),
        sub: login.to_string(),
        aud: Audience::One("nokube".into()),
        exp: now + LIFE,
        nbf: None,
        iat: Some(now),
    };
    println!("{}", sign(&claims, secrets(state_dir)?.jwt.as_bytes())?);
    Ok(())
}
