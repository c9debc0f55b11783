//! `POST /api/v1/auth/tokens`

use nokube_domain::Timestamp;
use utoipa::ToSchema;

/// A request to create an API token.
#[derive(ToSchema)]
pub struct NewToken {
    /// A name to recognize the token by.
    #[schema(min_length = 1, max_length = 60)]
    pub name: String,
    /// What the token can be used for. `build` and `deploy` include `read`.
    #[schema(min_items = 1)]
    pub scopes: Vec<TokenScope>,
    /// At most 366 days from now. Defaults to 90 days from now.
    pub expires_at: Option<Timestamp>,
}

/// A scope that an API token can have.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
pub enum TokenScope {
    Read,
    Build,
    Deploy,
    /// Only for administrators.
    Metrics,
}
