//! Authentication and authorization: who may sign in, what a credential allows, where a request comes
//! from.

// Test helpers may panic: that fails the test.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod access;
mod allowlist;
mod audit;
mod authorization;
mod jwt;
mod origin;
mod people;
mod rate_limit;
mod read_allowance;
mod scope;
mod session;
mod token;

use nokube_domain::{Person, Timestamp};

fn person(issuer: &str, subject: &str) -> Person {
    Person { issuer: issuer.into(), subject: subject.into() }
}

fn time(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}
