//! The least that a component can do for the same reads and writes as the product's: no routes, no
//! settings, no checks, no JSON.

use bytes::Bytes;
use futures::future::join;
use spin_sdk::http::body::IncomingBodyExt;
use spin_sdk::http::{FullBody, Request, Response};
use spin_sdk::http_service;
use spin_sdk::key_value::Store;

type Error = Box<dyn std::error::Error>;

#[http_service]
async fn handle(request: Request) -> Response<FullBody<Bytes>> {
    let (status, body) = match answer(request).await {
        Ok(body) => (200, body),
        Err(error) => (500, Bytes::from(error.to_string())),
    };
    let mut response = Response::new(FullBody::new(body));
    *response.status_mut() = status.try_into().unwrap_or_default();
    response
}

/// `GET /?KEY&KEY&SIZE` reads two keys and answers with so many bytes. `POST /?KEY&SIZE` takes a body,
/// reads a key, and writes so many bytes to it.
async fn answer(request: Request) -> Result<Bytes, Error> {
    let query = request.uri().query().unwrap_or_default().to_owned();
    let mut parts = query.split('&');
    let mut next = || parts.next().ok_or("the query has too few parts");
    let (method, first) = (request.method().as_str().to_owned(), next()?);
    let store = Store::open("default").await?;
    if method == "GET" {
        let (second, size) = (next()?, next()?.parse()?);
        let (one, other) = join(store.get(first), store.get(second)).await;
        one?.ok_or("the first key is not there")?;
        other?.ok_or("the second key is not there")?;
        return Ok(Bytes::from(vec![b' '; size]));
    }
    let size = next()?.parse()?;
    request.into_body().bytes().await?;
    store.get(first).await?;
    store.set(first, vec![b' '; size]).await?;
    Ok(Bytes::from_static(b"{\"outcome\":\"stored\",\"reason\":null}"))
}
