//! Has no code. See Cargo.toml.
