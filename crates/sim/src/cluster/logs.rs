//! `GET …/pods/{pod}/log`: what containers wrote, also while they write it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use tokio::sync::mpsc;

use super::hub::ClusterHub;
use super::json::{list, text, uid};
use super::kubelet::{ContainerRun, Line, Stage};
use super::model::Model;
use super::resources;
use super::status::Refusal;

/// What is read of which container.
pub struct Log {
    pod: String,
    init: bool,
    index: usize,
    follow: bool,
    timestamps: bool,
    limit: Option<usize>,
    /// The text so far.
    begin: String,
    /// From which line on it is followed: the run, and the number in it.
    at: (u32, usize),
}

impl Model {
    pub fn log(
        &self,
        namespace: &str,
        name: &str,
        query: &BTreeMap<String, String>,
    ) -> Result<Log, Refusal> {
        let missing = || match resources::by_name("pods") {
            Some(kind) => Refusal::not_found(kind, name),
            None => Refusal::no_such_path(),
        };
        let pod = self.find("pods", namespace, name).ok_or_else(missing)?;
        let get = |name: &str| query.get(name).map_or("", String::as_str);
        let all = |at: &str| -> Vec<String> {
            list(pod, at).iter().map(|one| text(one, "/name").to_owned()).collect()
        };
        let (names, inits) = (all("/spec/containers"), all("/spec/initContainers"));
        let wanted = match (get("container"), names.as_slice()) {
            ("", [only]) => only.clone(),
            ("", _) => {
                let mut choice = format!("[{}]", names.join(" "));
                if !inits.is_empty() {
                    choice += &format!(" or one of the init containers: [{}]", inits.join(" "));
                }
                return Err(Refusal::bad_request(format!(
                    "a container name must be specified for pod {name}, choose one of: {choice}"
                )));
            }
            (given, _) => given.to_owned(),
        };
        let place = |names: &[String]| names.iter().position(|one| *one == wanted);
        let (init, index) = match (place(&names), place(&inits)) {
            (Some(index), _) => (false, index),
            (None, Some(index)) => (true, index),
            (None, None) => {
                return Err(Refusal::bad_request(format!(
                    "container {wanted} is not valid for pod {name}"
                )));
            }
        };
        let one = self.container_run(uid(pod), init, index);
        let previous = get("previous") == "true";
        let lines = lines(one, previous, &wanted, name)?;
        let since = get("sinceSeconds").parse::<i64>().ok();
        let since =
            since.map(|seconds| Timestamp::now() - jiff::SignedDuration::from_secs(seconds));
        let mut chosen: Vec<&Line> =
            lines.into_iter().filter(|line| since.is_none_or(|since| line.at >= since)).collect();
        if let Ok(tail) = get("tailLines").parse::<usize>() {
            chosen.drain(..chosen.len().saturating_sub(tail));
        }
        let timestamps = get("timestamps") == "true";
        let at = one.map_or((0, 0), |one| (one.restarts, one.gone + one.log.len()));
        Ok(Log {
            pod: uid(pod).to_owned(),
            init,
            index,
            follow: get("follow") == "true" && !previous,
            timestamps,
            limit: get("limitBytes").parse().ok(),
            begin: chosen.iter().map(|line| shown(line, timestamps)).collect(),
            at,
        })
    }

    fn container_run(&self, pod: &str, init: bool, index: usize) -> Option<&ContainerRun> {
        let run = self.runs.get(pod)?;
        if init { run.init.get(index) } else { run.containers.get(index) }
    }

    /// What was written since; None when no more can come.
    fn more(&self, log: &mut Log) -> Option<String> {
        let one = self.container_run(&log.pod, log.init, log.index)?;
        let (run, number) = log.at;
        if one.restarts != run {
            return None;
        }
        let new = one.log.iter().skip(number.saturating_sub(one.gone));
        let text: String = new.map(|line| shown(line, log.timestamps)).collect();
        log.at = (run, one.gone + one.log.len());
        (one.stage == Stage::Running || !text.is_empty()).then_some(text)
    }
}

fn shown(line: &Line, timestamps: bool) -> String {
    match timestamps {
        true => format!("{} {}\n", line.at.strftime("%Y-%m-%dT%H:%M:%S.%9fZ"), line.text),
        false => format!("{}\n", line.text),
    }
}

fn lines<'a>(
    one: Option<&'a ContainerRun>,
    previous: bool,
    container: &str,
    pod: &str,
) -> Result<Vec<&'a Line>, Refusal> {
    let none = || {
        Refusal::bad_request(format!(
            "previous terminated container {container:?} in pod {pod:?} not found"
        ))
    };
    let waits = |why: &str| {
        Err(Refusal::bad_request(format!(
            "container {container:?} in pod {pod:?} is waiting to start: {why}"
        )))
    };
    let Some(one) = one else {
        return if previous { Err(none()) } else { waits("ContainerCreating") };
    };
    if previous {
        // While the next start is waited for, the run that ended is the previous one.
        return match (&one.stage, &one.previous) {
            (Stage::Ended { .. }, _) => Ok(one.log.iter().collect()),
            (_, Some(lines)) => Ok(lines.iter().collect()),
            (_, None) => Err(none()),
        };
    }
    match &one.stage {
        Stage::Creating | Stage::Pulling => waits("ContainerCreating"),
        Stage::PullFailed { backing_off: false, .. } => waits("image can't be pulled"),
        Stage::PullFailed { .. } => waits("trying and failing to pull image"),
        Stage::ConfigError(_) => waits("CreateContainerConfigError"),
        _ => Ok(one.log.iter().collect()),
    }
}

/// The answer: all at once, or as it is written.
pub fn stream(hub: Arc<ClusterHub>, mut log: Log) -> Response {
    let begin = std::mem::take(&mut log.begin);
    let plain = [(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"))];
    let mut left = log.limit.unwrap_or(usize::MAX);
    let begin = cut(begin, &mut left);
    if !log.follow || left == 0 {
        return (StatusCode::OK, plain, begin).into_response();
    }
    let (sender, receiver) = mpsc::channel::<Bytes>(16);
    tokio::spawn(async move {
        let mut text = begin;
        loop {
            if !text.is_empty() && sender.send(Bytes::from(text)).await.is_err() {
                return;
            }
            let pause = hub.model().step_time.min(Duration::from_millis(200));
            tokio::select! {
                () = tokio::time::sleep(pause.max(Duration::from_millis(1))) => {}
                () = sender.closed() => return,
            }
            let Some(more) = hub.model().more(&mut log) else { return };
            text = cut(more, &mut left);
            if left == 0 {
                let _ = sender.send(Bytes::from(text)).await;
                return;
            }
        }
    });
    let stream = futures::stream::unfold(receiver, |mut receiver| async move {
        let bytes = receiver.recv().await?;
        Some((Ok::<_, std::convert::Infallible>(bytes), receiver))
    });
    (StatusCode::OK, plain, Body::from_stream(stream)).into_response()
}

/// The bytes that may still be sent.
fn cut(text: String, left: &mut usize) -> String {
    let mut end = text.len().min(*left);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    *left = if end < text.len() { 0 } else { *left - end };
    text.get(..end).unwrap_or_default().to_owned()
}
