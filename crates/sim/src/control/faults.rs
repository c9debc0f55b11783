//! The scripted queue of faults.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What goes wrong with the requests that it fits: the first fault that fits a request is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fault {
    pub method: Option<String>,
    pub path_contains: Option<String>,
    /// Answer this instead; without it the real answer is only late.
    pub status: Option<u16>,
    pub headers: BTreeMap<String, String>,
    /// JSON, or a string that is sent as it is.
    pub body: Value,
    pub delay_ms: u64,
    /// Close the connection without any answer.
    pub drop_connection: bool,
    /// Send the real answer, or this one, to the middle of its body, and close the connection there.
    pub tear: bool,
    /// Carry the request out all the same, and at once: only its answer is lost, late or replaced.
    pub after: bool,
    /// For how many requests.
    pub times: u32,
}

impl Default for Fault {
    fn default() -> Self {
        Self {
            method: None,
            path_contains: None,
            status: None,
            headers: BTreeMap::new(),
            body: Value::Null,
            delay_ms: 0,
            drop_connection: false,
            tear: false,
            after: false,
            times: 1,
        }
    }
}

impl Fault {
    /// The next matching request is answered with this status.
    #[must_use]
    pub fn status(method: &str, path_contains: &str, status: u16) -> Self {
        Self { status: Some(status), ..Self::on(method, path_contains) }
    }

    /// The connection of the next matching request is cut.
    #[must_use]
    pub fn cut(method: &str, path_contains: &str) -> Self {
        Self { drop_connection: true, ..Self::on(method, path_contains) }
    }

    /// The next matching request is carried out, and its answer ends in the middle of its body.
    #[must_use]
    pub fn torn(method: &str, path_contains: &str) -> Self {
        Self { tear: true, ..Self::on(method, path_contains) }
    }

    /// Nothing yet, for these requests.
    #[must_use]
    pub fn on(method: &str, path_contains: &str) -> Self {
        Self {
            method: Some(method.to_owned()),
            path_contains: Some(path_contains.to_owned()),
            ..Self::default()
        }
    }

    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    /// Only the answer is lost, late or replaced.
    #[must_use]
    pub fn after(mut self) -> Self {
        self.after = true;
        self
    }

    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_owned(), value.to_owned());
        self
    }

    #[must_use]
    pub fn body(mut self, body: Value) -> Self {
        self.body = body;
        self
    }

    #[must_use]
    pub fn delay_ms(mut self, delay: u64) -> Self {
        self.delay_ms = delay;
        self
    }

    fn fits(&self, method: &str, path: &str) -> bool {
        self.times > 0
            && self.method.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
            && self.path_contains.as_ref().is_none_or(|part| path.contains(part))
    }
}

/// Takes the fault for a request out of the queue, or one of its times.
pub(crate) fn take(faults: &mut Vec<Fault>, method: &str, path: &str) -> Option<Fault> {
    let found = faults.iter_mut().find(|fault| fault.fits(method, path))?;
    found.times -= 1;
    let fault = found.clone();
    faults.retain(|fault| fault.times > 0);
    Some(fault)
}
