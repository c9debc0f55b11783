//! A commit as it is shown to people.

use crate::repository::CommitSha;
use serde::{Deserialize, Serialize};

/// The longest subject or author, in characters.
const MAX_CHARS: usize = 120;

/// A commit with the first line of its message. The text is the committer's: it identifies nobody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = Commit))]
pub struct CommitSummary {
    pub sha: CommitSha,
    /// The first line of its message; at most 120 characters, without control characters and e-mail addresses.
    pub subject: String,
    /// The login of its author at GitHub or, if GitHub knows none, the name in the commit. Never an e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false))]
    pub author: Option<String>,
}

impl CommitSummary {
    pub fn new(sha: CommitSha, message: &str, author: Option<&str>) -> Self {
        let first_line = message.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let subject = plain_text(&without_addresses(first_line));
        let author =
            author.map(plain_text).filter(|author| !author.is_empty() && !author.contains('@'));
        Self { sha, subject, author }
    }
}

/// The text with `…` in place of words that contain an e-mail address.
pub(crate) fn without_addresses(text: &str) -> String {
    let is_address = |word: &str| {
        word.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'))
    };
    let words = text.split(' ').map(|word| if is_address(word) { "…" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

/// The text in one line, without characters that are invisible or that change the direction of writing.
pub(crate) fn plain_text(text: &str) -> String {
    let is_shown = |c: &char| {
        !c.is_control()
            && !matches!(*c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    let text: String = text.trim().chars().filter(is_shown).collect();
    match text.char_indices().nth(MAX_CHARS) {
        None => text,
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default().trim_end()),
    }
}
