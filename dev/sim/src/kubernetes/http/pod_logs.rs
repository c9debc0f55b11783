//! `GET …/pods/{pod}/log`: the logs of containers, which a client can follow.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::json;
use tokio::sync::mpsc;

use crate::kubernetes::api_error::{ApiError, StatusCause};
use crate::kubernetes::json::{list, text, uid};
use crate::kubernetes::kubelet::container::{ContainerState, LogLine, Stage};
use crate::kubernetes::server_state::ServerState;
use crate::kubernetes::state::ClusterState;
use crate::kubernetes::state::resources;

/// An opened log of a container.
pub struct PodLog {
    pod_uid: String,
    is_init: bool,
    container_index: usize,
    follow: bool,
    timestamps: bool,
    limit_bytes: Option<usize>,
    /// The lines that were already written.
    text: String,
    /// Where following starts: the container's number of restarts, and the number of the line.
    position: (u32, usize),
}

impl ClusterState {
    /// Returns None if the pod has no node.
    pub fn open_log(
        &self,
        namespace: &str,
        name: &str,
        query: &BTreeMap<String, String>,
    ) -> Result<Option<PodLog>, ApiError> {
        let not_found = || match resources::by_name("pods") {
            Some(pods) => ApiError::not_found(pods, name),
            None => ApiError::no_such_path(),
        };
        check_options(name, query)?;
        let pod = self.find("pods", namespace, name).ok_or_else(not_found)?;
        let get = |name: &str| query.get(name).map_or("", String::as_str);
        let container_names = |path: &str| -> Vec<String> {
            list(pod, path).iter().map(|spec| text(spec, "/name").to_owned()).collect()
        };
        let names = container_names("/spec/containers");
        let init_names = container_names("/spec/initContainers");
        let container = match (get("container"), names.as_slice()) {
            ("", [only]) => only.clone(),
            ("", _) => {
                let mut choice = format!("[{}]", names.join(" "));
                if !init_names.is_empty() {
                    choice +=
                        &format!(" or one of the init containers: [{}]", init_names.join(" "));
                }
                return Err(ApiError::bad_request(format!(
                    "a container name must be specified for pod {name}, choose one of: {choice}"
                )));
            }
            (given, _) => given.to_owned(),
        };
        let index_in = |names: &[String]| names.iter().position(|name| *name == container);
        let (is_init, index) = match (index_in(&names), index_in(&init_names)) {
            (Some(index), _) => (false, index),
            (None, Some(index)) => (true, index),
            (None, None) => {
                return Err(ApiError::bad_request(format!(
                    "container {container} is not valid for pod {name}"
                )));
            }
        };
        if text(pod, "/spec/nodeName").is_empty() {
            return Ok(None);
        }
        let state = self.container_state(uid(pod), is_init, index);
        let previous = get("previous") == "true";
        let lines = log_lines(state, previous, &container, name)?;
        let since = get("sinceSeconds").parse::<i64>().ok();
        let since =
            since.map(|seconds| Timestamp::now() - jiff::SignedDuration::from_secs(seconds));
        let mut selected: Vec<&LogLine> = lines
            .into_iter()
            .filter(|line| since.is_none_or(|since| line.written_at >= since))
            .collect();
        if let Ok(tail) = get("tailLines").parse::<usize>() {
            selected.drain(..selected.len().saturating_sub(tail));
        }
        let timestamps = get("timestamps") == "true";
        let position = state.map_or((0, 0), |state| (state.restarts, state.next_line_number()));
        Ok(Some(PodLog {
            pod_uid: uid(pod).to_owned(),
            is_init,
            container_index: index,
            follow: get("follow") == "true" && !previous,
            timestamps,
            limit_bytes: get("limitBytes").parse().ok(),
            text: selected.iter().map(|line| format_line(line, timestamps)).collect(),
            position,
        }))
    }

    fn container_state(
        &self,
        pod_uid: &str,
        is_init: bool,
        index: usize,
    ) -> Option<&ContainerState> {
        let pod = self.pod_states.get(pod_uid)?;
        if is_init { pod.init_containers.get(index) } else { pod.containers.get(index) }
    }

    /// Returns the lines that were written since the last call. None if the container has ended and
    /// nothing is left.
    fn read_new_lines(&self, log: &mut PodLog) -> Option<String> {
        let state = self.container_state(&log.pod_uid, log.is_init, log.container_index)?;
        let (restarts, next_line) = log.position;
        if state.restarts != restarts {
            return None;
        }
        let new = state.log.iter().skip(next_line.saturating_sub(state.dropped_lines));
        let text: String = new.map(|line| format_line(line, log.timestamps)).collect();
        log.position = (restarts, state.next_line_number());
        (state.stage == Stage::Running || !text.is_empty()).then_some(text)
    }
}

/// Checks the numbers in the options.
fn check_options(name: &str, query: &BTreeMap<String, String>) -> Result<(), ApiError> {
    let mut causes = Vec::new();
    for (field, min, detail) in [
        ("tailLines", 0, "must be greater than or equal to 0"),
        ("limitBytes", 1, "must be greater than 0"),
        ("sinceSeconds", 1, "must be greater than 0"),
    ] {
        let given = query.get(field).and_then(|text| text.parse::<i64>().ok());
        if let Some(given) = given.filter(|given| *given < min) {
            causes.push(StatusCause::invalid(field, &json!(given), detail));
        }
    }
    match causes.as_slice() {
        [] => Ok(()),
        causes => Err(ApiError::invalid("", "PodLogOptions", name, causes)),
    }
}

fn format_line(line: &LogLine, timestamps: bool) -> String {
    match timestamps {
        true => format!("{} {}\n", line.written_at.strftime("%Y-%m-%dT%H:%M:%S.%9fZ"), line.text),
        false => format!("{}\n", line.text),
    }
}

/// Returns the lines of the log, or the error of a container that has none yet.
fn log_lines<'a>(
    state: Option<&'a ContainerState>,
    previous: bool,
    container: &str,
    pod: &str,
) -> Result<Vec<&'a LogLine>, ApiError> {
    let no_previous = || {
        ApiError::bad_request(format!(
            "previous terminated container {container:?} in pod {pod:?} not found"
        ))
    };
    let waiting = |reason: &str| {
        Err(ApiError::bad_request(format!(
            "container {container:?} in pod {pod:?} is waiting to start: {reason}"
        )))
    };
    let Some(state) = state else {
        return if previous { Err(no_previous()) } else { waiting("ContainerCreating") };
    };
    if previous {
        // Between an exit and the next start, the current log is the previous one.
        return match (&state.stage, &state.previous_log) {
            (Stage::Exited { .. }, _) => Ok(state.log.iter().collect()),
            (_, Some(lines)) => Ok(lines.iter().collect()),
            (_, None) => Err(no_previous()),
        };
    }
    match &state.stage {
        Stage::Creating | Stage::PullingImage => waiting("ContainerCreating"),
        Stage::PullFailed { is_backing_off: false, .. } => waiting("image can't be pulled"),
        Stage::PullFailed { .. } => waiting("trying and failing to pull image"),
        Stage::ConfigError(_) => waiting("CreateContainerConfigError"),
        _ => Ok(state.log.iter().collect()),
    }
}

/// The response: the existing lines, followed by new ones if the client follows the log.
pub fn stream(server: Arc<ServerState>, mut log: PodLog) -> Response {
    let text = std::mem::take(&mut log.text);
    let headers = [(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"))];
    let mut bytes_left = log.limit_bytes.unwrap_or(usize::MAX);
    let text = truncate(text, &mut bytes_left);
    if !log.follow || bytes_left == 0 {
        return (StatusCode::OK, headers, text).into_response();
    }
    let (sender, receiver) = mpsc::channel::<Bytes>(16);
    tokio::spawn(async move {
        let mut text = text;
        loop {
            if !text.is_empty() && sender.send(Bytes::from(text)).await.is_err() {
                return;
            }
            let interval = server.cluster().step.min(Duration::from_millis(200));
            tokio::select! {
                () = tokio::time::sleep(interval.max(Duration::from_millis(1))) => {}
                () = sender.closed() => return,
            }
            let Some(new) = server.cluster().read_new_lines(&mut log) else { return };
            text = truncate(new, &mut bytes_left);
            if bytes_left == 0 {
                let _ = sender.send(Bytes::from(text)).await;
                return;
            }
        }
    });
    let stream = futures::stream::unfold(receiver, |mut receiver| async move {
        let bytes = receiver.recv().await?;
        Some((Ok::<_, std::convert::Infallible>(bytes), receiver))
    });
    (StatusCode::OK, headers, Body::from_stream(stream)).into_response()
}

/// Truncates the text to the bytes that may still be sent.
fn truncate(text: String, bytes_left: &mut usize) -> String {
    let mut end = text.len().min(*bytes_left);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    *bytes_left = if end < text.len() { 0 } else { *bytes_left - end };
    text.get(..end).unwrap_or_default().to_owned()
}
