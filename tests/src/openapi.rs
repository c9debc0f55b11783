//! Checks exchanges with the platform against the published OpenAPI document. Every test does this with
//! every exchange.

use jsonschema::Validator;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, OnceLock},
};
use url::Url;

/// Headers of responses that the document must list.
const LISTED_HEADERS: [&str; 6] =
    ["X-Request-Id", "Location", "ETag", "WWW-Authenticate", "Retry-After", "Set-Cookie"];

type CheckResult = Result<(), String>;

/// A request, as it was sent.
pub struct SentRequest {
    pub method: String,
    pub url: Url,
    pub media_type: String,
    pub body: Vec<u8>,
}

impl SentRequest {
    /// A GET request without a body.
    pub fn get(url: &Url) -> Self {
        let (method, media_type) = ("GET".into(), String::new());
        Self { method, url: url.clone(), media_type, body: Vec::new() }
    }
}

impl From<&reqwest::Request> for SentRequest {
    fn from(request: &reqwest::Request) -> Self {
        let body = request.body().and_then(|body| body.as_bytes()).unwrap_or_default();
        Self {
            method: request.method().to_string(),
            url: request.url().clone(),
            media_type: media_type(request.headers()),
            body: body.to_vec(),
        }
    }
}

/// The media type of a body, without its parameters.
fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get("content-type").and_then(|value| value.to_str().ok());
    value.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_owned()
}

/// The platform's published OpenAPI document. `dev/openapi` checks that it is up to date.
pub fn published_document() -> Value {
    serde_json::from_str(include_str!("../../docs/api/openapi.json")).unwrap()
}

/// An OpenAPI document.
pub struct ApiDocument {
    document: Value,
    /// By the JSON pointer of their schemas; compiled when they are first needed.
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

impl ApiDocument {
    /// [`published_document`].
    pub fn published() -> &'static Self {
        static DOCUMENT: OnceLock<ApiDocument> = OnceLock::new();
        DOCUMENT.get_or_init(|| Self::new(published_document()))
    }

    pub fn new(document: Value) -> Self {
        Self { document, validators: Mutex::default() }
    }

    /// Checks a request and its response. Exchanges with other servers (the simulated GitHub) and CORS
    /// preflight requests are not checked.
    ///
    /// # Errors
    /// What differs from the document.
    pub fn check_exchange(
        &self,
        request: &SentRequest,
        status: u16,
        headers: &HeaderMap,
        text: &str,
    ) -> CheckResult {
        let path = request.url.path();
        let is_api = path.starts_with("/api/v1/")
            || matches!(path, "/health" | "/live" | "/ready" | "/metrics");
        // The document itself is a static file.
        if !is_api || path == "/api/v1/openapi.json" || request.method == "OPTIONS" {
            return Ok(());
        }
        self.check_api_exchange(request, status, headers, text).map_err(|error| {
            format!(
                "not as docs/api/openapi.json describes it: {} {path} returned {status}: {error}\n\
                 request: {}\nresponse: {text}",
                request.method,
                String::from_utf8_lossy(&request.body),
            )
        })
    }

    fn check_api_exchange(
        &self,
        request: &SentRequest,
        status: u16,
        headers: &HeaderMap,
        text: &str,
    ) -> CheckResult {
        let method = request.method.to_lowercase().replace("head", "get");
        let pointer = match self.find_path(request.url.path()) {
            Some(path) => format!("/paths/{}/{method}", escape_pointer(path)),
            None => return self.check_unknown_route(404, status, text),
        };
        let Some(operation) = self.document.pointer(&pointer) else {
            return self.check_unknown_route(405, status, text);
        };
        if status < 400 {
            self.check_request(&pointer, operation, request)?;
        }
        let response = format!("{pointer}/responses/{status}");
        let response = self.resolve(response).ok_or("the status is not listed")?;
        self.check_headers(&response, headers)?;
        self.check_body(&response, request, &media_type(headers), text)
    }

    /// The path in the document that matches a URL's path; the one with the fewest parameters.
    fn find_path(&self, path: &str) -> Option<&str> {
        let patterns = self.document["paths"].as_object().unwrap().keys();
        let matching =
            patterns.filter_map(|pattern| Some((pattern, match_parameters(pattern, path)?)));
        matching.min_by_key(|(_, count)| *count).map(|(pattern, _)| pattern.as_str())
    }

    fn check_unknown_route(&self, expected: u16, status: u16, text: &str) -> CheckResult {
        if status != expected {
            return Err(format!("the route is not listed, so {expected} is expected"));
        }
        if text.is_empty() {
            return Ok(()); // The path belongs to no component, so the host itself responds.
        }
        self.validate("/components/schemas/Problem", &parse_json(text)?)
    }

    /// Checks that an accepted request is one that the document allows.
    fn check_request(
        &self,
        pointer: &str,
        operation: &Value,
        request: &SentRequest,
    ) -> CheckResult {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let indexes: BTreeMap<&str, usize> = parameters
            .enumerate()
            .filter(|(_, parameter)| parameter["in"] == "query")
            .map(|(index, parameter)| (parameter["name"].as_str().unwrap(), index))
            .collect();
        for (name, value) in request.url.query_pairs() {
            let index = indexes.get(&*name).ok_or(format!("the parameter {name} is not listed"))?;
            let schema = format!("{pointer}/parameters/{index}/schema");
            // The schema may require a number or boolean, or a string that looks like one.
            let parsed = serde_json::from_str(&value).unwrap_or(json!(value));
            self.validate(&schema, &parsed)
                .or_else(|_| self.validate(&schema, &json!(value)))
                .map_err(|error| format!("the parameter {name}: {error}"))?;
        }
        let Some(body) = operation.get("requestBody") else { return Ok(()) };
        if request.body.is_empty() && body["required"] != true {
            return Ok(());
        }
        let media_type = escape_pointer(&request.media_type);
        let schema = format!("{pointer}/requestBody/content/{media_type}/schema");
        let body = match request.media_type.as_str() {
            "application/json" => parse_json(&String::from_utf8_lossy(&request.body))?,
            _ => url::form_urlencoded::parse(&request.body).collect(),
        };
        self.validate(&schema, &body).map_err(|error| format!("the accepted request: {error}"))
    }

    fn check_headers(&self, response: &str, headers: &HeaderMap) -> CheckResult {
        let listed = self.document.pointer(&format!("{response}/headers"));
        for name in LISTED_HEADERS {
            let is_listed = listed.is_some_and(|listed| listed.get(name).is_some());
            match (headers.contains_key(name), is_listed) {
                (true, false) => return Err(format!("the header {name} is not listed")),
                (false, true) if !is_optional_header(name, response) => {
                    return Err(format!("the header {name} is missing"));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn check_body(
        &self,
        response: &str,
        request: &SentRequest,
        media_type: &str,
        text: &str,
    ) -> CheckResult {
        let content = format!("{response}/content");
        let Some(listed) = self.document.pointer(&content) else {
            return if text.is_empty() { Ok(()) } else { Err("no body is listed".into()) };
        };
        listed.get(media_type).ok_or(format!("the type '{media_type}' is not listed"))?;
        let content = format!("{content}/{}", escape_pointer(media_type));
        match media_type {
            _ if request.method == "HEAD" => Ok(()),
            "text/plain" => Ok(()),
            "text/event-stream" => self.check_events(&content, text),
            _ => self.validate(&format!("{content}/schema"), &parse_json(text)?),
        }
    }

    /// Checks the complete events of a stream.
    fn check_events(&self, content: &str, text: &str) -> CheckResult {
        let field = |event: &str, name: &str| {
            let line = event.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
            line.map(str::to_owned)
        };
        let complete = text.rsplit_once("\n\n").map_or("", |(complete, _)| complete);
        for event in complete.split("\n\n") {
            let (Some(name), Some(data)) = (field(event, "event"), field(event, "data")) else {
                continue;
            };
            let schema = format!("{content}/x-events/{name}");
            self.document.pointer(&schema).ok_or(format!("the event {name} is not listed"))?;
            self.validate(&schema, &parse_json(&data)?)
                .map_err(|error| format!("event {name}: {error}"))?;
        }
        Ok(())
    }

    /// A JSON pointer, or the target of the reference at it.
    fn resolve(&self, pointer: String) -> Option<String> {
        match self.document.pointer(&pointer)?.get("$ref").and_then(Value::as_str) {
            Some(reference) => Some(reference.trim_start_matches('#').to_owned()),
            None => Some(pointer),
        }
    }

    /// Validates a value against the schema at a JSON pointer.
    fn validate(&self, schema: &str, value: &Value) -> CheckResult {
        let validator = {
            let mut validators = self.validators.lock().unwrap();
            let compile = || {
                let mut root = self.document.clone();
                root["$ref"] =
                    json!(format!("#{}", schema.replace('{', "%7B").replace('}', "%7D")));
                let options = jsonschema::options().should_validate_formats(true);
                Arc::new(options.build(&root).unwrap_or_else(|error| panic!("{schema}: {error}")))
            };
            validators.entry(schema.to_owned()).or_insert_with(compile).clone()
        };
        let errors: Vec<_> = validator
            .iter_errors(value)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        if errors.is_empty() { Ok(()) } else { Err(errors.join("; ")) }
    }
}

/// The number of parameters of a pattern (`/segments/{parameter}`), if the path matches it.
fn match_parameters(pattern: &str, path: &str) -> Option<usize> {
    let mut count = 0;
    let mut segments = path.split('/');
    for expected in pattern.split('/') {
        let segment = segments.next()?;
        match expected.starts_with('{') {
            true if !segment.is_empty() => count += 1,
            false if expected == segment => {}
            _ => return None,
        }
    }
    segments.next().is_none().then_some(count)
}

fn parse_json(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| format!("it is not JSON: {error}"))
}

/// The time of a retry is not always known, and a 401 deletes cookies only if the request had some.
fn is_optional_header(header: &str, response: &str) -> bool {
    header == "Retry-After" || (header == "Set-Cookie" && response.ends_with("/401"))
}

/// Escapes a segment of a JSON pointer (RFC 6901).
fn escape_pointer(segment: &str) -> String {
    segment.replace('~', "~0").replace('/', "~1")
}
