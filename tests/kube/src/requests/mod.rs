//! Sends a fixed list of requests (`tests/kube/requests`), of the kinds that the product sends, to an API
//! server. The real server's responses are recorded in `tests/kube/recorded-responses.json`; the simulated
//! server must respond the same.
//!
//! Each step of the list is a request. `show` lists the JSON pointers whose values are compared; without it, an
//! error is compared as a whole. `like` takes an object of `objects.yaml` as the body, which `set` and `without`
//! change. `apply` is a server-side apply, with force and strict field validation unless `query` overrides them.
//! `until` repeats the request until these values appear. `remember` stores values of the response in variables,
//! which later steps use as `{name}`. `real` is for what is not simulated.

mod redact;

use anyhow::{Context, Result, bail};
pub use reqwest::Client;
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// The field manager of steps without one.
const FIELD_MANAGER: &str = "nokube";
/// How long `until` repeats a request.
const UNTIL_TIMEOUT: Duration = Duration::from_secs(15);

/// Which steps are sent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Server {
    /// All steps.
    Real,
    /// Without those of `real`.
    Simulated,
}

/// The response to a step, without what differs between runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Response {
    pub step: String,
    pub status: u16,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// The `Status` of an error, or the values at the pointers of `show`.
    pub body: Value,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    name: String,
    #[serde(default)]
    real: bool,
    #[serde(default, rename = "as")]
    sender: Sender,
    method: Option<String>,
    path: Option<String>,
    apply: Option<String>,
    #[serde(default)]
    query: BTreeMap<String, String>,
    accept: Option<String>,
    like: Option<String>,
    body: Option<Value>,
    #[serde(default)]
    set: BTreeMap<String, Value>,
    #[serde(default)]
    without: Vec<String>,
    #[serde(default)]
    until: BTreeMap<String, Value>,
    #[serde(default)]
    remember: BTreeMap<String, String>,
    #[serde(default)]
    show: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Sender {
    #[default]
    Admin,
    /// With an unknown token.
    Stranger,
}

/// The recorded responses of the real server to the steps for `server`.
pub fn recorded_responses(server: Server) -> Result<Vec<Response>> {
    let mut responses: Vec<Response> =
        serde_json::from_str(include_str!("../../recorded-responses.json"))?;
    let names: Vec<String> = steps(server)?.into_iter().map(|step| step.name).collect();
    responses.retain(|response| server == Server::Real || names.contains(&response.step));
    Ok(responses)
}

/// Describes the differences, starting each with the name of the step.
pub fn differences(expected: &[Response], found: &[Response]) -> Vec<String> {
    let by_step: BTreeMap<_, _> = found.iter().map(|response| (&response.step, response)).collect();
    let changed = expected.iter().filter_map(|response| match by_step.get(&response.step) {
        Some(found) if *found == response => None,
        Some(found) => {
            let (expected, found) = (describe(response), describe(found));
            Some(format!("{}\n  real:  {expected}\n  found: {found}", response.step))
        }
        None => Some(format!("{}\n  was not requested", response.step)),
    });
    let is_recorded = |step: &String| expected.iter().any(|response| response.step == *step);
    let additional = found.iter().filter(|response| !is_recorded(&response.step));
    let additional = additional.map(|response| format!("{}\n  is not recorded", response.step));
    changed.chain(additional).collect()
}

fn describe(response: &Response) -> String {
    format!("{} {:?} {}", response.status, response.warnings, response.body)
}

/// Sends the steps for `server` in order to the server at `base`, in new namespaces.
pub async fn send_all(
    server: Server,
    base: &str,
    token: &str,
    client: &Client,
) -> Result<Vec<Response>> {
    let mut run = Run {
        base,
        token,
        client,
        objects: serde_yaml_ng::from_str(include_str!("../../requests/objects.yaml"))?,
        variables: [("ns".into(), format!("responses-{:08x}", fastrand::u32(..)))].into(),
    };
    let mut responses = Vec::new();
    for step in steps(server)? {
        let response = run.send_step(&step).await;
        responses.push(response.with_context(|| format!("step '{}'", step.name))?);
    }
    Ok(responses)
}

fn steps(server: Server) -> Result<Vec<Step>> {
    let files = [
        include_str!("../../requests/1-apply.yaml"),
        include_str!("../../requests/2-namespaces.yaml"),
        include_str!("../../requests/3-reads-and-deletions.yaml"),
        include_str!("../../requests/4-rejections.yaml"),
    ];
    let mut steps = Vec::new();
    for file in files {
        steps.extend(serde_yaml_ng::from_str::<Vec<Step>>(file)?);
    }
    steps.retain(|step| server == Server::Real || !step.real);
    Ok(steps)
}

struct Run<'a> {
    base: &'a str,
    token: &'a str,
    client: &'a Client,
    objects: BTreeMap<String, Value>,
    /// The values that replace `{name}` in a step.
    variables: BTreeMap<String, String>,
}

impl Run<'_> {
    async fn send_step(&mut self, step: &Step) -> Result<Response> {
        let started_at = Instant::now();
        let (status, warnings, body) = loop {
            let response = self.send(step).await?;
            let is_met =
                |(path, expected): (&String, &Value)| value_at(&response.2, path) == *expected;
            if step.until.iter().all(is_met) {
                break response;
            }
            // After the timeout, the missing value shows up as a difference.
            if started_at.elapsed() > UNTIL_TIMEOUT {
                break response;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        };
        for (name, path) in &step.remember {
            if let Value::String(value) = value_at(&body, path) {
                self.variables.insert(name.clone(), value);
            }
        }
        let mut shown = if (200..300).contains(&status) || !step.show.is_empty() {
            let part = |path: &String| (path.clone(), value_at(&body, path));
            Value::Object(step.show.iter().map(part).collect())
        } else {
            body
        };
        redact::redact_value(&mut shown, &self.variables);
        let warnings =
            warnings.iter().map(|warning| redact::redact_text(warning, &self.variables)).collect();
        Ok(Response { step: step.name.clone(), status, warnings, body: shown })
    }

    async fn send(&self, step: &Step) -> Result<(u16, Vec<String>, Value)> {
        let mut query = step.query.clone();
        let (method, path, content_type) = match (&step.apply, &step.path) {
            (Some(path), None) => {
                let defaults = [
                    ("fieldManager", FIELD_MANAGER),
                    ("force", "true"),
                    ("fieldValidation", "Strict"),
                ];
                for (name, value) in defaults {
                    query.entry(name.into()).or_insert_with(|| value.into());
                }
                (Method::PATCH, path, "application/apply-patch+yaml")
            }
            (None, Some(path)) => {
                let method = step.method.as_deref().unwrap_or("GET");
                (method.parse()?, path, "application/json")
            }
            _ => bail!("a step needs `path` or `apply`"),
        };
        let mut url = reqwest::Url::parse(&format!("{}{}", self.base, self.substitute(path)))?;
        if !query.is_empty() {
            let query = query.iter().map(|(name, value)| (name, self.substitute(value)));
            url.query_pairs_mut().extend_pairs(query);
        }
        let mut request = self.client.request(method, url);
        request = match step.sender {
            Sender::Admin => request.bearer_auth(self.token),
            Sender::Stranger => request.bearer_auth("unknown-token"),
        };
        if let Some(accept) = &step.accept {
            request = request.header("accept", accept);
        }
        if let Some(body) = self.body(step)? {
            request = request.header("content-type", content_type).body(body);
        }
        let response = request.send().await?;
        let status = response.status().as_u16();
        let warnings = response.headers().get_all("warning").iter();
        let warnings = warnings.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let warnings = warnings.collect();
        let text = response.text().await?;
        Ok((status, warnings, serde_json::from_str(&text).unwrap_or(Value::String(text))))
    }

    fn body(&self, step: &Step) -> Result<Option<String>> {
        let mut body = match (&step.like, &step.body) {
            (Some(like), _) => {
                self.objects.get(like).with_context(|| format!("no object '{like}'"))?.clone()
            }
            (None, Some(body)) => body.clone(),
            (None, None) => return Ok(None),
        };
        for (path, value) in &step.set {
            let (parent, key) = parent(&mut body, path)?;
            match parent {
                Value::Array(items) => {
                    *items.get_mut(key.parse::<usize>()?).context("no such item")? = value.clone();
                }
                Value::Object(fields) => {
                    fields.insert(key.into(), value.clone());
                }
                _ => bail!("nothing to set at {path}"),
            }
        }
        for path in &step.without {
            let (parent, key) = parent(&mut body, path)?;
            parent
                .as_object_mut()
                .and_then(|fields| fields.remove(key))
                .context("nothing there")?;
        }
        Ok(Some(self.substitute(&body.to_string())))
    }

    fn substitute(&self, text: &str) -> String {
        let substitute = |text: String, (name, value): (&String, &String)| {
            text.replace(&format!("{{{name}}}"), value)
        };
        self.variables.iter().fold(text.into(), substitute)
    }
}

fn parent<'a, 'b>(body: &'a mut Value, path: &'b str) -> Result<(&'a mut Value, &'b str)> {
    let (parent, key) =
        path.rsplit_once('/').with_context(|| format!("'{path}' is not a pointer"))?;
    Ok((body.pointer_mut(parent).with_context(|| format!("nothing at '{parent}'"))?, key))
}

/// The value at a JSON pointer, in which `name=value` selects the item of a list with this member. Null if
/// there is none.
fn value_at(body: &Value, path: &str) -> Value {
    let mut found = Some(body);
    for part in path.split('/').skip(1) {
        found = found.and_then(|value| match (value, part.split_once('=')) {
            (Value::Array(items), Some((name, expected))) => {
                items.iter().find(|item| item.get(name).is_some_and(|member| *member == *expected))
            }
            (Value::Array(items), None) => items.get(part.parse::<usize>().ok()?),
            (value, _) => value.get(part.replace("~1", "/")),
        });
    }
    found.cloned().unwrap_or(Value::Null)
}
