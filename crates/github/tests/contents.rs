//! What GitHub sends of a file, and how it is asked for.
#![allow(clippy::unwrap_used)] // Tests.

mod common;

use common::response;
use nokube_domain::pushes::FileContents;
use nokube_github::responses::file_contents;
use serde_json::{Value, json};

fn read(body: &Value) -> Option<FileContents> {
    file_contents(&response(200, &[], &body.to_string())).ok()
}

fn file(size: usize, encoding: &str, content: &str) -> Value {
    json!({ "type": "file", "size": size, "encoding": encoding, "content": content })
}

#[test]
fn a_file_is_read_and_everything_else_is_none() {
    let text = |text: &str| Some(FileContents::Text(text.to_owned()));
    // GitHub's lines end after 60 characters.
    assert_eq!(read(&file(11, "base64", "cHJvamVj\ndCA9IDE=\n")), text("project = 1"));
    assert_eq!(read(&file(0, "base64", "")), text(""));
    assert_eq!(read(&json!([])), Some(FileContents::NoFile));
    for kind in ["dir", "symlink", "submodule"] {
        assert_eq!(read(&json!({ "type": kind, "size": 0 })), Some(FileContents::NoFile));
    }
    assert_eq!(read(&file(65_537, "base64", "eA==")), Some(FileContents::TooLarge));
    assert_eq!(read(&file(2_000_000, "none", "")), Some(FileContents::TooLarge));
    assert_eq!(read(&file(1, "base64", "/w==")), Some(FileContents::NotUtf8));
}

/// Nothing is concluded from a response that GitHub does not document.
#[test]
fn a_response_of_another_form_is_an_error() {
    for body in [
        json!({}),
        json!(null),
        json!({ "type": 5 }),
        file(10, "none", ""),
        file(10, "", "eA=="),
        file(10, "base64", "%"),
    ] {
        assert_eq!(read(&body), None, "{body}");
    }
}
