//! The other systems: scripted responses, and what was sent to them.

use http::{Method, Request, Response};
use nokube_edge::{BoxBody, body::full_body, outbound::OutboundError};
use serde_json::Value;
use std::cell::RefCell;

#[derive(Default)]
pub struct Outbound {
    scripts: RefCell<Vec<Script>>,
    sent: RefCell<Vec<Request<Vec<u8>>>>,
}

struct Script {
    method: Method,
    url: String,
    status: u16,
    headers: Vec<(String, String)>,
    body: Value,
}

impl Outbound {
    pub fn respond(
        &self,
        method: &str,
        url: &str,
        status: u16,
        headers: &[(&str, &str)],
        body: &Value,
    ) {
        let (method, url) = (method.parse().unwrap(), url.to_owned());
        let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        let (headers, body) = (headers.collect(), body.clone());
        self.scripts.borrow_mut().insert(0, Script { method, url, status, headers, body });
    }

    pub fn sent(&self, method: &str, url: &str) -> Vec<String> {
        let sent = self.sent.borrow();
        let matching = sent.iter().filter(|request| {
            request.method() == method && request.uri().to_string().starts_with(url)
        });
        matching.map(|request| String::from_utf8_lossy(request.body()).into_owned()).collect()
    }

    pub fn urls(&self) -> Vec<String> {
        self.sent.borrow().iter().map(|request| request.uri().to_string()).collect()
    }

    /// A request without a script gets no connection.
    pub fn send(&self, request: Request<Vec<u8>>) -> Result<Response<BoxBody>, OutboundError> {
        let url = request.uri().to_string();
        let scripts = self.scripts.borrow();
        let script = scripts
            .iter()
            .find(|script| script.method == request.method() && url.starts_with(&script.url));
        self.sent.borrow_mut().push(request);
        let script = script.ok_or_else(|| OutboundError("ConnectionRefused".into()))?;
        let mut response =
            Response::builder().status(script.status).header("content-type", "application/json");
        for (name, value) in &script.headers {
            response = response.header(name, value);
        }
        Ok(response.body(full_body(script.body.to_string())).unwrap())
    }
}
