//! The logs of containers, served like a node's to the API server (`/containerLogs`).
//! <https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/kubelet/server/server.go>

use anyhow::Result;
use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use futures::stream;
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use jiff::{Timestamp, ToSpan};
use rustls::{ServerConfig, pki_types::PrivateKeyDer};
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    convert::Infallible,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// Namespace, pod, container, and whether it is the log before the latest restart.
type Key = (String, String, String, bool);

#[derive(Clone, Default)]
pub struct ContainerLogs(Arc<Mutex<BTreeMap<Key, Log>>>);

#[derive(Clone, Default)]
struct Log {
    lines: Vec<(Timestamp, String)>,
    is_closed: bool,
}

#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct LogOptions {
    follow: bool,
    previous: bool,
    timestamps: bool,
    tail_lines: Option<usize>,
    since_seconds: Option<i64>,
    since_time: Option<Timestamp>,
    limit_bytes: Option<usize>,
}

impl ContainerLogs {
    pub fn write(&self, namespace: &str, pod: &str, container: &str, previous: bool, line: &str) {
        let key = (namespace.into(), pod.into(), container.into(), previous);
        self.lock().entry(key).or_default().lines.push((Timestamp::now(), line.into()));
    }

    pub fn close(&self, namespace: &str, pod: &str, container: &str) {
        let key = (namespace.into(), pod.into(), container.into(), false);
        self.lock().entry(key).or_default().is_closed = true;
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Key, Log>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Serves the logs until the async runtime stops, and returns the port. The API server does not verify
    /// the certificate, because it was started without `--kubelet-certificate-authority`.
    pub async fn serve(&self) -> Result<u16> {
        nokube_dev_cluster::http::install_crypto_provider();
        let key = rcgen::KeyPair::generate()?;
        let certificate = rcgen::CertificateParams::new(["127.0.0.1".into()])?.self_signed(&key)?;
        let private = PrivateKeyDer::try_from(key.serialize_der()).map_err(anyhow::Error::msg)?;
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], private)?;
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let router = Router::new()
            .route("/containerLogs/{namespace}/{pod}/{container}", get(serve_log))
            .with_state(self.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, router) = (acceptor.clone(), router.clone());
                tokio::spawn(async move {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        let service = TowerToHyperService::new(router);
                        let connection = hyper::server::conn::http1::Builder::new()
                            .serve_connection(TokioIo::new(stream), service);
                        let _ = connection.await;
                    }
                });
            }
        });
        Ok(port)
    }
}

async fn serve_log(
    State(logs): State<ContainerLogs>,
    Path((namespace, pod, container)): Path<(String, String, String)>,
    Query(options): Query<LogOptions>,
) -> Response {
    let key = (namespace, pod.clone(), container.clone(), options.previous);
    let Some(log) = logs.lock().get(&key).cloned() else {
        let error = if options.previous {
            format!("previous terminated container \"{container}\" in pod \"{pod}\" not found")
        } else {
            format!(
                "container \"{container}\" in pod \"{pod}\" is waiting to start: ContainerCreating"
            )
        };
        return (StatusCode::BAD_REQUEST, error).into_response();
    };
    let line_count = log.lines.len();
    let existing = select_lines(&log, &options);
    if !options.follow || log.is_closed {
        return existing.into_response();
    }
    let new_lines = stream::unfold(Some((logs, key, line_count)), move |state| {
        let options = options.clone();
        async move {
            let (logs, key, sent) = state?;
            loop {
                let log = logs.lock().get(&key).cloned()?;
                let new = log.lines.get(sent..).unwrap_or_default();
                if !new.is_empty() {
                    let text =
                        new.iter().map(|line| format_line(line, &options)).collect::<String>();
                    return Some((text, Some((logs, key, log.lines.len()))));
                }
                if log.is_closed {
                    return None;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    });
    let all = futures::StreamExt::chain(stream::iter([existing]), new_lines);
    let bytes = futures::StreamExt::map(all, |text| Ok::<_, Infallible>(Bytes::from(text)));
    Body::from_stream(bytes).into_response()
}

/// The existing lines that the options select.
fn select_lines(log: &Log, options: &LogOptions) -> String {
    let ago = options
        .since_seconds
        .and_then(|seconds| Timestamp::now().checked_sub(seconds.seconds()).ok());
    let since = options.since_time.or(ago).unwrap_or(Timestamp::MIN);
    let lines: Vec<_> = log.lines.iter().filter(|(at, _)| *at >= since).collect();
    let skip = lines.len().saturating_sub(options.tail_lines.unwrap_or(usize::MAX));
    let mut text: String = lines.iter().skip(skip).map(|line| format_line(line, options)).collect();
    if let Some(limit) = options.limit_bytes {
        text.truncate(text.floor_char_boundary(limit));
    }
    text
}

fn format_line((at, line): &(Timestamp, String), options: &LogOptions) -> String {
    match options.timestamps {
        true => format!("{} {line}\n", at.strftime("%Y-%m-%dT%H:%M:%S.%9fZ")),
        false => format!("{line}\n"),
    }
}
