//! `spin:key-value`, by the SDK's `Store`.

use spin_sdk::http::Request;
use spin_sdk::http::body::IncomingBodyExt;
use spin_sdk::key_value::Store;

use crate::{HandlerResult, debug, respond, text};

/// Reads or writes a key of the store in the query, or of the store `default`.
pub async fn value(request: Request, key: &str) -> HandlerResult {
    let store = open(request.uri().query().unwrap_or("default")).await?;
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

pub async fn keys() -> HandlerResult {
    let keys = open("default").await?.get_keys().await.collect().await;
    text(keys.map_err(debug)?.join(" "))
}

pub async fn open_only(label: &str) -> HandlerResult {
    text(format!("{:?}", Store::open(label).await.err()))
}

/// Responds with a value's number of bytes.
pub async fn size(key: &str) -> HandlerResult {
    let value = open("default").await?.get(key).await.map_err(debug)?;
    text(value.unwrap_or_default().len().to_string())
}

/// Writes a value of this number of bytes.
pub async fn fill(bytes: usize) -> HandlerResult {
    open("default").await?.set("filled", vec![b'x'; bytes]).await.map_err(debug)?;
    text("")
}

async fn open(label: &str) -> Result<Store, String> {
    Store::open(label).await.map_err(debug)
}
