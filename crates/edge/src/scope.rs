//! The request that is being served: by which names it is known, and what it has cost so far.
//!
//! An instance serves several requests at once on one thread. So a scope is the current one only while
//! its own future is polled ([`Scope::run`]), and what is spawned takes it along: what is counted, and
//! the headers that go out, are always those of the request whose code runs.
//!
//! Its line is written when the last of it has ended: a stream's is the last thing of the stream.

use crate::Request;
use http::{HeaderMap, HeaderName, HeaderValue};
use nokube_domain::{
    access::Caller,
    log,
    trace::{self, TraceParent},
};
use std::{
    cell::{Cell, OnceCell, RefCell},
    fmt::Display,
    future::poll_fn,
    io::Write,
    pin::pin,
    rc::Rc,
    time::Instant,
};

thread_local! {
    static CURRENT: RefCell<Option<Rc<Scope>>> = const { RefCell::new(None) };
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACE: HeaderName = HeaderName::from_static("traceparent");

/// What costs a round trip.
#[derive(Clone, Copy, Debug)]
pub enum Cost {
    /// A key that is read.
    Read,
    /// A key that is written, deleted or incremented.
    Write,
    /// A request to another system.
    Outbound,
    /// A request to another component.
    Chained,
}

#[derive(Debug)]
pub struct Scope {
    component: &'static str,
    pub request_id: String,
    trace: Option<TraceParent>,
    started: Instant,
    /// The pattern, never the path: nobody's data, and few.
    route: OnceCell<String>,
    user: OnceCell<String>,
    status: Cell<Option<u16>>,
    costs: [Cell<u32>; 4],
}

impl Scope {
    pub fn new(component: &'static str, request: &Request) -> Rc<Self> {
        let given = only(request.headers(), &REQUEST_ID).and_then(trace::request_id);
        let made = || format!("{:016x}", getrandom::u64().unwrap_or_default());
        Rc::new(Self {
            component,
            request_id: given.map_or_else(made, str::to_owned),
            trace: only(request.headers(), &TRACE).and_then(TraceParent::parse),
            started: Instant::now(),
            route: OnceCell::new(),
            user: OnceCell::new(),
            status: Cell::default(),
            costs: Default::default(),
        })
    }

    /// Runs `future` as a part of this request.
    pub async fn run<F: Future>(self: Rc<Self>, future: F) -> F::Output {
        let mut future = pin!(future);
        poll_fn(|context| {
            let _entered = Entered::new(self.clone());
            future.as_mut().poll(context)
        })
        .await
    }

    pub fn at(&self, method: &str, pattern: &str) {
        let _ = self.route.set(format!("{method} {pattern}"));
    }

    /// Logins of two issuers can be the same text.
    pub fn known_as(&self, caller: &Caller) {
        let _ = self.user.set(format!("{}@{}", caller.login, caller.person.issuer));
    }

    pub fn answered(&self, status: u16) {
        self.status.set(Some(status));
    }

    fn line(&self) -> String {
        let [reads, writes, outbound, chained] =
            self.costs.each_ref().map(|cost| cost.get().to_string());
        log::line(
            "request",
            &[
                ("component", self.component),
                ("route", self.route.get().map_or("-", String::as_str)),
                ("status", &self.status.get().map_or("-".into(), |status| status.to_string())),
                ("ms", &self.started.elapsed().as_millis().to_string()),
                ("request_id", &self.request_id),
                ("trace_id", self.trace.as_ref().map_or("-", TraceParent::trace)),
                ("user", self.user.get().map_or("-", String::as_str)),
                ("kv_reads", &reads),
                ("kv_writes", &writes),
                ("outbound", &outbound),
                ("chained", &chained),
            ],
        )
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        print(std::io::stdout(), self.line());
    }
}

/// One write, so that lines of several instances do not mix; and `println!` would panic where nobody
/// listens.
fn print(mut to: impl Write, line: String) {
    let _ = to.write_all((line + "\n").as_bytes());
}

/// Tells the operator of what somebody else did not do. It may hold what they said, and no secret.
pub fn warn(what: impl Display) {
    tell("warning", &what.to_string());
}

/// Tells the operator of what went wrong, on standard error, with the request that it went wrong for.
pub fn tell(kind: &str, what: &str) {
    let scope = current();
    let component = scope.as_ref().map_or("-", |scope| scope.component);
    let request_id = scope.as_ref().map_or("-", |scope| &scope.request_id);
    let values = [("component", component), ("request_id", request_id), ("what", what)];
    print(std::io::stderr(), log::line(kind, &values));
}

/// Makes a scope the current one, and what was current before again when it is dropped.
struct Entered(Option<Rc<Scope>>);

impl Entered {
    fn new(scope: Rc<Scope>) -> Self {
        Self(CURRENT.replace(Some(scope)))
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

pub fn current() -> Option<Rc<Scope>> {
    CURRENT.with_borrow(Clone::clone)
}

/// Notes a round trip of the current request.
pub fn count(cost: Cost) {
    CURRENT.with_borrow(|scope| {
        let cell = scope.as_ref().and_then(|scope| scope.costs.get(cost as usize));
        if let Some(cell) = cell {
            cell.set(cell.get().saturating_add(1));
        }
    });
}

/// Adds to a request of ours by what the request that it is sent for is known.
pub fn pass_on(headers: &mut HeaderMap) {
    let Some(scope) = current() else { return };
    let trace = scope.trace.as_ref().map(TraceParent::as_str);
    for (name, value) in [(REQUEST_ID, Some(scope.request_id.as_str())), (TRACE, trace)] {
        if let Some(value) = value.and_then(|value| HeaderValue::from_str(value).ok()) {
            headers.insert(name, value);
        }
    }
}

/// The value of a header that is there once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(first)
}
