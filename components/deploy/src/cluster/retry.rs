//! How often requests to the API server are repeated, and how long to wait between.

/// Attempts for a request that failed because the API server was unreachable or overloaded. Each of our
/// requests may be repeated: it reads, applies, or deletes one object at one resource version.
pub const MAX_ATTEMPTS: u32 = 3;
/// The first delay between two attempts. It doubles each time.
pub const FIRST_DELAY_MS: u64 = 200;
/// If the API server asks for a longer delay than this, the request fails instead.
pub const MAX_DELAY_MS: u64 = 2_000;

/// Attempts while a role binding or a deletion takes effect.
pub const PROPAGATION_ATTEMPTS: usize = 16;
pub const PROPAGATION_DELAY_MS: u64 = 400;
