//! `GET …/pods/{pod}/log`: the logs of containers, which a client can follow.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;

use super::path::Query;
use crate::kubernetes::api_error::ApiError;
use crate::kubernetes::json::{list, text, uid};
use crate::kubernetes::kubelet::container::{ContainerState, LogLine, Stage};
use crate::kubernetes::server_state::ServerState;
use crate::kubernetes::state::ClusterState;
use crate::kubernetes::state::resources::PODS;

const PARAMETERS: [&str; 8] = [
    "container",
    "follow",
    "limitBytes",
    "previous",
    "sinceSeconds",
    "sinceTime",
    "tailLines",
    "timestamps",
];

/// An opened log of a container.
pub struct PodLog {
    pod_uid: String,
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
        query: &Query,
    ) -> Result<Option<PodLog>, ApiError> {
        query.check_names(&PARAMETERS)?;
        let pod = self.find(&PODS, namespace, name);
        let pod = pod.ok_or_else(|| ApiError::not_found(&PODS, name))?;
        let container = query.get("container");
        let specs = list(pod, "/spec/containers");
        let index = specs.iter().position(|spec| text(spec, "/name") == container);
        let index = index.ok_or_else(|| {
            ApiError::bad_request(format!("container {container} is not valid for pod {name}"))
        })?;
        if text(pod, "/spec/nodeName").is_empty() {
            return Ok(None);
        }
        let state = self.container_state(uid(pod), index);
        let previous = query.get("previous") == "true";
        let lines = log_lines(state, previous, container, name)?;
        let since = self.since(query);
        let mut selected: Vec<&LogLine> = lines
            .into_iter()
            .filter(|line| since.is_none_or(|since| line.written_at >= since))
            .collect();
        if let Ok(tail) = query.get("tailLines").parse::<usize>() {
            selected.drain(..selected.len().saturating_sub(tail));
        }
        let timestamps = query.get("timestamps") == "true";
        let position = state.map_or((0, 0), |state| (state.restarts, state.next_line_number()));
        Ok(Some(PodLog {
            pod_uid: uid(pod).to_owned(),
            container_index: index,
            follow: query.get("follow") == "true" && !previous,
            timestamps,
            limit_bytes: query.get("limitBytes").parse().ok(),
            text: selected.iter().map(|line| format_line(line, timestamps)).collect(),
            position,
        }))
    }

    /// The time of the oldest lines to read.
    fn since(&self, query: &Query) -> Option<Timestamp> {
        match query.get("sinceSeconds").parse() {
            Ok(seconds) => Some(self.now - SignedDuration::from_secs(seconds)),
            Err(_) => query.get("sinceTime").parse().ok(),
        }
    }

    fn container_state(&self, pod_uid: &str, index: usize) -> Option<&ContainerState> {
        self.pod_states.get(pod_uid)?.containers.get(index)
    }

    /// Returns the lines that were written since the last call. None if the container has ended and
    /// nothing is left.
    fn read_new_lines(&self, log: &mut PodLog) -> Option<String> {
        let state = self.container_state(&log.pod_uid, log.container_index)?;
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
        Stage::CreateFailed { reason, .. } => waiting(reason),
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
            let interval = server.cluster().options.step.min(Duration::from_millis(200));
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
