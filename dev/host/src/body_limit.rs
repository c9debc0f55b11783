//! The limit of bodies: of a client's request, and of the response to it.

use http::Request;
use http_body::Body;
use http_body_util::{BodyExt, Limited};
use wasmtime_wasi_http::{Error, WasiBody};

/// Whether the head of a request says that its body is longer than `max` bytes.
pub(crate) fn is_exceeded(request: &Request<WasiBody>, max: usize) -> bool {
    usize::try_from(request.body().size_hint().lower()).is_ok_and(|length| length > max)
}

/// A request body whose length is known only when it is read: the component gets an error after `max` bytes.
pub(crate) fn of_request(body: WasiBody, max: usize) -> WasiBody {
    limited(body, max, Error::HttpRequestBodySize)
}

/// The connection is closed after `max` bytes.
pub(crate) fn of_response(body: WasiBody, max: usize) -> WasiBody {
    limited(body, max, Error::HttpResponseBodySize)
}

fn limited(body: WasiBody, max: usize, too_long: fn(Option<u64>) -> Error) -> WasiBody {
    let error = move |error: Box<dyn std::error::Error + Send + Sync>| match error.downcast() {
        Ok(error) => *error,
        Err(_) => too_long(u64::try_from(max).ok()),
    };
    Limited::new(body, max).map_err(error).boxed_unsync()
}
