//! Holds what is asked and answered against the published contract: each exchange of each test.

use jsonschema::Validator;
use nokube_domain::pattern::parameters;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, OnceLock},
};
use url::Url;

/// What was sent.
pub struct Asked {
    pub method: String,
    pub url: Url,
    pub kind: String,
    pub body: Vec<u8>,
}

impl Asked {
    pub fn get(url: &Url) -> Self {
        Self { method: "GET".into(), url: url.clone(), kind: String::new(), body: Vec::new() }
    }

    pub fn of(request: &reqwest::Request) -> Self {
        let body = request.body().and_then(|body| body.as_bytes()).unwrap_or_default();
        Self {
            method: request.method().to_string(),
            url: request.url().clone(),
            kind: kind(request.headers()),
            body: body.to_vec(),
        }
    }
}

/// The media type, without its parameters.
fn kind(headers: &HeaderMap) -> String {
    let kind = headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().to_owned()
}

/// A contract, with what of it has been made ready to validate.
pub struct Contract {
    document: Value,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

type Checked = Result<(), String>;

impl Contract {
    /// The platform's own.
    pub fn published() -> &'static Self {
        static CONTRACT: OnceLock<Contract> = OnceLock::new();
        CONTRACT.get_or_init(|| Self::new(serde_json::from_str(&nokube_contract::text()).unwrap()))
    }

    pub fn new(document: Value) -> Self {
        Self { document, validators: Mutex::default() }
    }

    /// The listed path that an address fits; what is said outright beats a parameter.
    fn path(&self, asked: &str) -> Option<&str> {
        let listed = self.document["paths"].as_object().unwrap().keys();
        let fitting = listed.filter_map(|path| Some((path, parameters(path, asked)?.len())));
        fitting.min_by_key(|(_, count)| *count).map(|(path, _)| path.as_str())
    }

    /// # Errors
    /// What is not as the contract says, for people.
    pub fn check(&self, asked: &Asked, status: u16, headers: &HeaderMap, text: &str) -> Checked {
        let path = asked.url.path();
        let ours =
            path.starts_with("/api/v1/") || matches!(path, "/health" | "/ready" | "/metrics");
        // The description itself is a file of the page's.
        let ours = ours && path != "/api/v1/openapi.json";
        if !ours || asked.method == "OPTIONS" {
            return Ok(()); // The simulated GitHub's; and what browsers ask about other pages.
        }
        let told = self.told(asked, status, headers, text);
        told.map_err(|what| {
            format!(
                "not as docs/api/openapi.json says: {} {path} was answered with {status}: {what}\n\
                 asked: {}\nanswered: {text}",
                asked.method,
                String::from_utf8_lossy(&asked.body),
            )
        })
    }

    fn told(&self, asked: &Asked, status: u16, headers: &HeaderMap, text: &str) -> Checked {
        let method = asked.method.to_lowercase().replace("head", "get");
        let place = match self.path(asked.url.path()) {
            Some(path) => format!("/paths/{}/{method}", escaped(path)),
            None => return self.nothing(404, status, text),
        };
        let Some(operation) = self.document.pointer(&place) else {
            return self.nothing(405, status, text);
        };
        if status < 400 {
            self.request(&place, operation, asked)?;
        }
        let response = format!("{place}/responses/{status}");
        let response = self.followed(response).ok_or("the status is not listed")?;
        self.headers(&response, headers)?;
        self.body(&response, asked, &kind(headers), text)
    }

    /// Where nothing is, a problem says so.
    fn nothing(&self, expected: u16, status: u16, text: &str) -> Checked {
        if status != expected {
            return Err(format!("the route is not listed, so {expected} is expected"));
        }
        if text.is_empty() {
            return Ok(()); // Another path than the components': the host's own 404.
        }
        self.valid("/components/schemas/Problem", &parsed(text)?)
    }

    /// What was accepted is what the contract lets one ask.
    fn request(&self, place: &str, operation: &Value, asked: &Asked) -> Checked {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let query: BTreeMap<&str, usize> = parameters
            .enumerate()
            .filter(|(_, parameter)| parameter["in"] == "query")
            .map(|(index, parameter)| (parameter["name"].as_str().unwrap(), index))
            .collect();
        for (name, value) in asked.url.query_pairs() {
            let index = query.get(&*name).ok_or(format!("the parameter {name} is not listed"))?;
            let schema = format!("{place}/parameters/{index}/schema");
            // In a query everything is a text; of numbers and the like, one that says them.
            let said = serde_json::from_str(&value).unwrap_or(json!(value));
            let fits = self.valid(&schema, &said).or_else(|_| self.valid(&schema, &json!(value)));
            fits.map_err(|what| format!("the parameter {name}: {what}"))?;
        }
        let Some(body) = operation.get("requestBody") else { return Ok(()) };
        if asked.body.is_empty() && body["required"] != true {
            return Ok(());
        }
        let schema = format!("{place}/requestBody/content/{}/schema", escaped(&asked.kind));
        let body = match asked.kind.as_str() {
            "application/json" => parsed(&String::from_utf8_lossy(&asked.body))?,
            _ => url::form_urlencoded::parse(&asked.body).collect(),
        };
        self.valid(&schema, &body).map_err(|what| format!("the accepted request: {what}"))
    }

    fn headers(&self, response: &str, headers: &HeaderMap) -> Checked {
        let listed = self.document.pointer(&format!("{response}/headers"));
        let is_listed = |name: &str| listed.is_some_and(|all| all.get(name).is_some());
        for name in ["X-Request-Id", "Location", "WWW-Authenticate", "Retry-After", "Set-Cookie"] {
            match (headers.contains_key(name), is_listed(name)) {
                (true, false) => return Err(format!("the header {name} is not listed")),
                (false, true) if !may_be_left_out(name, response) => {
                    return Err(format!("the header {name} is missing"));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn body(&self, response: &str, asked: &Asked, kind: &str, text: &str) -> Checked {
        let content = format!("{response}/content");
        let Some(listed) = self.document.pointer(&content) else {
            return if text.is_empty() { Ok(()) } else { Err("no body is listed".into()) };
        };
        let content = format!("{content}/{}", escaped(kind));
        listed.get(kind).ok_or(format!("the type '{kind}' is not listed"))?;
        match kind {
            _ if asked.method == "HEAD" => Ok(()),
            "text/plain" => Ok(()),
            "text/event-stream" => self.events(&content, text),
            _ => self.valid(&format!("{content}/schema"), &parsed(text)?),
        }
    }

    /// The events of a stream that came to their ends.
    fn events(&self, content: &str, text: &str) -> Checked {
        let field = |event: &str, name: &str| {
            let line = event.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
            line.map(str::to_owned)
        };
        let whole = text.rsplit_once("\n\n").map_or("", |(whole, _)| whole);
        for event in whole.split("\n\n") {
            let (Some(name), Some(data)) = (field(event, "event"), field(event, "data")) else {
                continue;
            };
            let schema = format!("{content}/x-events/{name}");
            self.document.pointer(&schema).ok_or(format!("the event {name} is not listed"))?;
            self.valid(&schema, &parsed(&data)?).map_err(|what| format!("event {name}: {what}"))?;
        }
        Ok(())
    }

    /// A place, or what it refers to.
    fn followed(&self, place: String) -> Option<String> {
        let there = self.document.pointer(&place)?;
        match there.get("$ref").and_then(Value::as_str) {
            Some(reference) => Some(reference.trim_start_matches('#').to_owned()),
            None => Some(place),
        }
    }

    fn valid(&self, schema: &str, value: &Value) -> Checked {
        let validator = {
            let mut ready = self.validators.lock().unwrap();
            let make = || {
                let mut whole = self.document.clone();
                whole["$ref"] =
                    json!(format!("#{}", schema.replace('{', "%7B").replace('}', "%7D")));
                let options = jsonschema::options().should_validate_formats(true);
                Arc::new(options.build(&whole).unwrap_or_else(|bad| panic!("{schema}: {bad}")))
            };
            ready.entry(schema.to_owned()).or_insert_with(make).clone()
        };
        let faults = validator.iter_errors(value);
        let faults: Vec<_> =
            faults.map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
        if faults.is_empty() { Ok(()) } else { Err(faults.join("; ")) }
    }
}

fn parsed(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| format!("it is not JSON: {error}"))
}

/// When to try again is not always known; and of those who are refused, some have cookies to lose.
fn may_be_left_out(header: &str, response: &str) -> bool {
    header == "Retry-After" || (header == "Set-Cookie" && response.ends_with("/401"))
}

/// As a JSON pointer has it.
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
