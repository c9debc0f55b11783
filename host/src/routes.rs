//! Which trigger answers a path: exact beats wildcard, the longest prefix wins,
//! of two equal routes the last one in the manifest.

use std::cmp::Ordering;

use anyhow::{Result, ensure};

#[derive(Debug, Clone, PartialEq)]
enum Segment {
    Literal(String),
    Parameter(String),
    /// The `...` at the end: whatever follows, and nothing too.
    Rest,
}

/// A route of the manifest, such as `/users/:id/...`.
#[derive(Debug, Clone)]
pub struct Pattern {
    raw: String,
    segments: Vec<Segment>,
}

/// What a pattern found in a path; the material of Spin's headers.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// As it stands in the manifest.
    pub raw_route: String,
    /// What the wildcard stands for, with its leading slash; empty without one.
    pub path_info: String,
    pub parameters: Vec<(String, String)>,
}

impl Found {
    /// The route that a component sees when another component calls it.
    pub fn chained(path: &str) -> Found {
        Found { raw_route: "/...".into(), path_info: path.into(), parameters: Vec::new() }
    }

    /// The route without its wildcard.
    pub fn route_prefix(&self) -> &str {
        self.raw_route.strip_suffix("/...").unwrap_or(&self.raw_route)
    }

    /// The route as Spin combines it with the base path, which is always `/`.
    pub fn based_route(&self) -> String {
        let route = self.raw_route.strip_suffix('/').unwrap_or(&self.raw_route);
        match route.starts_with('/') || route.is_empty() {
            true => route.to_string(),
            false => format!("/{route}"),
        }
    }
}

impl Pattern {
    pub fn parse(raw: &str) -> Result<Pattern> {
        let mut segments: Vec<Segment> = trimmed(raw)
            .map(|part| match (part, part.strip_prefix(':')) {
                ("..." | "*", _) => Segment::Rest,
                (_, Some(name)) => Segment::Parameter(name.to_string()),
                (literal, None) => Segment::Literal(literal.to_string()),
            })
            .collect();
        let rest = segments.pop_if(|last| *last == Segment::Rest);
        for segment in &segments {
            match segment {
                Segment::Rest => ensure!(false, "route {raw:?}: `...` may only stand at the end"),
                Segment::Parameter(name) => {
                    ensure!(!name.is_empty(), "route {raw:?}: a `:` needs a name behind it")
                }
                Segment::Literal(_) => {}
            }
        }
        segments.extend(rest);
        Ok(Pattern { raw: raw.to_string(), segments })
    }

    pub fn find(&self, path: &str) -> Option<Found> {
        let mut parts = trimmed(path);
        let mut parameters = Vec::new();
        let mut path_info = String::new();
        for segment in &self.segments {
            match segment {
                Segment::Literal(literal) => {
                    parts.next().filter(|part| part == literal)?;
                }
                Segment::Parameter(name) => {
                    let value = parts.next().filter(|part| !part.is_empty())?;
                    parameters.push((name.clone(), value.to_string()));
                }
                Segment::Rest => {
                    path_info = parts.by_ref().map(|part| format!("/{part}")).collect();
                    // Spin hands on the slash at the end, which takes no part in the match.
                    if path.ends_with('/') {
                        path_info.push('/');
                    }
                }
            }
        }
        match parts.next() {
            None => Some(Found { raw_route: self.raw.clone(), path_info, parameters }),
            Some(_) => None,
        }
    }

    /// Of two patterns that find the same path, the greater one is meant.
    fn precedence(&self, other: &Pattern) -> Ordering {
        let ranks = |pattern: &Pattern| -> Vec<u8> {
            let ranks = pattern.segments.iter().map(|segment| match segment {
                Segment::Literal(_) => 3,
                Segment::Parameter(_) => 2,
                Segment::Rest => 0,
            });
            // The end of a route is more exact than a wildcard there.
            ranks.chain([1]).collect()
        };
        ranks(self).cmp(&ranks(other))
    }
}

/// The parts between slashes; slashes at both ends do not count.
fn trimmed(path: &str) -> impl Iterator<Item = &str> {
    let path = path.trim_matches('/');
    path.split('/').take(if path.is_empty() { 0 } else { usize::MAX })
}

/// The public routes of an application, each with what it leads to.
#[derive(Debug, Clone)]
pub struct Router<T>(Vec<(Pattern, T)>);

impl<T> Router<T> {
    pub fn new(routes: Vec<(Pattern, T)>) -> Router<T> {
        Router(routes)
    }

    pub fn find(&self, path: &str) -> Option<(Found, &T)> {
        let found = self.0.iter().filter_map(|(pattern, target)| {
            let found = pattern.find(path)?;
            Some((pattern, found, target))
        });
        // `max_by` returns the last of equals, which is Spin's rule as well.
        let (_, found, target) = found.max_by(|a, b| a.0.precedence(b.0))?;
        Some((found, target))
    }

    /// Every route as it stands in the manifest.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.0.iter().map(|(pattern, target)| (pattern.raw.as_str(), target))
    }
}
