//! A minimal component with the same reads and writes as the product: no routes, settings, checks or JSON.

use bytes::Bytes;
use futures::future::join;
use spin_sdk::http::body::IncomingBodyExt;
use spin_sdk::http::{FullBody, Request, Response};
use spin_sdk::http_service;
use spin_sdk::key_value::Store;

type Error = Box<dyn std::error::Error>;

#[http_service]
async fn handle(request: Request) -> Response<FullBody<Bytes>> {
    let (status, body) = match respond(request).await {
        Ok(body) => (200, body),
        Err(error) => (500, Bytes::from(error.to_string())),
    };
    let mut response = Response::new(FullBody::new(body));
    *response.status_mut() = status.try_into().unwrap_or_default();
    response
}

/// `GET /?KEY&KEY&SIZE` reads two keys and responds with SIZE bytes. `POST /?KEY&SIZE` reads the body and
/// the key, and writes SIZE bytes to the key.
async fn respond(request: Request) -> Result<Bytes, Error> {
    let query = request.uri().query().unwrap_or_default().to_owned();
    let mut parts = query.split('&');
    let mut next = || parts.next().ok_or("the query has too few parts");
    let (method, first) = (request.method().as_str().to_owned(), next()?);
    let store = Store::open("default").await?;
    if method == "GET" {
        let (second, size) = (next()?, next()?.parse()?);
        let (first, second) = join(store.get(first), store.get(second)).await;
        first?.ok_or("the first key does not exist")?;
        second?.ok_or("the second key does not exist")?;
        return Ok(Bytes::from(vec![b' '; size]));
    }
    let size = next()?.parse()?;
    request.into_body().bytes().await?;
    store.get(first).await?;
    store.set(first, vec![b' '; size]).await?;
    Ok(Bytes::from_static(b"{\"outcome\":\"stored\",\"reason\":null}"))
}
