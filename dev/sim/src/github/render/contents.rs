//! Files, directories and submodules.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::Links;
use crate::github::model::git::Contents;
use crate::github::model::repositories::Repository;
use crate::hash;

/// GitHub sends no text of larger files.
const MAX_TEXT: usize = 1024 * 1024;
/// The length of GitHub's lines of Base64.
const LINE: usize = 60;

/// `content-file`, `content-directory` or `content-submodule`
pub fn contents(
    links: &Links,
    repository: &Repository,
    sha: &str,
    path: &str,
    contents: &Contents,
) -> Value {
    let entry = |path: &str, kind: &str, size: usize| {
        let blob = hash::sha1_like(&format!("{path} in {sha}"));
        let api = links.repo(&repository.full_name());
        let web = format!("{}/{}", links.web, repository.full_name());
        let (url, git_url) =
            (format!("{api}/contents/{path}?ref={sha}"), format!("{api}/git/blobs/{blob}"));
        let html_url = format!("{web}/blob/{sha}/{path}");
        let download_url = (kind == "file").then(|| format!("{web}/raw/{sha}/{path}"));
        json!({
            "type": kind, "size": size, "name": path.rsplit('/').next(), "path": path, "sha": blob,
            "url": url, "git_url": git_url, "html_url": html_url, "download_url": download_url,
            "_links": {"self": url, "git": git_url, "html": html_url},
        })
    };
    match contents {
        Contents::Directory => json!([entry(&format!("{path}/README.md"), "file", 1)]),
        Contents::Submodule => super::extend(
            entry(path, "submodule", 0),
            json!({"submodule_git_url": "https://github.com/acme/other.git"}),
        ),
        Contents::File(bytes) => {
            let (content, encoding) = match bytes.len() > MAX_TEXT {
                true => (String::new(), "none"),
                false => (lines(&STANDARD.encode(bytes)), "base64"),
            };
            let text = json!({"content": content, "encoding": encoding});
            super::extend(entry(path, "file", bytes.len()), text)
        }
    }
}

/// Base64 has one byte for each character.
fn lines(base64: &str) -> String {
    let lines = base64.as_bytes().chunks(LINE).map(String::from_utf8_lossy);
    lines.map(|line| format!("{line}\n")).collect()
}
