//! Fault injection: which requests fail, and how.

use std::collections::BTreeMap;

use serde_json::Value;

/// A failure that is injected into matching requests. The first fault that matches a request is
/// used, and counts down its `times`.
#[derive(Debug, Clone)]
pub struct Fault {
    method: String,
    /// A substring of the path with its query.
    path_contains: String,
    /// The status to respond with. Without it the real response is sent.
    pub(super) status: Option<u16>,
    /// Headers of the response with `status`.
    pub(super) headers: BTreeMap<String, String>,
    /// Body of the response with `status`: JSON, or a string that is sent verbatim.
    pub(super) body: Value,
    /// Delays the response, in milliseconds.
    pub(super) delay_ms: u64,
    /// Closes the connection without a response.
    pub(super) drop_connection: bool,
    /// Sends the first half of the response's body and then closes the connection.
    pub(super) truncate_body: bool,
    /// Handles the request first, without delay. Only its response is then delayed, lost or replaced.
    pub(super) after_handling: bool,
    /// How many requests fail.
    times: u32,
}

impl Fault {
    /// The next matching request gets this status.
    pub fn status(method: &str, path_contains: &str, status: u16) -> Self {
        Self { status: Some(status), ..Self::matching(method, path_contains) }
    }

    /// The connection of the next matching request is closed without a response.
    pub fn drop_connection(method: &str, path_contains: &str) -> Self {
        Self { drop_connection: true, ..Self::matching(method, path_contains) }
    }

    /// The next matching request is handled, but its response breaks off in the middle of the body.
    pub fn truncate_body(method: &str, path_contains: &str) -> Self {
        Self { truncate_body: true, ..Self::matching(method, path_contains) }
    }

    /// A fault without an effect, to which the caller adds one, such as a delay.
    pub fn matching(method: &str, path_contains: &str) -> Self {
        Self {
            method: method.to_owned(),
            path_contains: path_contains.to_owned(),
            status: None,
            headers: BTreeMap::new(),
            body: Value::Null,
            delay_ms: 0,
            drop_connection: false,
            truncate_body: false,
            after_handling: false,
            times: 1,
        }
    }

    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    /// Handles the request first: only its response is lost, delayed or replaced.
    pub fn after_handling(mut self) -> Self {
        self.after_handling = true;
        self
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_owned(), value.to_owned());
        self
    }

    pub fn body(mut self, body: Value) -> Self {
        self.body = body;
        self
    }

    pub fn delay_ms(mut self, delay: u64) -> Self {
        self.delay_ms = delay;
        self
    }

    fn matches(&self, method: &str, path: &str) -> bool {
        self.times > 0 && self.method == method && path.contains(&self.path_contains)
    }
}

/// Returns the first fault that matches the request and counts it down. It is removed after its last use.
pub(crate) fn take_matching(faults: &mut Vec<Fault>, method: &str, path: &str) -> Option<Fault> {
    let found = faults.iter_mut().find(|fault| fault.matches(method, path))?;
    found.times -= 1;
    let fault = found.clone();
    faults.retain(|fault| fault.times > 0);
    Some(fault)
}
