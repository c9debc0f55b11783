//! What an API server answers to a fixed list of requests (`tests/kube/requests`): the real one's
//! answers stand in `tests/kube/answers.json`, and whatever plays an API server must give the same.
//!
//! A step names its request, and what of a good answer matters (`show`); a refusal is shown whole.
//! `like` takes an object of `objects.yaml`, which `set` and `without` change. `apply` is a
//! server-side apply, forced and strict unless `query` says otherwise. `until` repeats a request.

mod mask;

use anyhow::{Context, Result, bail};
use reqwest::{Client, Method};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// The field manager of steps that name none.
const MANAGER: &str = "nokube";
/// How long an `until` is waited for.
const PATIENCE: Duration = Duration::from_secs(15);

/// Who sends the requests. The outsider has no rights but those of every account.
pub struct People {
    pub admin: String,
    pub outsider: String,
}

/// What a server answered to a step, without what differs from run to run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    pub step: String,
    pub status: u16,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// A refusal's `Status`, or what is at each pointer of `show`.
    pub body: Value,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    name: String,
    #[serde(default, rename = "as")]
    person: Person,
    method: Option<String>,
    path: Option<String>,
    apply: Option<String>,
    #[serde(default)]
    query: BTreeMap<String, String>,
    #[serde(rename = "type")]
    content_type: Option<String>,
    like: Option<String>,
    body: Option<Value>,
    text: Option<String>,
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
enum Person {
    #[default]
    Admin,
    Outsider,
    Stranger,
    Nobody,
}

/// The answers of the real server, as they were recorded.
pub fn recorded() -> Result<Vec<Answer>> {
    Ok(serde_json::from_str(include_str!("../../answers.json"))?)
}

/// What differs, a line or two for each step.
pub fn differences(expected: &[Answer], found: &[Answer]) -> Vec<String> {
    let by_step: BTreeMap<_, _> = found.iter().map(|answer| (&answer.step, answer)).collect();
    let missing = expected.iter().filter_map(|answer| match by_step.get(&answer.step) {
        Some(found) if *found == answer => None,
        Some(found) => {
            Some(format!("{}\n  real:  {}\n  found: {}", answer.step, line(answer), line(found)))
        }
        None => Some(format!("{}\n  was not asked", answer.step)),
    });
    let known = |step: &String| expected.iter().any(|answer| answer.step == *step);
    let surplus = found.iter().filter(|answer| !known(&answer.step));
    missing.chain(surplus.map(|answer| format!("{}\n  is not recorded", answer.step))).collect()
}

fn line(answer: &Answer) -> String {
    format!("{} {:?} {}", answer.status, answer.warnings, answer.body)
}

/// Sends all requests in their order to the server at `base`, within namespaces of its own.
pub async fn run(base: &str, people: &People, client: &Client) -> Result<Vec<Answer>> {
    let mut run = Run {
        base,
        people,
        client,
        objects: serde_yaml_ng::from_str(include_str!("../../requests/objects.yaml"))?,
        words: [("ns".into(), format!("answers-{:08x}", fastrand::u32(..)))].into(),
    };
    let mut answers = Vec::new();
    for step in steps()? {
        let answer = run.step(&step).await;
        answers.push(answer.with_context(|| format!("step '{}'", step.name))?);
    }
    Ok(answers)
}

fn steps() -> Result<Vec<Step>> {
    let files = [
        include_str!("../../requests/1-apply.yaml"),
        include_str!("../../requests/2-refusals.yaml"),
        include_str!("../../requests/3-namespaces.yaml"),
        include_str!("../../requests/4-access.yaml"),
        include_str!("../../requests/5-reads.yaml"),
    ];
    let mut steps = Vec::new();
    for file in files {
        steps.extend(serde_yaml_ng::from_str::<Vec<Step>>(file)?);
    }
    Ok(steps)
}

struct Run<'a> {
    base: &'a str,
    people: &'a People,
    client: &'a Client,
    objects: BTreeMap<String, Value>,
    /// What stands for `{word}` in a step.
    words: BTreeMap<String, String>,
}

impl Run<'_> {
    async fn step(&mut self, step: &Step) -> Result<Answer> {
        let begun = Instant::now();
        let (status, warnings, body) = loop {
            let answer = self.send(step).await?;
            let as_wanted = |(path, wanted): (&String, &Value)| look(&answer.2, path) == *wanted;
            if step.until.iter().all(as_wanted) {
                break answer;
            }
            // What it never came to is a difference like any other.
            if begun.elapsed() > PATIENCE {
                break answer;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        };
        for (word, path) in &step.remember {
            if let Value::String(value) = look(&body, path) {
                self.words.insert(word.clone(), value);
            }
        }
        let mut shown = match status {
            200..=299 => {
                let part = |path: &String| (path.clone(), look(&body, path));
                Value::Object(step.show.iter().map(part).collect())
            }
            _ => body,
        };
        mask::value(&mut shown, &self.words);
        let warnings = warnings.iter().map(|warning| mask::text(warning, &self.words)).collect();
        Ok(Answer { step: step.name.clone(), status, warnings, body: shown })
    }

    async fn send(&self, step: &Step) -> Result<(u16, Vec<String>, Value)> {
        let mut query = step.query.clone();
        let (method, path, kind) = match (&step.apply, &step.path) {
            (Some(path), None) => {
                let defaults =
                    [("fieldManager", MANAGER), ("force", "true"), ("fieldValidation", "Strict")];
                for (name, value) in defaults {
                    query.entry(name.into()).or_insert_with(|| value.into());
                }
                (Method::PATCH, path, "application/apply-patch+yaml")
            }
            (None, Some(path)) => {
                let method = step.method.as_deref().unwrap_or("GET");
                (method.parse()?, path, "application/json")
            }
            _ => bail!("needs a path or an apply"),
        };
        let mut url = reqwest::Url::parse(&format!("{}{}", self.base, self.fill(path)))?;
        if !query.is_empty() {
            let query = query.iter().map(|(name, value)| (name, self.fill(value)));
            url.query_pairs_mut().extend_pairs(query);
        }
        let mut request = self.client.request(method, url);
        request = match step.person {
            Person::Admin => request.bearer_auth(&self.people.admin),
            Person::Outsider => request.bearer_auth(&self.people.outsider),
            Person::Stranger => request.bearer_auth("a-token-of-nobody"),
            Person::Nobody => request,
        };
        if let Some(body) = self.body(step)? {
            let kind = step.content_type.as_deref().unwrap_or(kind);
            request = request.header("content-type", kind).body(body);
        }
        let answer = request.send().await?;
        let status = answer.status().as_u16();
        let warnings = answer.headers().get_all("warning").iter();
        let warnings = warnings.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let warnings = warnings.collect();
        let text = answer.text().await?;
        Ok((status, warnings, serde_json::from_str(&text).unwrap_or(Value::String(text))))
    }

    fn body(&self, step: &Step) -> Result<Option<String>> {
        let mut body = match (&step.text, &step.like, &step.body) {
            (Some(text), ..) => return Ok(Some(text.clone())),
            (_, Some(like), _) => {
                self.objects.get(like).with_context(|| format!("no object '{like}'"))?.clone()
            }
            (.., Some(body)) => body.clone(),
            _ => return Ok(None),
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
        Ok(Some(self.fill(&body.to_string())))
    }

    fn fill(&self, text: &str) -> String {
        let fill = |text: String, (word, value): (&String, &String)| {
            text.replace(&format!("{{{word}}}"), value)
        };
        self.words.iter().fold(text.into(), fill)
    }
}

fn parent<'a, 'b>(body: &'a mut Value, path: &'b str) -> Result<(&'a mut Value, &'b str)> {
    let (parent, key) = path.rsplit_once('/').with_context(|| format!("'{path}' is no pointer"))?;
    Ok((body.pointer_mut(parent).with_context(|| format!("nothing at '{parent}'"))?, key))
}

/// A JSON pointer, where `name=value` stands for the item of a list that has this; null where
/// there is nothing.
fn look(body: &Value, path: &str) -> Value {
    let mut found = Some(body);
    for part in path.split('/').skip(1) {
        found = found.and_then(|value| match (value, part.split_once('=')) {
            (Value::Array(items), Some((name, wanted))) => {
                items.iter().find(|item| item.get(name).is_some_and(|is| *is == *wanted))
            }
            (Value::Array(items), None) => items.get(part.parse::<usize>().ok()?),
            (value, _) => value.get(part.replace("~1", "/")),
        });
    }
    found.cloned().unwrap_or(Value::Null)
}
