//! The guest of the host's tests: one path for each thing that a component may
//! ask of its host, answered in plain text.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use futures::SinkExt;
use http_body_util::BodyExt;
use spin_sdk::http::body::{self, IncomingBodyExt};
use spin_sdk::http::{BoxBody, FullBody, Request, Response, box_body};
use spin_sdk::time::sleep;
use spin_sdk::wasip3::http::types::RequestOptions;
use spin_sdk::wasip3::http_compat::RequestOptionsExtension;
use spin_sdk::{http_service, variables};

mod counter;
mod storage;

type Answer = Result<Response<BoxBody>, String>;

/// The cap on an upload, far below what the test sends.
const UPLOAD_LIMIT: usize = 1 << 20;

#[http_service]
async fn handle(request: Request) -> Response<BoxBody> {
    answer(request).await.unwrap_or_else(|error| respond(500, error))
}

async fn answer(request: Request) -> Answer {
    let path = request.uri().path().to_string();
    let (first, rest) = path.trim_start_matches('/').split_once('/').unwrap_or((&path, ""));
    match (first.trim_start_matches('/'), rest) {
        ("kv", key) => storage::value(request, key).await,
        ("keys", _) => storage::keys().await,
        ("open", label) => storage::open_only(label).await,
        ("size", key) => storage::size(key).await,
        ("fill", bytes) => storage::fill(bytes.parse().map_err(debug)?).await,
        ("increment", key) => text(counter::increment(key)?.to_string()),
        ("swap", key) => text(counter::swap(key)?),
        ("swap-alone", key) => text(counter::swap_alone(key)?),
        ("many", _) => text(counter::many()?),
        ("fetch", _) => fetch(request).await,
        ("variable", name) => text(variables::get(name).await.map_err(debug)?),
        ("environment", name) => text(std::env::var(name).map_err(debug)?),
        ("time", _) => {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).map_err(debug)?;
            text(now.as_secs().to_string())
        }
        ("print", _) => {
            println!("said aloud");
            // In two pieces, which must become one line.
            eprint!("said ");
            eprintln!("quietly");
            text("")
        }
        ("together", _) => together().await,
        ("stream", _) => stream(Duration::from_millis(500)),
        ("pieces", _) => stream(Duration::from_millis(1)),
        ("echo", _) => Ok(Response::new(box_body(request.into_body()))),
        ("upload", _) => upload(request, UPLOAD_LIMIT).await,
        ("swallow", _) => upload(request, usize::MAX).await,
        ("served", _) => served(),
        ("allocate", bytes) => {
            let bytes = vec![1_u8; bytes.parse().map_err(debug)?];
            text(bytes.len().to_string())
        }
        ("trap", _) => std::process::abort(),
        ("loop", _) => loop {
            std::hint::black_box(());
        },
        ("hang", _) => hang().await,
        _ => text(headers(&request)),
    }
}

fn headers(request: &Request) -> String {
    let lines = request.headers().iter();
    lines
        .map(|(name, value)| format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes())))
        .collect()
}

/// Sends a request to the URL in the query and tells what came of it.
async fn fetch(request: Request) -> Answer {
    let url = request.uri().query().unwrap_or_default();
    let mut outbound =
        spin_sdk::http::Request::get(url).body(FullBody::new(Bytes::new())).map_err(debug)?;
    let options = RequestOptions::new();
    // Far below the default of ten minutes, so that a test can see them honoured. Nanoseconds.
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

/// How many requests this instance has at once, at the most.
async fn together() -> Answer {
    static NOW: AtomicU64 = AtomicU64::new(0);
    static MOST: AtomicU64 = AtomicU64::new(0);
    MOST.fetch_max(NOW.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
    sleep(Duration::from_millis(300)).await;
    NOW.fetch_sub(1, Ordering::Relaxed);
    text(MOST.load(Ordering::Relaxed).to_string())
}

/// Two pieces, and so much time after each.
fn stream(pause: Duration) -> Answer {
    let (mut sender, body) = body::stream::<&'static str>();
    spin_sdk::wasip3::spawn(async move {
        for piece in ["first", "last"] {
            if sender.send(piece).await.is_err() {
                return;
            }
            sleep(pause).await;
        }
    });
    Ok(Response::new(box_body(body)))
}

/// Waits longer than any test, and prints how many do so in this instance.
async fn hang() -> Answer {
    static WAITING: AtomicU64 = AtomicU64::new(0);
    println!("{} waiting", WAITING.fetch_add(1, Ordering::Relaxed) + 1);
    sleep(Duration::from_secs(60)).await;
    text("")
}

/// How many requests this instance has had.
fn served() -> Answer {
    static SERVED: AtomicU64 = AtomicU64::new(0);
    text((SERVED.fetch_add(1, Ordering::Relaxed) + 1).to_string())
}

async fn upload(request: Request, limit: usize) -> Answer {
    let mut body = request.into_body();
    let mut taken = 0;
    while let Some(frame) = body.frame().await {
        taken += frame.map_err(debug)?.data_ref().map_or(0, Bytes::len);
        if taken > limit {
            return Ok(respond(413, "too much"));
        }
    }
    text(taken.to_string())
}

fn text(content: impl Into<Bytes>) -> Answer {
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
