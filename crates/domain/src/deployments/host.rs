//! Hosts, URL paths, and patterns for custom domains.

use super::host_suggestion::valid_path;
use crate::text::{InvalidText, checked_text, parse_or_suggest, valid_if};
use std::str::FromStr;

checked_text!(
    /// A host name with at least two labels, in lower case (RFC 1123).
    Host,
    |text: &str| {
        let text = text.to_ascii_lowercase();
        let is_valid = is_host(&text) && text.contains('.');
        valid_if(is_valid, text, "must be a host such as shop.example.org, without https:// and port")
    }
);

checked_text!(
    /// The path of a URL. It begins with `/` and contains neither `//` nor `..`.
    UrlPath,
    |text: &str| {
        let is_allowed = |b: u8| b.is_ascii_alphanumeric() || b"-._~/%?=&+:@".contains(&b);
        let is_valid = text.len() <= 300
            && text.starts_with('/')
            && text.bytes().all(is_allowed)
            && !text.contains("//")
            && !text.split('/').any(|part| matches!(part, "." | ".."));
        valid_if(is_valid, text, "must be a path such as /health, of letters, digits and -._~/%?=&+:@")
    }
);

/// A custom domain that the operator allows: a host, or `*.` and a domain for all hosts below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainPattern {
    is_wildcard: bool,
    host: Host,
}

impl FromStr for DomainPattern {
    type Err = InvalidText;

    fn from_str(text: &str) -> Result<Self, InvalidText> {
        let (is_wildcard, host) = match text.strip_prefix("*.") {
            Some(domain) => (true, domain),
            None => (false, text),
        };
        host.parse()
            .map(|host| Self { is_wildcard, host })
            .map_err(|_| InvalidText("must be hosts such as shop.example.org or *.example.org"))
    }
}

impl DomainPattern {
    pub(super) fn matches(&self, host: &Host) -> bool {
        if self.is_wildcard { host.is_below(&self.host) } else { *host == self.host }
    }
}

impl UrlPath {
    /// Parses the value of a field. The error says what was probably meant.
    pub(crate) fn parse_field(text: &str) -> Result<Self, String> {
        parse_or_suggest(text, valid_path)
    }
}

impl Host {
    /// True if neither host equals or is below the other. Hosts below a common domain of the two could
    /// set each other's cookies.
    pub fn is_unrelated_to(&self, other: &Self) -> bool {
        self != other && !self.is_below(other) && !other.is_below(self)
    }

    /// True for a subdomain of `domain`, but not for the domain itself.
    pub(super) fn is_below(&self, domain: &Self) -> bool {
        let prefix = self.as_str().strip_suffix(domain.as_str());
        prefix.is_some_and(|prefix| prefix.len() > 1 && prefix.ends_with('.'))
    }
}

fn is_host(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    // Without a letter in the last label it would be an IP address.
    text.len() <= 253
        && text.split('.').all(is_label)
        && text.rsplit('.').next().is_some_and(|top| top.bytes().any(|b| b.is_ascii_lowercase()))
}
