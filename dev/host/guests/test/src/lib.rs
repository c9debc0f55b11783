//! The component of the host's tests. Each path uses one feature of the host and responds in plain text.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use futures::SinkExt;
use futures::future::join_all;
use http_body_util::BodyExt;
use spin_sdk::http::body::{self, IncomingBodyExt};
use spin_sdk::http::{BoxBody, FullBody, Request, Response, box_body};
use spin_sdk::time::sleep;
use spin_sdk::wasip3::http::types::RequestOptions;
use spin_sdk::wasip3::http_compat::RequestOptionsExtension;
use spin_sdk::{http_service, variables};

mod spin_key_value;
mod spin_redis;
mod wasi_keyvalue;

type HandlerResult = Result<Response<BoxBody>, String>;

/// Bytes. Far less than the test sends.
const MAX_UPLOAD_BYTES: usize = 1 << 20;

#[http_service]
async fn handle(request: Request) -> Response<BoxBody> {
    dispatch(request).await.unwrap_or_else(|error| respond(500, error))
}

async fn dispatch(request: Request) -> HandlerResult {
    let path = request.uri().path().to_string();
    let (first, rest) = path.trim_start_matches('/').split_once('/').unwrap_or((&path, ""));
    match (first.trim_start_matches('/'), rest) {
        ("kv", key) => spin_key_value::value(request, key).await,
        ("keys", _) => spin_key_value::keys().await,
        ("open", label) => spin_key_value::open_only(label).await,
        ("size", key) => spin_key_value::size(key).await,
        ("fill", bytes) => spin_key_value::fill(bytes.parse().map_err(debug)?).await,
        ("increment", key) => text(wasi_keyvalue::increment(key)?.to_string()),
        ("get-and-increment", key) => {
            join_all((0..8).map(|_| spin_key_value::size(key))).await;
            text(wasi_keyvalue::increment(key)?.to_string())
        }
        ("contended-swap", key) => text(wasi_keyvalue::contended_swap(key)?),
        ("swap", key) => text(wasi_keyvalue::swap(key)?),
        ("batch", _) => text(wasi_keyvalue::batch()?),
        ("redis", call) => spin_redis::call(call, request.uri().query().unwrap_or_default()).await,
        ("fetch", _) => fetch(request).await,
        ("variable", name) => text(variables::get(name).await.map_err(debug)?),
        ("environment", name) => text(std::env::var(name).map_err(debug)?),
        ("time", _) => {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).map_err(debug)?;
            text(now.as_secs().to_string())
        }
        ("print", _) => {
            println!("to stdout");
            // Two writes that the host must join to one line.
            eprint!("to ");
            eprintln!("stderr");
            text("")
        }
        ("concurrency", _) => concurrency().await,
        ("wait", _) => {
            sleep(Duration::from_secs(3)).await;
            text("")
        }
        ("stream", _) => stream(Duration::from_millis(500)),
        ("stream-fast", _) => stream(Duration::from_millis(1)),
        ("echo", _) => Ok(Response::new(box_body(request.into_body()))),
        ("upload", _) => upload(request, MAX_UPLOAD_BYTES).await,
        ("upload-unlimited", _) => upload(request, usize::MAX).await,
        ("request-count", _) => request_count(),
        ("allocate", bytes) => {
            let bytes = vec![1_u8; bytes.parse().map_err(debug)?];
            text(bytes.len().to_string())
        }
        ("trap", _) => std::process::abort(),
        ("loop", _) => loop {
            std::hint::black_box(());
        },
        ("hang", _) => hang().await,
        ("later", path) => later(format!("http://guest.spin.internal/{path}")),
        _ => text(headers(&request)),
    }
}

fn headers(request: &Request) -> String {
    let lines = request.headers().iter();
    lines
        .map(|(name, value)| format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes())))
        .collect()
}

/// Sends a request to the URL in the query, and responds with its status and body, or its error.
async fn fetch(request: Request) -> HandlerResult {
    let url = request.uri().query().unwrap_or_default();
    let mut outbound =
        spin_sdk::http::Request::get(url).body(FullBody::new(Bytes::new())).map_err(debug)?;
    let options = RequestOptions::new();
    // In nanoseconds. Short, so that a test can wait for them.
    options.set_connect_timeout(Some(500_000_000)).map_err(debug)?;
    options.set_first_byte_timeout(Some(500_000_000)).map_err(debug)?;
    options.set_between_bytes_timeout(Some(500_000_000)).map_err(debug)?;
    outbound.extensions_mut().insert(RequestOptionsExtension(options));
    match spin_sdk::http::send(outbound).await {
        Ok(response) => {
            let status = response.status().as_u16();
            let body = response.into_body().bytes().await.map_err(debug)?;
            text(format!("{status} {}", String::from_utf8_lossy(&body)))
        }
        Err(error) => text(format!("{error:?}")),
    }
}

/// Responds with the largest number of requests that this instance has had at the same time.
async fn concurrency() -> HandlerResult {
    static RUNNING: AtomicU64 = AtomicU64::new(0);
    static MAX_RUNNING: AtomicU64 = AtomicU64::new(0);
    MAX_RUNNING.fetch_max(RUNNING.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
    sleep(Duration::from_millis(300)).await;
    RUNNING.fetch_sub(1, Ordering::Relaxed);
    text(MAX_RUNNING.load(Ordering::Relaxed).to_string())
}

/// Streams two chunks, and waits after each.
fn stream(pause: Duration) -> HandlerResult {
    let (mut sender, body) = body::stream::<&'static str>();
    spin_sdk::wasip3::spawn(async move {
        for chunk in ["first", "last"] {
            if sender.send(chunk).await.is_err() {
                return;
            }
            sleep(pause).await;
        }
    });
    Ok(Response::new(box_body(body)))
}

/// Responds, and then sends three requests to this URL.
fn later(url: String) -> HandlerResult {
    spin_sdk::wasip3::spawn(async move {
        sleep(Duration::from_millis(20)).await;
        for _ in 0..3 {
            let request = spin_sdk::http::Request::get(&url).body(FullBody::new(Bytes::new()));
            let Ok(request) = request else { return };
            // The test sees which of them took effect.
            drop(spin_sdk::http::send(request).await);
        }
        println!("sent all");
    });
    text("")
}

/// Waits longer than any test, and prints how many requests wait in this instance.
async fn hang() -> HandlerResult {
    static WAITING: AtomicU64 = AtomicU64::new(0);
    println!("{} waiting", WAITING.fetch_add(1, Ordering::Relaxed) + 1);
    sleep(Duration::from_secs(60)).await;
    text("")
}

/// Responds with the number of these requests that this instance has had.
fn request_count() -> HandlerResult {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    text((COUNT.fetch_add(1, Ordering::Relaxed) + 1).to_string())
}

async fn upload(request: Request, limit: usize) -> HandlerResult {
    let mut body = request.into_body();
    let mut received = 0;
    while let Some(frame) = body.frame().await {
        received += frame.map_err(debug)?.data_ref().map_or(0, Bytes::len);
        if received > limit {
            return Ok(respond(413, "too large"));
        }
    }
    text(received.to_string())
}

fn text(content: impl Into<Bytes>) -> HandlerResult {
    Ok(respond(200, content))
}

fn respond(status: u16, content: impl Into<Bytes>) -> Response<BoxBody> {
    let mut response = Response::new(box_body(FullBody::new(content.into())));
    *response.status_mut() = status.try_into().unwrap_or_default();
    response
}

fn debug(error: impl std::fmt::Debug) -> String {
    format!("{error:?}")
}
