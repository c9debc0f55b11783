//! What was probably meant by an invalid host or path.

use super::Host;
use crate::text::{InvalidText, with_suggestion};

const WILDCARD: InvalidText = InvalidText("must be a single host: not a wildcard");
const ADDRESS: InvalidText = InvalidText("must be the name of a host, not an IP address");
const NOT_ASCII: InvalidText =
    InvalidText("must be in its ASCII form (Punycode), as browsers send it");

impl Host {
    /// Parses the value of a field. The error says what is wrong, and what was probably meant.
    pub(super) fn parse_field(text: &str) -> Result<Self, String> {
        text.parse().map_err(|error: InvalidText| {
            let host = host_of(text);
            let ip = host.trim_matches(['[', ']']);
            let error = if host.contains('*') {
                WILDCARD
            } else if ip.parse::<std::net::IpAddr>().is_ok() {
                ADDRESS
            } else if !host.is_ascii() {
                NOT_ASCII
            } else {
                error
            };
            let meant = to_ascii(&host).filter(|meant| meant.parse::<Self>().is_ok());
            with_suggestion(error, meant)
        })
    }
}

/// The host in a URL, or in a host with a port or a trailing dot; in lower case.
fn host_of(text: &str) -> String {
    let text = text.trim();
    let text = text.split_once("://").map_or(text, |(_, rest)| rest).trim_start_matches('/');
    let text = text.split(['/', '?', '#']).next().unwrap_or_default();
    let text = text.rsplit_once('@').map_or(text, |(_, host)| host);
    let host = match text.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') && port.bytes().all(|b| b.is_ascii_digit()) => {
            host
        }
        _ => text,
    };
    // The full stops of East Asian scripts separate labels too.
    let host = host.replace(['。', '．', '｡'], ".");
    host.trim_end_matches('.').to_lowercase()
}

/// The host with its labels in ASCII: `bücher.example` becomes `xn--bcher-kva.example`.
fn to_ascii(host: &str) -> Option<String> {
    // DNS needs the composed form of a letter (NFC), and nothing here composes letters and combining marks.
    let has_combining_mark = host.chars().any(|c| ('\u{300}'..='\u{36f}').contains(&c));
    if host.len() > 253 || has_combining_mark {
        return None;
    }
    let labels = host.split('.').map(|label| match label.is_ascii() {
        true => Some(label.to_owned()),
        false => idna::punycode::encode_str(label).map(|encoded| format!("xn--{encoded}")),
    });
    Some(labels.collect::<Option<Vec<_>>>()?.join("."))
}

/// The path of a URL, or a path with its leading slash.
pub(super) fn valid_path(text: &str) -> Option<String> {
    let text = text.trim();
    let path = match text.split_once("://") {
        Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path),
        None => text.trim_start_matches('/'),
    };
    Some(format!("/{path}"))
}
