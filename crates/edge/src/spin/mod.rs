//! The host of components, Spin. Only this module calls its SDK.

#[cfg(not(feature = "hosted"))]
mod key_value;
mod log;
mod redis;

pub use spin_sdk::http::{Request, Response};

use crate::{
    host::{Host, HostFuture, KeyValue, LogLevel},
    http::{BodyError, BoxBody, RequestBody},
    outbound::{OutboundError, Timeouts},
};
use futures::future::LocalBoxFuture;
use http_body_util::{BodyExt, Full};
use nokube_domain::Timestamp;
use spin_sdk::{
    http::IncomingMessage,
    variables,
    wasip3::{
        self,
        http::types::RequestOptions,
        http_compat::{IncomingBody, RequestOptionsExtension},
    },
};
use std::{
    future::{poll_fn, ready},
    pin::pin,
    rc::Rc,
    time::Duration,
};

pub struct Spin;

/// Reads the bytes of a counter: 8 bytes little-endian on SQLite, decimal text on Redis. Eight ASCII
/// digits are read as text: as a number they would be above 10^18, which no counter reaches.
fn counter_value(bytes: &[u8]) -> i64 {
    let text = std::str::from_utf8(bytes).ok().and_then(|text| text.parse::<i64>().ok());
    text.or_else(|| bytes.try_into().ok().map(i64::from_le_bytes)).unwrap_or(0)
}

impl Host for Spin {
    fn open_store(&self, redis_url: Option<&str>) -> HostFuture<'static, Rc<dyn KeyValue>> {
        match redis_url {
            Some(url) => Box::pin(ready(Ok(redis::store(url)))),
            #[cfg(not(feature = "hosted"))]
            None => Box::pin(key_value::store()),
            // What a component imports is fixed when it is compiled (docs/adr/0044).
            #[cfg(feature = "hosted")]
            None => Box::pin(ready(Err("there is no store without state_redis_url".into()))),
        }
    }

    fn send(
        &self,
        request: http::Request<Vec<u8>>,
        timeouts: Timeouts,
    ) -> HostFuture<'static, http::Response<BoxBody>, OutboundError> {
        Box::pin(send(request, timeouts))
    }

    fn variable<'a>(&'a self, name: &'a str) -> HostFuture<'a, Option<String>> {
        Box::pin(async move {
            match variables::get(name).await {
                Ok(text) => Ok(Some(text)),
                Err(variables::Error::Undefined(_)) => Ok(None),
                Err(error) => Err(error.to_string()),
            }
        })
    }

    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn sleep(&self, duration: Duration) -> LocalBoxFuture<'static, ()> {
        Box::pin(spin_sdk::time::sleep(duration))
    }

    fn spawn(&self, task: LocalBoxFuture<'static, ()>) {
        wasip3::spawn(task);
    }

    fn log(&self, level: LogLevel, line: String) {
        log::write(level, line + "\n");
    }
}

impl<T: IncomingMessage> RequestBody for IncomingBody<T>
where
    Self: Send + 'static,
{
    fn boxed(self) -> BoxBody {
        self.map_err(|_| BodyError("the body is incomplete".into())).boxed_unsync()
    }
}

async fn send(
    request: http::Request<Vec<u8>>,
    timeouts: Timeouts,
) -> Result<http::Response<BoxBody>, OutboundError> {
    let options = RequestOptions::new();
    let nanos = |time: Duration| Some(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    // A host may not support one of these and keeps its own limit then; `outbound::send` limits the total as well.
    let _ = options.set_connect_timeout(nanos(timeouts.connect));
    let _ = options.set_first_byte_timeout(nanos(timeouts.idle));
    let _ = options.set_between_bytes_timeout(nanos(timeouts.idle));
    let mut request = request.map(|body| Full::new(bytes::Bytes::from(body)));
    request.extensions_mut().insert(RequestOptionsExtension(options));
    let response = poll_twice(spin_sdk::http::send(request)).await;
    match response {
        Ok(response) => Ok(response
            .map(|body| body.map_err(|error| BodyError(format!("{error:?}"))).boxed_unsync())),
        Err(error) => Err(OutboundError(format!("{error:?}"))),
    }
}

/// Polls `future`, and wakes the task once right after the first poll.
///
/// Sending spawns a task that writes the request's body. wit-bindgen 0.57 polls such a task only when the
/// spawning task is next woken (`Tasks::poll_next`). Nothing else may wake it before the response comes,
/// and the server may wait for the body before it responds.
async fn poll_twice<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut is_first = true;
    poll_fn(|context| {
        let poll = future.as_mut().poll(context);
        if std::mem::take(&mut is_first) && poll.is_pending() {
            context.waker().wake_by_ref();
        }
        poll
    })
    .await
}
