//! The routes of the API server: authenticate, authorize, and hand over to the model.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::hub::ClusterHub;
use super::json::put;
use super::model::Model;
use super::resources::{self, Resource};
use super::select::Selector;
use super::status::{Cause, Refusal, reply};
use super::write::{FieldValidation, Intent, Outcome};
use super::{discovery, logs};

type Query = BTreeMap<String, String>;

/// Everything that is served on the cluster's port.
pub fn router(hub: &Arc<ClusterHub>) -> Router {
    Router::new().fallback(serve).with_state(hub.clone())
}

async fn serve(State(hub): State<Arc<ClusterHub>>, request: Request) -> Response {
    let delay = hub.model().delay;
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    let auth = |headers: &HeaderMap, _: &str| match headers.contains_key(header::AUTHORIZATION) {
        true => "bearer",
        false => "none",
    };
    let answer = async |request: axum::http::Request<Bytes>| {
        answer(&hub, &request).unwrap_or_else(IntoResponse::into_response)
    };
    hub.traffic.carry(hub.now(), auth, request, answer).await
}

/// What a path asks for.
struct Target<'a> {
    resource: &'static Resource,
    namespace: &'a str,
    name: &'a str,
    subresource: &'a str,
}

fn answer(
    hub: &Arc<ClusterHub>,
    request: &axum::http::Request<Bytes>,
) -> Result<Response, Refusal> {
    let path = request.uri().path();
    if let Some(health) = discovery::health(path) {
        return Ok(health);
    }
    let mut model = hub.model();
    authenticate(&model, request.headers())?;
    if path == "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
        && request.method() == Method::POST
    {
        return Ok(reply(201, &model.review(&body(request)?)));
    }
    if path == "/apis/authentication.k8s.io/v1/selfsubjectreviews"
        && request.method() == Method::POST
    {
        return Ok(reply(201, &model.who(&body(request)?)));
    }
    if let Some(found) = discovery::find(path, model.gateway_api) {
        return Ok(reply(200, &found));
    }
    let target = find(path, model.gateway_api).ok_or_else(Refusal::no_such_path)?;
    let query = query(request.uri().query().unwrap_or_default());
    if target.subresource == "log" {
        model.may("get", target.resource, "log", target.namespace, target.name)?;
        let log = model.log(target.namespace, target.name, &query)?;
        drop(model);
        return Ok(logs::stream(hub.clone(), log));
    }
    let asked = Asked { target, query, request, now: hub.now() };
    asked.carry_out(&mut model)
}

struct Asked<'a> {
    target: Target<'a>,
    query: Query,
    request: &'a axum::http::Request<Bytes>,
    now: jiff::Timestamp,
}

impl Asked<'_> {
    fn carry_out(&self, model: &mut Model) -> Result<Response, Refusal> {
        let Target { resource, namespace, name, subresource } = self.target;
        let verb = match (self.request.method().as_str(), name) {
            ("GET", "") => "list",
            ("GET", _) => "get",
            ("POST", "") => "create",
            ("PUT", name) if !name.is_empty() => "update",
            ("PATCH", name) if !name.is_empty() => "patch",
            ("DELETE", "") => "deletecollection",
            ("DELETE", _) => "delete",
            _ => return Err(Refusal::method(resource)),
        };
        // A namespace is in itself, as far as rights are concerned.
        let scope = if resource.namespaced { namespace } else { name };
        model.may(verb, resource, subresource, scope, name)?;
        match verb {
            "list" => self.list(model),
            "get" => {
                let found = model.store.get(resource, namespace, name).cloned();
                let found = found.ok_or_else(|| Refusal::not_found(resource, name))?;
                Ok(reply(200, &found))
            }
            "deletecollection" => {
                let selector = self.selector()?;
                let all: Vec<Value> =
                    model.store.list(resource, Some(namespace)).cloned().collect();
                for object in all.iter().filter(|object| selector.fits(object)) {
                    let name = super::json::name(object);
                    model.delete(resource, (namespace, name), &self.options()?, self.now)?;
                }
                Ok(reply(
                    200,
                    &json!({
                        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success",
                        "details": super::status::details("", resource.group, resource.plural),
                    }),
                ))
            }
            "delete" => {
                let options = self.options()?;
                let done = model.delete(resource, (namespace, name), &options, self.now)?;
                Ok(reply(200, &done))
            }
            _ => self.write(model, verb),
        }
    }

    fn write(&self, model: &mut Model, verb: &str) -> Result<Response, Refusal> {
        let media = self.header(header::CONTENT_TYPE);
        let media = media.split(';').next().unwrap_or_default().trim();
        let applies = media == "application/apply-patch+yaml";
        if verb == "patch" && !applies && !media.ends_with("merge-patch+json") {
            return Err(Refusal::media_type());
        }
        let agent = self.header(header::USER_AGENT).split('/').next().unwrap_or_default();
        let manager = self.get("fieldManager");
        if applies && manager.is_empty() {
            let cause = Cause::required("fieldManager", "is required for apply patch");
            return Err(Refusal::invalid("meta.k8s.io", "PatchOptions", "", &[cause]));
        }
        if !applies && verb == "patch" && !self.get("force").is_empty() {
            let cause = Cause::forbidden("force", "may not be specified for non-apply patch");
            return Err(Refusal::invalid("meta.k8s.io", "PatchOptions", "", &[cause]));
        }
        let dry_run = self.get("dryRun");
        if !["", "All"].contains(&dry_run) {
            let cause = Cause::not_supported("dryRun", &json!([dry_run]), &["All"]);
            return Err(Refusal::invalid("meta.k8s.io", "PatchOptions", "", &[cause]));
        }
        let Target { resource, namespace, name, subresource } = self.target;
        let manager = if manager.is_empty() { agent } else { manager };
        let intent = Intent {
            subresource,
            dry_run: dry_run == "All",
            force: self.get("force") == "true",
            validation: match self.get("fieldValidation") {
                "Strict" => FieldValidation::Strict,
                "Ignore" => FieldValidation::Ignore,
                _ => FieldValidation::Warn,
            },
            ..Intent::new(resource, namespace, name, manager, self.now)
        };
        let object = match (applies, serde_json::from_slice::<Value>(self.request.body())) {
            (_, Ok(object)) if object.is_object() => object,
            (true, Ok(_)) => {
                return Err(Refusal::bad_request(
                    "error decoding YAML: error \
                unmarshaling JSON: while decoding JSON: json: cannot unmarshal into Go value of type \
                map[string]interface {}",
                ));
            }
            (true, Err(error)) => {
                return Err(Refusal::bad_request(format!("error decoding YAML: {error}")));
            }
            (false, _) => {
                return Err(Refusal::bad_request(format!(
                    "the object provided is unrecognized (must be of type {}): couldn't get \
                     version/kind; json parse error",
                    resource.kind
                )));
            }
        };
        let outcome = match verb {
            "create" => model.create(&intent, object)?,
            "update" => model.replace(&intent, object)?,
            _ if applies => {
                if model.store.get(resource, namespace, name).is_none() {
                    model.may("create", resource, "", namespace, name)?;
                }
                model.apply(&intent, object)?
            }
            _ => model.patch(&intent, &object, media.contains("strategic"))?,
        };
        Ok(written(&outcome))
    }

    fn list(&self, model: &Model) -> Result<Response, Refusal> {
        let Target { resource, namespace, .. } = self.target;
        if self.get("watch") == "true" {
            return Err(Refusal::bad_request("watching is not simulated"));
        }
        let selector = self.selector()?;
        let wanted = Some(namespace).filter(|namespace| !namespace.is_empty());
        let all = model.store.list(resource, wanted).filter(|object| selector.fits(object));
        let mut items: Vec<Value> = all.cloned().collect();
        let mut meta = json!({"resourceVersion": model.store.version()});
        let from = URL_SAFE_NO_PAD.decode(self.get("continue")).unwrap_or_default();
        let from: usize = String::from_utf8_lossy(&from).parse().unwrap_or_default();
        items.drain(..from.min(items.len()));
        let limit: usize = self.get("limit").parse().unwrap_or_default();
        if limit > 0 && items.len() > limit {
            let next = URL_SAFE_NO_PAD.encode((from + limit).to_string());
            put(&mut meta, "/continue", json!(next));
            // The real one cannot count what a selector leaves.
            if self.get("labelSelector").is_empty() && self.get("fieldSelector").is_empty() {
                put(&mut meta, "/remainingItemCount", json!(items.len() - limit));
            }
            items.truncate(limit);
        }
        if !resource.is_custom() {
            for item in items.iter_mut().filter_map(Value::as_object_mut) {
                item.remove("apiVersion");
                item.remove("kind");
            }
        }
        Ok(reply(
            200,
            &json!({
                "kind": format!("{}List", resource.kind), "apiVersion": resource.api_version(),
                "metadata": meta, "items": items,
            }),
        ))
    }

    fn selector(&self) -> Result<Selector, Refusal> {
        let (labels, fields) = (self.get("labelSelector"), self.get("fieldSelector"));
        Selector::read(self.target.resource.plural, labels, fields).map_err(Refusal::bad_request)
    }

    /// `DeleteOptions` from the body, or from the query.
    fn options(&self) -> Result<Value, Refusal> {
        if !self.request.body().is_empty() {
            return body(self.request);
        }
        let mut options = json!({});
        for field in ["propagationPolicy"] {
            if !self.get(field).is_empty() {
                put(&mut options, &format!("/{field}"), json!(self.get(field)));
            }
        }
        if let Ok(seconds) = self.get("gracePeriodSeconds").parse::<i64>() {
            put(&mut options, "/gracePeriodSeconds", json!(seconds));
        }
        if !self.get("dryRun").is_empty() {
            put(&mut options, "/dryRun", json!([self.get("dryRun")]));
        }
        Ok(options)
    }

    fn get(&self, name: &str) -> &str {
        self.query.get(name).map_or("", String::as_str)
    }

    fn header(&self, name: header::HeaderName) -> &str {
        let value = self.request.headers().get(name);
        value.and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

fn written(outcome: &Outcome) -> Response {
    let mut response = reply(if outcome.created { 201 } else { 200 }, &outcome.object);
    for warning in &outcome.warnings {
        let quoted = warning.replace('\\', "\\\\").replace('"', "\\\"");
        if let Ok(value) = HeaderValue::from_str(&format!("299 - \"{quoted}\"")) {
            response.headers_mut().append(header::WARNING, value);
        }
    }
    response
}

fn body(request: &axum::http::Request<Bytes>) -> Result<Value, Refusal> {
    serde_json::from_slice(request.body()).map_err(|error| {
        Refusal::bad_request(format!("couldn't get version/kind; json parse error: {error}"))
    })
}

fn authenticate(model: &Model, headers: &HeaderMap) -> Result<(), Refusal> {
    let given = headers.get(header::AUTHORIZATION).and_then(|given| given.to_str().ok());
    let token = given.and_then(|given| given.split_once(' ')).map(|(_, token)| token.trim());
    match (&model.token, token) {
        (None, _) => Ok(()),
        (Some(wanted), Some(token)) if wanted == token => Ok(()),
        _ => Err(Refusal::unauthorized()),
    }
}

fn find(path: &str, gateway_api: bool) -> Option<Target<'_>> {
    let mut parts = path.trim_matches('/').split('/');
    let (group, version) = match parts.next()? {
        "api" => ("", parts.next()?),
        "apis" => (parts.next()?, parts.next()?),
        _ => return None,
    };
    let rest: Vec<&str> = parts.collect();
    let (namespace, plural, rest) = match rest.as_slice() {
        ["namespaces", namespace, plural, rest @ ..]
            if !["status", "finalize"].contains(plural) =>
        {
            (*namespace, *plural, rest)
        }
        [plural, rest @ ..] => ("", *plural, rest),
        [] => return None,
    };
    let resource = resources::by_path(group, version, plural)?;
    if (resource.is_custom() && !gateway_api) || (!resource.namespaced && !namespace.is_empty()) {
        return None;
    }
    let (name, subresource) = match rest {
        [] => ("", ""),
        // An object of a namespaced kind is only found in its namespace.
        [_, ..] if resource.namespaced && namespace.is_empty() => return None,
        [name] => (*name, ""),
        [name, "status"] if resource.has_status => (*name, "status"),
        [name, "log"] if resource.plural == "pods" => (*name, "log"),
        _ => return None,
    };
    Some(Target { resource, namespace, name, subresource })
}

fn query(text: &str) -> Query {
    let decode = |text: &str| {
        let mut bytes = Vec::new();
        let mut rest = text.bytes();
        while let Some(byte) = rest.next() {
            let hex = |byte: u8| char::from(byte).to_digit(16).and_then(|it| u8::try_from(it).ok());
            match byte {
                b'+' => bytes.push(b' '),
                b'%' => {
                    let pair = (rest.next().and_then(hex), rest.next().and_then(hex));
                    if let (Some(high), Some(low)) = pair {
                        bytes.push(high * 16 + low);
                    }
                }
                other => bytes.push(other),
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}
