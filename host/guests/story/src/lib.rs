//! The guest of the host's tests: one path for each thing that a component may
//! ask of its host, answered in plain text.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use futures::SinkExt;
use http_body_util::BodyExt;
use spin_sdk::http::body::{self, IncomingBodyExt};
use spin_sdk::http::{BoxBody, FullBody, Request, Response, box_body};
use spin_sdk::key_value::Store;
use spin_sdk::time::sleep;
use spin_sdk::wasip3::http::types::RequestOptions;
use spin_sdk::wasip3::http_compat::RequestOptionsExtension;
use spin_sdk::{http_service, variables};

mod counter;

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
        ("kv", key) => key_value(request, key).await,
        ("keys", _) => {
            let keys = open("default").await?.get_keys().await.collect().await;
            text(keys.map_err(debug)?.join(" "))
        }
        ("open", label) => text(format!("{:?}", Store::open(label).await.err())),
        ("increment", key) => text(counter::increment(key)?.to_string()),
        ("swap", key) => text(counter::swap(key)?),
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
        ("stream", _) => stream(),
        ("echo", _) => Ok(Response::new(box_body(request.into_body()))),
        ("upload", _) => upload(request).await,
        ("allocate", bytes) => {
            let bytes = vec![1_u8; bytes.parse().map_err(debug)?];
            text(bytes.len().to_string())
        }
        ("trap", _) => std::process::abort(),
        ("hang", _) => {
            sleep(Duration::from_secs(60)).await;
            text("")
        }
        _ => text(headers(&request)),
    }
}

fn headers(request: &Request) -> String {
    let lines = request.headers().iter();
    lines
        .map(|(name, value)| format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes())))
        .collect()
}

async fn key_value(request: Request, key: &str) -> Answer {
    let store = open("default").await?;
    match request.method().as_str() {
        "PUT" => {
            let value = request.into_body().bytes().await.map_err(debug)?;
            store.set(key, value).await.map_err(debug)?;
            text("")
        }
        "DELETE" => {
            store.delete(key).await.map_err(debug)?;
            text("")
        }
        "HEAD" => match store.exists(key).await.map_err(debug)? {
            true => text(""),
            false => Ok(respond(404, "")),
        },
        _ => match store.get(key).await.map_err(debug)? {
            Some(value) => text(value),
            None => Ok(respond(404, "")),
        },
    }
}

/// Sends a request to the URL in the query and tells what came of it.
async fn fetch(request: Request) -> Answer {
    let url = request.uri().query().unwrap_or_default();
    let mut outbound =
        spin_sdk::http::Request::get(url).body(FullBody::new(Bytes::new())).map_err(debug)?;
    let options = RequestOptions::new();
    // Far below the default of ten minutes, so that a test can see it honoured.
    options.set_first_byte_timeout(Some(500_000_000)).map_err(debug)?;
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

fn stream() -> Answer {
    let (mut sender, body) = body::stream::<&'static str>();
    spin_sdk::wasip3::spawn(async move {
        for piece in ["first", "last"] {
            if sender.send(piece).await.is_err() {
                return;
            }
            sleep(Duration::from_millis(500)).await;
        }
    });
    Ok(Response::new(box_body(body)))
}

async fn upload(request: Request) -> Answer {
    let mut body = request.into_body();
    let mut taken = 0;
    while let Some(frame) = body.frame().await {
        taken += frame.map_err(debug)?.data_ref().map_or(0, Bytes::len);
        if taken > UPLOAD_LIMIT {
            return Ok(respond(413, "too much"));
        }
    }
    text(taken.to_string())
}

async fn open(label: &str) -> Result<Store, String> {
    Store::open(label).await.map_err(debug)
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
