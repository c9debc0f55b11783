//! Helpers of several tests.

pub mod browser;
pub mod oidc_issuer;
