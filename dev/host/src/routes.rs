//! Matches paths against the routes of the manifest. Literal segments take precedence over parameters, and
//! parameters over wildcards. Of two equal routes, the last in the manifest is used.

use std::cmp::Ordering;

use anyhow::{Result, ensure};

#[derive(Debug, Clone, PartialEq)]
enum Segment {
    Literal(String),
    Parameter(String),
    /// `...` at the end: zero or more segments.
    TrailingWildcard,
}

/// A route of the manifest, such as `/users/:id/...`.
#[derive(Debug, Clone)]
pub struct Pattern {
    raw: String,
    segments: Vec<Segment>,
}

/// A path that matches a pattern. Spin's request headers are made from it.
#[derive(Debug, Clone, PartialEq)]
pub struct RouteMatch {
    /// The route as in the manifest.
    pub raw_route: String,
    /// What the wildcard matches, with a leading slash. Empty if the route has no wildcard.
    pub path_info: String,
    pub parameters: Vec<(String, String)>,
}

impl RouteMatch {
    /// The match in a chained call, which has no route.
    pub fn for_chained_call(path: &str) -> RouteMatch {
        RouteMatch { raw_route: "/...".into(), path_info: path.into(), parameters: Vec::new() }
    }

    /// The route without its wildcard.
    pub fn route_prefix(&self) -> &str {
        self.raw_route.strip_suffix("/...").unwrap_or(&self.raw_route)
    }

    /// The route joined to the base path, which is always `/`.
    pub fn matched_route(&self) -> String {
        let route = self.raw_route.strip_suffix('/').unwrap_or(&self.raw_route);
        match route.starts_with('/') || route.is_empty() {
            true => route.to_string(),
            false => format!("/{route}"),
        }
    }
}

impl Pattern {
    pub fn parse(raw: &str) -> Result<Pattern> {
        let mut segments: Vec<Segment> = path_segments(raw)
            .map(|part| match (part, part.strip_prefix(':')) {
                ("..." | "*", _) => Segment::TrailingWildcard,
                (_, Some(name)) => Segment::Parameter(name.to_string()),
                (literal, None) => Segment::Literal(literal.to_string()),
            })
            .collect();
        let wildcard = segments.pop_if(|last| *last == Segment::TrailingWildcard);
        ensure!(
            !segments.contains(&Segment::TrailingWildcard),
            "route {raw:?}: `...` must be the last segment"
        );
        ensure!(
            !segments.contains(&Segment::Parameter(String::new())),
            "route {raw:?}: `:` must be followed by a name"
        );
        segments.extend(wildcard);
        Ok(Pattern { raw: raw.to_string(), segments })
    }

    pub fn match_path(&self, path: &str) -> Option<RouteMatch> {
        let mut parts = path_segments(path);
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
                Segment::TrailingWildcard => {
                    path_info = parts.by_ref().map(|part| format!("/{part}")).collect();
                    // Spin ignores a trailing slash in the match, but includes it here.
                    if path.ends_with('/') {
                        path_info.push('/');
                    }
                }
            }
        }
        match parts.next() {
            None => Some(RouteMatch { raw_route: self.raw.clone(), path_info, parameters }),
            Some(_) => None,
        }
    }

    /// The greater of two patterns that match the same path takes precedence.
    fn precedence(&self, other: &Pattern) -> Ordering {
        let ranks = |pattern: &Pattern| -> Vec<u8> {
            let ranks = pattern.segments.iter().map(|segment| match segment {
                Segment::Literal(_) => 3,
                Segment::Parameter(_) => 2,
                Segment::TrailingWildcard => 0,
            });
            // The end of a route takes precedence over a wildcard.
            ranks.chain([1]).collect()
        };
        ranks(self).cmp(&ranks(other))
    }
}

/// The segments of a path. Leading and trailing slashes are ignored.
fn path_segments(path: &str) -> impl Iterator<Item = &str> {
    let path = path.trim_matches('/');
    path.split('/').take(if path.is_empty() { 0 } else { usize::MAX })
}

/// The public routes of an application, each with its target.
#[derive(Debug, Clone)]
pub struct Router<T>(Vec<(Pattern, T)>);

impl<T> Router<T> {
    pub fn new(routes: Vec<(Pattern, T)>) -> Router<T> {
        Router(routes)
    }

    pub fn route(&self, path: &str) -> Option<(RouteMatch, &T)> {
        let matches = self.0.iter().filter_map(|(pattern, target)| {
            let route_match = pattern.match_path(path)?;
            Some((pattern, route_match, target))
        });
        // Of equal routes, `max_by` returns the last, like Spin.
        let (_, route_match, target) = matches.max_by(|a, b| a.0.precedence(b.0))?;
        Some((route_match, target))
    }

    /// Each route, as in the manifest, with its target.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.0.iter().map(|(pattern, target)| (pattern.raw.as_str(), target))
    }
}
