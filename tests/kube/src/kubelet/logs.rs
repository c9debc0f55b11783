//! What containers write, served as a node serves it to the API server (`/containerLogs`).
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

/// A namespace, a pod, a container of it, and whether the one before its last restart is meant.
type Key = (String, String, String, bool);

#[derive(Clone, Default)]
pub struct Logs(Arc<Mutex<BTreeMap<Key, Log>>>);

#[derive(Clone, Default)]
struct Log {
    lines: Vec<(Timestamp, String)>,
    ended: bool,
}

#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Wanted {
    follow: bool,
    previous: bool,
    timestamps: bool,
    tail_lines: Option<usize>,
    since_seconds: Option<i64>,
    since_time: Option<Timestamp>,
    limit_bytes: Option<usize>,
}

impl Logs {
    pub fn write(&self, namespace: &str, pod: &str, container: &str, previous: bool, line: &str) {
        let key = (namespace.into(), pod.into(), container.into(), previous);
        self.all().entry(key).or_default().lines.push((Timestamp::now(), line.into()));
    }

    pub fn end(&self, namespace: &str, pod: &str, container: &str) {
        let key = (namespace.into(), pod.into(), container.into(), false);
        self.all().entry(key).or_default().ended = true;
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<Key, Log>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Serves until the runtime ends, and returns the port. The API server does not check a node's
    /// certificate unless it is told an authority.
    pub async fn serve(&self) -> Result<u16> {
        crate::http::install_crypto();
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
            .route("/containerLogs/{namespace}/{pod}/{container}", get(read))
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

async fn read(
    State(logs): State<Logs>,
    Path((namespace, pod, container)): Path<(String, String, String)>,
    Query(wanted): Query<Wanted>,
) -> Response {
    let key = (namespace, pod.clone(), container.clone(), wanted.previous);
    let Some(log) = logs.all().get(&key).cloned() else {
        let why = if wanted.previous {
            format!("previous terminated container \"{container}\" in pod \"{pod}\" not found")
        } else {
            format!(
                "container \"{container}\" in pod \"{pod}\" is waiting to start: ContainerCreating"
            )
        };
        return (StatusCode::BAD_REQUEST, why).into_response();
    };
    let begun = log.lines.len();
    let first = chosen(&log, &wanted);
    if !wanted.follow || log.ended {
        return first.into_response();
    }
    let later = stream::unfold(Some((logs, key, begun)), move |state| {
        let wanted = wanted.clone();
        async move {
            let (logs, key, seen) = state?;
            loop {
                let log = logs.all().get(&key).cloned()?;
                let new = log.lines.get(seen..).unwrap_or_default();
                if !new.is_empty() {
                    let text = new.iter().map(|line| written(line, &wanted)).collect::<String>();
                    return Some((text, Some((logs, key, log.lines.len()))));
                }
                if log.ended {
                    return None;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    });
    let all = futures::StreamExt::chain(stream::iter([first]), later);
    let bytes = futures::StreamExt::map(all, |text| Ok::<_, Infallible>(Bytes::from(text)));
    Body::from_stream(bytes).into_response()
}

/// What there is already of the wanted lines.
fn chosen(log: &Log, wanted: &Wanted) -> String {
    let ago = wanted
        .since_seconds
        .and_then(|seconds| Timestamp::now().checked_sub(seconds.seconds()).ok());
    let since = wanted.since_time.or(ago).unwrap_or(Timestamp::MIN);
    let lines: Vec<_> = log.lines.iter().filter(|(at, _)| *at >= since).collect();
    let skipped = lines.len().saturating_sub(wanted.tail_lines.unwrap_or(usize::MAX));
    let mut text: String = lines.iter().skip(skipped).map(|line| written(line, wanted)).collect();
    if let Some(limit) = wanted.limit_bytes {
        text.truncate(text.floor_char_boundary(limit));
    }
    text
}

fn written((at, line): &(Timestamp, String), wanted: &Wanted) -> String {
    match wanted.timestamps {
        true => format!("{} {line}\n", at.strftime("%Y-%m-%dT%H:%M:%S.%9fZ")),
        false => format!("{line}\n"),
    }
}
