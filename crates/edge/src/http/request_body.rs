//! Reading the body of a call, with limits on its size and time.

use super::call::Call;
use crate::{
    error::{Error, Result},
    host::sleep,
};
use futures::{
    StreamExt,
    future::{Either, select},
};
use http_body_util::BodyDataStream;
use nokube_domain::{ProblemKind, fields::Fields};
use std::{pin::pin, time::Duration};

/// The longest JSON or form body.
const MAX_FIELDS_BYTES: usize = 256 * 1024;

/// The time in which a body must arrive, so that slow clients do not occupy an instance. A body that has
/// arrived may also have to wait, because each call of Spin's SQLite store blocks its instance. It is enough for the
/// 25 MB of a webhook: GitHub waits 10 seconds for the response. A hosted Spin ends a request after 30 s.
const BODY_TIMEOUT: Duration = Duration::from_secs(25);

impl Call {
    /// The fields of a JSON body, and the body itself.
    ///
    /// # Errors
    /// The body is not JSON, or too long.
    pub async fn json_fields(&mut self) -> Result<(Fields, Vec<u8>)> {
        self.require_json()?;
        let body = self.read_body(MAX_FIELDS_BYTES, |_| {}).await?;
        Ok((Fields::from_json(&body)?, body))
    }

    /// The fields of a JSON body; `None` for an empty body.
    ///
    /// # Errors
    /// The body is not JSON, or too long.
    pub async fn optional_json_fields(&mut self) -> Result<Option<Fields>> {
        let body = self.read_body(MAX_FIELDS_BYTES, |_| {}).await?;
        if body.is_empty() {
            return Ok(None);
        }
        self.require_json()?;
        Ok(Some(Fields::from_json(&body)?))
    }

    /// The fields of a form, which OAuth's endpoints take, or of a JSON body.
    ///
    /// # Errors
    /// The body is neither, or too long.
    pub async fn form_or_json_fields(&mut self) -> Result<Fields> {
        if !self.has_content_type("application/x-www-form-urlencoded") {
            return Ok(self.json_fields().await?.0);
        }
        let body = self.read_body(MAX_FIELDS_BYTES, |_| {}).await?;
        Ok(Fields::from_form(url::form_urlencoded::parse(&body).into_owned()))
    }

    fn require_json(&self) -> Result<()> {
        if self.has_content_type("application/json") {
            return Ok(());
        }
        Err(Error::problem(
            ProblemKind::UnsupportedMediaType,
            "Send JSON, with 'Content-Type: application/json'.",
        ))
    }

    fn has_content_type(&self, media_type: &str) -> bool {
        self.header("content-type").is_some_and(|value| {
            let essence = value.split(';').next().unwrap_or_default().trim();
            essence.eq_ignore_ascii_case(media_type)
        })
    }

    /// Reads the body, at most `max_bytes` of it, and passes each chunk to `inspect` as it arrives.
    ///
    /// # Errors
    /// As [`Self::stream_body`].
    pub async fn read_body(
        &mut self,
        max_bytes: usize,
        mut inspect: impl FnMut(&[u8]),
    ) -> Result<Vec<u8>> {
        let length = self.content_length().unwrap_or_default();
        let mut body = Vec::with_capacity(length.min(max_bytes));
        let keep = |chunk: &[u8]| {
            inspect(chunk);
            body.extend_from_slice(chunk);
        };
        self.stream_body(max_bytes, keep).await?;
        Ok(body)
    }

    /// Passes each chunk of the body to `inspect` as it arrives, and keeps none.
    ///
    /// # Errors
    /// 413 as soon as the body is known to be longer than `max_bytes`: by its `Content-Length`, or by counting.
    pub async fn stream_body(
        &mut self,
        max_bytes: usize,
        mut inspect: impl FnMut(&[u8]),
    ) -> Result<()> {
        let too_large = || {
            let detail = format!("The body must have at most {} KiB.", max_bytes / 1024);
            Error::problem(ProblemKind::TooLarge, detail)
        };
        if self.content_length().is_some_and(|length| length > max_bytes) {
            return Err(too_large());
        }
        let Some(incoming) = self.body.take() else { return Ok(()) };
        let mut chunks = BodyDataStream::new(incoming);
        let mut timeout = pin!(sleep(BODY_TIMEOUT));
        let mut bytes_left = max_bytes;
        loop {
            let chunk = match select(chunks.next(), timeout.as_mut()).await {
                Either::Left((Some(chunk), _)) => chunk,
                Either::Left((None, _)) => return Ok(()),
                Either::Right(_) => {
                    return Err(Error::problem(
                        ProblemKind::TooSlow,
                        "The body did not arrive in time. Send it again.",
                    ));
                }
            };
            let chunk = chunk
                .map_err(|_| Error::problem(ProblemKind::Malformed, "The body is incomplete."))?;
            bytes_left = bytes_left.checked_sub(chunk.len()).ok_or_else(too_large)?;
            inspect(&chunk);
        }
    }

    fn content_length(&self) -> Option<usize> {
        self.header("content-length").and_then(|text| text.parse().ok())
    }
}
