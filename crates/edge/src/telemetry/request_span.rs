//! The span of the request being served: its ids, its route, its caller, and the round trips it made.
//!
//! An instance serves several requests concurrently on one thread. So a span is the current one only
//! while its own future is polled ([`RequestSpan::run`]), and spawned tasks keep it: round trips are
//! counted, and headers propagated, for the request whose code is running (docs/adr/0018).
//!
//! The span writes its log line when it is dropped: for a stream, after the stream has ended.

use super::{
    logfmt::write_line,
    trace_context::{TraceParent, parse_request_id},
};
use crate::host::LogLevel;
use http::{HeaderMap, HeaderName, HeaderValue};
use nokube_domain::access::Caller;
use std::{
    cell::{Cell, OnceCell, RefCell},
    future::poll_fn,
    pin::pin,
    rc::Rc,
    time::Instant,
};

thread_local! {
    static CURRENT: RefCell<Option<Rc<RequestSpan>>> = const { RefCell::new(None) };
    static LAST_ID: Cell<Option<u64>> = const { Cell::new(None) };
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// A kind of round trip.
#[derive(Clone, Copy, Debug)]
pub enum RoundTrip {
    /// A key is read.
    Read,
    /// A key is written, deleted or incremented.
    Write,
    /// A request to another system.
    Outbound,
    /// A request to another component.
    Chained,
}

#[derive(Debug)]
pub struct RequestSpan {
    pub component: &'static str,
    /// Identifies the request in the log and in responses.
    pub request_id: String,
    trace: Option<TraceParent>,
    started: Instant,
    /// The route's pattern, not the path: it holds no user data, and there are few of them.
    route: OnceCell<String>,
    user: OnceCell<String>,
    status: Cell<Option<u16>>,
    /// Indexed by [`RoundTrip`].
    round_trips: [Cell<u32>; 4],
}

impl RequestSpan {
    /// Takes the request id and trace from the request's headers, or makes a new id.
    pub fn new(component: &'static str, headers: &HeaderMap) -> Rc<Self> {
        let received_id = single_value(headers, &REQUEST_ID).and_then(parse_request_id);
        Rc::new(Self {
            component,
            request_id: received_id.map_or_else(new_request_id, str::to_owned),
            trace: single_value(headers, &TRACEPARENT).and_then(TraceParent::parse),
            started: Instant::now(),
            route: OnceCell::new(),
            user: OnceCell::new(),
            status: Cell::default(),
            round_trips: Default::default(),
        })
    }

    /// Runs `future` within this span.
    pub async fn run<F: Future>(self: Rc<Self>, future: F) -> F::Output {
        let mut future = pin!(future);
        poll_fn(|context| {
            let _entered = Entered::new(self.clone());
            future.as_mut().poll(context)
        })
        .await
    }

    pub fn set_route(&self, method: &str, pattern: &str) {
        let _ = self.route.set(format!("{method} {pattern}"));
    }

    /// Records the caller, with their issuer: two issuers may use the same login.
    pub fn set_user(&self, caller: &Caller) {
        let _ = self.user.set(format!("{}@{}", caller.login, caller.person.issuer));
    }

    pub fn set_status(&self, status: u16) {
        self.status.set(Some(status));
    }
}

impl Drop for RequestSpan {
    fn drop(&mut self) {
        let [reads, writes, outbound, chained] =
            self.round_trips.each_ref().map(|count| count.get().to_string());
        let values: [(&str, &str); 11] = [
            ("component", self.component),
            ("route", self.route.get().map_or("-", String::as_str)),
            ("status", &self.status.get().map_or("-".into(), |status| status.to_string())),
            ("ms", &self.started.elapsed().as_millis().to_string()),
            ("request_id", &self.request_id),
            ("trace_id", self.trace.as_ref().map_or("-", TraceParent::trace_id)),
            ("user", self.user.get().map_or("-", String::as_str)),
            ("kv_reads", &reads),
            ("kv_writes", &writes),
            ("outbound", &outbound),
            ("chained", &chained),
        ];
        write_line(LogLevel::Request, "request", &values);
    }
}

/// An id that no other request has: the instance's first is random, and the others follow from it (SplitMix64), because
/// random numbers come from the host. They need not be hard to guess.
fn new_request_id() -> String {
    let last = LAST_ID.get().unwrap_or_else(|| getrandom::u64().unwrap_or_default());
    let next = last.wrapping_add(0x9e37_79b9_7f4a_7c15);
    LAST_ID.set(Some(next));
    let mixed = (next ^ (next >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    format!("{:016x}", mixed ^ (mixed >> 31))
}

/// Makes a span the current one until dropped, then restores the previous one.
struct Entered(Option<Rc<RequestSpan>>);

impl Entered {
    fn new(span: Rc<RequestSpan>) -> Self {
        Self(CURRENT.replace(Some(span)))
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

pub fn current_span() -> Option<Rc<RequestSpan>> {
    CURRENT.with_borrow(Clone::clone)
}

/// Counts a round trip of the current request.
pub fn record_round_trip(kind: RoundTrip) {
    CURRENT.with_borrow(|span| {
        let count = span.as_ref().and_then(|span| span.round_trips.get(kind as usize));
        if let Some(count) = count {
            count.set(count.get().saturating_add(1));
        }
    });
}

/// Adds the current request's id and trace to the headers of an outgoing request.
pub fn propagate_headers(headers: &mut HeaderMap) {
    let Some(span) = current_span() else { return };
    let trace = span.trace.as_ref().map(TraceParent::as_str);
    for (name, value) in [(REQUEST_ID, Some(span.request_id.as_str())), (TRACEPARENT, trace)] {
        if let Some(value) = value.and_then(|value| HeaderValue::from_str(value).ok()) {
            headers.insert(name, value);
        }
    }
}

/// The value of a header that is present exactly once.
fn single_value<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(first)
}
