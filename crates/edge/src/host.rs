//! What the platform needs of the host it runs on: a store, HTTP, settings, time and tasks. [`Spin`] is the host of
//! components; native tests install their own.

use crate::{
    error::{Error, Result},
    http::BoxBody,
    outbound::{OutboundError, Timeouts},
    spin::Spin,
    telemetry,
};
use futures::future::{LocalBoxFuture, select};
use http::{Request, Response};
use nokube_domain::Timestamp;
use std::{pin::pin, rc::Rc, time::Duration};

/// A future of a host. Errors are for the log.
pub type HostFuture<'a, T, E = String> = LocalBoxFuture<'a, std::result::Result<T, E>>;

pub trait Host {
    /// The store: the Redis server at this URL, or else the host's own key-value store. It may be opened often: an
    /// instance keeps it.
    fn open_store(&self, redis_url: Option<&str>) -> HostFuture<'static, Rc<dyn KeyValue>>;

    /// Sends a request. The response is returned as soon as it begins. A host that does not support one of the
    /// timeouts keeps its own.
    fn send(
        &self,
        request: Request<Vec<u8>>,
        timeouts: Timeouts,
    ) -> HostFuture<'static, Response<BoxBody>, OutboundError>;

    /// The value of one of the operator's settings; `None` if it is not defined.
    fn variable<'a>(&'a self, name: &'a str) -> HostFuture<'a, Option<String>>;

    fn now(&self) -> Timestamp;

    fn sleep(&self, duration: Duration) -> LocalBoxFuture<'static, ()>;

    /// Runs a task concurrently with the request. It may outlive the response.
    fn spawn(&self, task: LocalBoxFuture<'static, ()>);

    /// Writes a line of the log.
    fn log(&self, level: LogLevel, line: String);
}

/// What a line of the log is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLevel {
    /// A request that was served.
    Request,
    /// Something that the operator should know of.
    Event,
}

/// A key-value store. There are no transactions: each call is about one key.
///
/// A read that begins after a write has returned sees it, or a later one, in every instance. Of concurrent writes to
/// a key, one stays, whole. A call that fails, or that is abandoned, may still have taken effect.
pub trait KeyValue {
    fn get<'a>(&'a self, key: &'a str) -> HostFuture<'a, Option<Vec<u8>>>;

    fn set<'a>(&'a self, key: &'a str, value: Vec<u8>) -> HostFuture<'a, ()>;

    /// Succeeds also if there is no such key.
    fn delete<'a>(&'a self, key: &'a str) -> HostFuture<'a, ()>;

    /// Adds `by`, which is at least one, to a counter and returns the new value. Atomic: no two callers in any
    /// instances get the same value. A key is either a counter or a record, for good.
    fn increment<'a>(&'a self, counter: &'a str, by: u32) -> HostFuture<'a, i64>;

    /// The value of a counter; 0 before the first increment. Counters may be stored in another form than records.
    fn count<'a>(&'a self, counter: &'a str) -> HostFuture<'a, i64>;
}

#[cfg(target_family = "wasm")]
fn host() -> impl Host {
    // Not `dyn`: a component has only the code of what it calls.
    Spin
}

#[cfg(not(target_family = "wasm"))]
use native::host;
#[cfg(not(target_family = "wasm"))]
pub use native::install;

#[cfg(not(target_family = "wasm"))]
mod native {
    use super::{Host, Spin};
    use std::{cell::RefCell, rc::Rc};

    thread_local! {
        static HOST: RefCell<Rc<dyn Host>> = RefCell::new(Rc::new(Spin));
    }

    /// Replaces the host of this thread, for tests.
    pub fn install(host: Rc<dyn Host>) {
        HOST.set(host);
    }

    pub(super) fn host() -> Rc<dyn Host> {
        HOST.with_borrow(Rc::clone)
    }
}

/// As [`Host::open_store`].
pub(crate) async fn open_store(
    redis_url: Option<&str>,
) -> std::result::Result<Rc<dyn KeyValue>, String> {
    host().open_store(redis_url).await
}

/// As [`Host::send`].
pub(crate) async fn send(
    request: Request<Vec<u8>>,
    timeouts: Timeouts,
) -> std::result::Result<Response<BoxBody>, OutboundError> {
    host().send(request, timeouts).await
}

/// As [`Host::variable`].
pub(crate) async fn variable(name: &str) -> std::result::Result<Option<String>, String> {
    host().variable(name).await
}

/// As [`Host::log`].
pub(crate) fn log(level: LogLevel, line: String) {
    host().log(level, line);
}

/// The current wall-clock time.
pub fn now() -> Timestamp {
    host().now()
}

/// Waits without blocking the instance.
pub async fn sleep(duration: Duration) {
    host().sleep(duration).await;
}

/// Runs `task` in the background, also after the response has begun, for `max` at most. The limit keeps a slow
/// reader from holding the instance.
pub fn spawn_for(max: Duration, task: impl Future<Output = ()> + 'static) {
    let task = async move {
        select(pin!(task), pin!(sleep(max))).await;
    };
    host().spawn(match telemetry::current_span() {
        Some(span) => Box::pin(span.run(task)),
        None => Box::pin(task),
    });
}

/// 64 random bits from the host's secure source.
///
/// # Errors
/// The host has none.
pub fn random() -> Result<u64> {
    getrandom::u64().map_err(|error| Error::internal("no randomness", error))
}

/// Random bytes from the host's secure source.
///
/// # Errors
/// The host has none.
pub fn random_bytes<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| Error::internal("no randomness", error))?;
    Ok(bytes)
}
