//! Checks of what a stopped platform leaves behind.

use crate::{
    CLIENT_SECRET, GITHUB_TOKEN, JWT_SECRET, KUBERNETES_TOKEN, REDIS_PASSWORD, SECRET_NAMES_KEY,
    SESSION_SECRET, USER_SECRET_VALUE, WEBHOOK_SECRET,
};
use std::path::Path;

/// Substrings of secrets that the platform issues or receives.
const SECRET_MARKERS: [&str; 7] =
    ["PRIVATE KEY", "ghs_", "ghu_", "nkt_", "nkr_", "nkc_", "Bearer "];

/// Checks that the state directory and the console contain no secrets, and that the console shows no
/// internal errors, panics or traps, except in lines that contain one of the `expected` texts.
pub fn check_leftovers(console: &str, state: &Path, expected: &[&str]) {
    let mut bytes = console.as_bytes().to_vec();
    let folders = [state.join(".spin"), state.join(".spin/appendonlydir")];
    for file in folders.into_iter().flat_map(std::fs::read_dir).flatten() {
        let path = file.unwrap().path();
        if path.is_file() {
            bytes.extend(std::fs::read(path).unwrap());
        }
    }
    let secrets = [
        JWT_SECRET,
        WEBHOOK_SECRET,
        GITHUB_TOKEN,
        KUBERNETES_TOKEN,
        REDIS_PASSWORD,
        SECRET_NAMES_KEY,
        SESSION_SECRET,
        CLIENT_SECRET,
        USER_SECRET_VALUE,
    ];
    for secret in secrets.into_iter().chain(SECRET_MARKERS) {
        let found = memchr::memmem::find(&bytes, secret.as_bytes()).is_some();
        assert!(!found, "'{secret}' was left in the storage or on the console");
    }
    let is_unexpected_error = |line: &&str| {
        ["error component=", "panicked", "trap", "took too long"]
            .iter()
            .any(|marker| line.contains(marker))
            && !expected.iter().any(|text| line.contains(text))
    };
    let errors: Vec<_> = console.lines().filter(is_unexpected_error).collect();
    assert!(errors.is_empty(), "errors on the console: {errors:#?}");
}
