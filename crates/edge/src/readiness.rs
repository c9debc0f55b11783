//! The readiness responses of components, which `platform` combines into `GET /ready`.
//!
//! These routes (`/ready`, `/ready/…`) are reached by chaining only: `spin.toml` gives them no public path.

use crate::{Reply, Result, settings::SettingsError};
use http::StatusCode;
use nokube_domain::problem::FieldError;
use serde::{Deserialize, Serialize};

/// The errors in a component's settings.
#[derive(Serialize, Deserialize)]
pub struct SettingsReport {
    /// Each names its variable as the field.
    pub errors: Vec<FieldError>,
}

/// The state of a dependency of a component, such as GitHub.
#[derive(Serialize, Deserialize)]
pub struct Health {
    pub ok: bool,
    pub detail: String,
}

impl Health {
    pub fn ok(detail: impl Into<String>) -> Self {
        Self { ok: true, detail: detail.into() }
    }

    pub fn failed(detail: impl Into<String>) -> Self {
        Self { ok: false, detail: detail.into() }
    }
}

/// Replies with the errors in a component's settings.
///
/// # Errors
/// Never; the type is that of a handler.
pub fn settings<T>(settings: std::result::Result<T, SettingsError>) -> Result<Reply> {
    let errors = settings.err().map_or_else(Vec::new, |errors| errors.0);
    Ok(Reply::json(StatusCode::OK, &SettingsReport { errors }))
}

/// Replies with the state of one dependency.
///
/// # Errors
/// Never; the type is that of a handler.
pub fn health(health: &Health) -> Result<Reply> {
    Ok(Reply::json(StatusCode::OK, health))
}

/// Replies that nothing was checked because the settings are incomplete; `/ready` lists their errors separately.
///
/// # Errors
/// Never; the type is that of a handler.
pub fn not_checked() -> Result<Reply> {
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}
