//! What is at a path of a commit.
//!
//! <https://docs.github.com/en/rest/repos/contents>

use super::{ParseError, parse};
use crate::{Response, lenient};
use base64::{Engine, engine::general_purpose::STANDARD};
use nokube_domain::{config_file::MAX_BYTES, pushes::FileContents};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Contents {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default, deserialize_with = "lenient::optional")]
    size: Option<usize>,
    /// `none` for a file of more than 1 MB.
    #[serde(default, deserialize_with = "lenient::text")]
    encoding: String,
    #[serde(default, deserialize_with = "lenient::text")]
    content: String,
}

/// The file at the path. A link to another file of the repository is that file; a directory is a list.
///
/// # Errors
/// The body is none that GitHub documents.
pub fn file_contents(response: &Response) -> Result<FileContents, ParseError> {
    if parse::<Value>(response)?.is_array() {
        return Ok(FileContents::NoFile);
    }
    let Contents { kind, size, encoding, content } = parse(response)?;
    if kind != "file" {
        return Ok(FileContents::NoFile);
    }
    if size.is_some_and(|size| size > MAX_BYTES) {
        return Ok(FileContents::TooLarge);
    }
    let content: String = content.split_ascii_whitespace().collect();
    let bytes = STANDARD.decode(content).ok().filter(|_| encoding == "base64");
    let bytes = bytes.ok_or_else(|| ParseError::missing("content"))?;
    Ok(String::from_utf8(bytes).map_or(FileContents::NotUtf8, FileContents::Text))
}
