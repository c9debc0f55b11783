//! Rate limits.

use crate::{
    auth::AuthSettings,
    error::Result,
    host::{now, random},
    store::{Store, WindowName},
    telemetry::warn,
};
use nokube_domain::{
    rate_limit::{Client, RateLimit, counter_number, exceeded, window_start},
    read_allowance::{Admission, ReadAllowances},
};
use std::cell::RefCell;

thread_local! {
    /// What this instance may admit without asking the store.
    static ALLOWANCES: RefCell<ReadAllowances> = RefCell::default();
}

/// Counts a request. The client may be authenticated, or has an address. It must not be something that the client can
/// choose: then it could make any number of requests.
///
/// # Errors
/// 429 beyond the limit.
pub async fn count_request(limit: RateLimit, client: Client<'_>) -> Result<()> {
    let settings = AuthSettings::load().await?;
    let max = settings.max_per_minute(limit);
    if max == 0 {
        return Ok(());
    }
    let second = now().as_second();
    let start = window_start(second);
    let name = window_name(&settings, limit, client, start);
    match Store::open().await?.count_in_window(&name, start, max).await? {
        true => Ok(()),
        false => Err(exceeded(limit, max, second).into()),
    }
}

/// Counts a read of a person, or of their API tokens, as so many reads as it costs. Most reads are admitted from memory: see
/// [`nokube_domain::read_allowance`].
///
/// # Errors
/// 429 beyond the limit; or the store cannot be read. If only the counter cannot be written, the read is admitted.
pub async fn count_read(person: &str, cost: u32) -> Result<()> {
    let settings = AuthSettings::load().await?;
    let max = settings.max_per_minute(RateLimit::Reads);
    let cost = cost.min(max); // A read that costs more than the limit must be possible too.
    if cost == 0 {
        return Ok(());
    }
    let second = now().as_second();
    let start = window_start(second);
    let read = Read { person, start, cost, max };
    let is_admitted = match ALLOWANCES.with_borrow_mut(|all| all.admit(person, start, cost)) {
        Admission::Admitted => true,
        admission => {
            if admission == Admission::FirstRead {
                // Before the store is asked: of several first requests at once, one gets a credit.
                let random = random()?;
                ALLOWANCES.with_borrow_mut(|all| all.give_credit(person, max, random));
            }
            let client = Client::Person(person);
            let name = window_name(&settings, RateLimit::Reads, client, start);
            admit_from_store(&name, read).await?
        }
    };
    if is_admitted { Ok(()) } else { Err(exceeded(RateLimit::Reads, max, second).into()) }
}

/// A read that is not admitted yet, in the window that begins at `start`.
#[derive(Clone, Copy)]
struct Read<'a> {
    person: &'a str,
    start: i64,
    cost: u32,
    max: u32,
}

async fn admit_from_store(name: &WindowName, read: Read<'_>) -> Result<bool> {
    let Read { person, start, cost, max } = read;
    let store = Store::open().await?;
    let window = store.find_window(name, start).await?;
    if window.is_full() {
        ALLOWANCES.with_borrow_mut(|all| all.revoke_credit(person));
        return Ok(false);
    }
    if ALLOWANCES.with_borrow_mut(|all| all.admit(person, start, cost)) == Admission::Admitted {
        return Ok(true);
    }
    let chunk = ALLOWANCES.with_borrow(|all| all.chunk(person, cost, max));
    let counted = match store.add_to_window(name, &window, max, chunk).await {
        Ok(counted) => counted,
        Err(error) => {
            // A store that is full or read-only can still be read.
            warn(format_args!("reads are not counted: {error}"));
            chunk
        }
    };
    Ok(ALLOWANCES.with_borrow_mut(|all| all.add_and_admit(person, start, counted, cost)))
}

fn window_name(
    settings: &AuthSettings,
    limit: RateLimit,
    client: Client<'_>,
    start: i64,
) -> WindowName {
    let number = counter_number(settings.counter_secret(), limit, client, start);
    WindowName::rate_limit(limit.key(), number)
}
