//! Authentication: who the caller is, and the operator's settings about that.

mod blocked;
mod cookies;
mod health_audience;
mod identify;
mod settings;
pub mod usernames;
mod verified_tokens;

pub use blocked::blocked_error;
pub use cookies::{Cookie, cookie_value};
pub use health_audience::{HealthAudience, health_audience};
pub use identify::{bearer_token, identify, refresh_token};
pub use settings::{AuthSettings, JwtIssuer};
