//! The limit of what goes on after a response: so many calls of the host. It makes tests that end a component at
//! each of its steps, as a stop of the host or a trap does.

use std::future::pending;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use tokio_util::sync::CancellationToken;

/// What is left of the calls after the response to a client's request. The components that take part in the request,
/// by chaining, share it.
#[derive(Debug)]
pub(crate) struct CallLimit {
    response_has_begun: AtomicBool,
    calls_left: AtomicU32,
}

impl CallLimit {
    pub fn new(calls: u32) -> CallLimit {
        CallLimit { response_has_begun: AtomicBool::new(false), calls_left: AtomicU32::new(calls) }
    }

    /// Whether one more call may be made, which is counted.
    fn allows_call(&self) -> bool {
        let take_one = |left: u32| left.checked_sub(1);
        !self.response_has_begun.load(Ordering::Relaxed)
            || self.calls_left.try_update(Ordering::Relaxed, Ordering::Relaxed, take_one).is_ok()
    }
}

/// The limit that applies to a component's request.
#[derive(Debug, Clone, Default)]
pub(crate) struct RequestLimit {
    pub limit: Option<Arc<CallLimit>>,
    /// Whether a client sent it. The limit applies from the response to that request on.
    pub is_from_client: bool,
}

/// Notes, when it is dropped, that the response to a client's request has begun.
pub(crate) struct ResponseMark(Option<Arc<CallLimit>>);

impl ResponseMark {
    pub fn of(request: &RequestLimit) -> ResponseMark {
        ResponseMark(request.limit.clone().filter(|_| request.is_from_client))
    }
}

impl Drop for ResponseMark {
    fn drop(&mut self) {
        if let Some(limit) = &self.0 {
            limit.response_has_begun.store(true, Ordering::Relaxed);
        }
    }
}

/// The calls of the host that an instance makes: of stores, the network and other components. With a limit, an instance
/// serves one request.
#[derive(Clone, Default)]
pub(crate) struct HostCalls(Arc<Calls>);

#[derive(Default)]
struct Calls {
    limit: OnceLock<Arc<CallLimit>>,
    end: CancellationToken,
}

impl HostCalls {
    pub fn begin_request(&self, request: RequestLimit) {
        if let Some(limit) = request.limit {
            self.0.limit.get_or_init(|| limit);
        }
    }

    /// To be awaited before each call. If the call is one too many, it never returns, and the instance ends.
    pub async fn next(&self) {
        if self.0.limit.get().is_some_and(|limit| !limit.allows_call()) {
            self.0.end.cancel();
            pending().await
        }
    }

    /// What applies to the requests that the instance sends to other components.
    pub fn limit_of_chained(&self) -> RequestLimit {
        RequestLimit { limit: self.0.limit.get().cloned(), is_from_client: false }
    }

    /// Cancelled when the limit is exceeded.
    pub fn end(&self) -> &CancellationToken {
        &self.0.end
    }
}
