//! Which files of a repository concern a service.

use super::Comparison;
#[cfg(feature = "schema")]
use crate::schema::text;
use crate::{
    builds::{BuildSpec, Source},
    field_types::text_fields,
    repository::normalize_path,
    text::{InvalidText, checked_text},
};

/// How many watch paths a service can have.
pub const MAX_WATCH_PATHS: usize = 20;

const MAX_BYTES: usize = 200;

/// The most wildcards `*` and `**` in one path.
const MAX_STARS: usize = 4;

/// Any number of directories.
const DIRECTORIES: &str = "**";

checked_text!(
    /// A glob from the repository's root. `*` and `?` match within a name, `**` any number of directories. Without a
    /// wildcard in its last name, everything below it matches too.
    WatchPath,
    parse
);

text_fields! {
    WatchPath, str::parse, text(1..=MAX_BYTES);
}

fn parse(path: &str) -> Result<String, InvalidText> {
    if path.len() > MAX_BYTES {
        return Err(InvalidText("must have at most 200 bytes each"));
    }
    if path.starts_with('!') {
        return Err(InvalidText(
            "must not begin with '!': paths cannot be excluded, so list those that are to be watched",
        ));
    }
    let path = normalize_path(path)?;
    let is_whole = |name: &str| name == DIRECTORIES || !name.contains(DIRECTORIES);
    if !path.split('/').all(is_whole) {
        return Err(InvalidText("must have '**' only as a whole name, such as in 'src/**/*.rs'"));
    }
    let stars = path.split('/').map(|name| match name {
        DIRECTORIES => 1,
        name => name.matches('*').count(),
    });
    if stars.sum::<usize>() > MAX_STARS {
        return Err(InvalidText("must have at most four wildcards '*' and '**' each"));
    }
    Ok(path)
}

impl WatchPath {
    /// Whether a file matches, or a directory that holds it.
    fn matches(&self, file: &str) -> bool {
        let names: Vec<_> = self.0.split('/').collect();
        let file: Vec<_> = file.split('/').collect();
        let is_literal = names.last().is_some_and(|name| !name.contains(['*', '?']));
        match self.0.as_str() {
            "." => true,
            _ => match_all(&names, &file, |name| *name == DIRECTORIES, match_name, is_literal),
        }
    }
}

/// Whether a name of a directory or file matches one with `*` and `?`.
fn match_name(pattern: &str, name: &str) -> bool {
    let pattern: Vec<_> = pattern.chars().collect();
    let name: Vec<_> = name.chars().collect();
    let is_same = |pattern: char, c: char| pattern == '?' || pattern == c;
    match_all(&pattern, &name, |c| *c == '*', is_same, false)
}

/// Whether `items` match `pattern`, in which a wildcard stands for any number of items. With `is_prefix`, further items
/// may follow.
///
/// If an item does not match, the last wildcard takes one item more. It never has to go back further: what is before
/// that wildcard has matched as early as possible.
fn match_all<T: Copy>(
    pattern: &[T],
    items: &[T],
    is_wildcard: impl Fn(&T) -> bool,
    matches: impl Fn(T, T) -> bool,
    is_prefix: bool,
) -> bool {
    let (mut at, mut next) = (0, 0);
    let mut last_wildcard: Option<(usize, usize)> = None;
    loop {
        match (pattern.get(at), items.get(next)) {
            (None, None) => return true,
            (None, Some(_)) if is_prefix => return true,
            (Some(part), _) if is_wildcard(part) => {
                last_wildcard = Some((at, next));
                at += 1;
                continue;
            }
            (Some(part), Some(item)) if matches(*part, *item) => {
                at += 1;
                next += 1;
                continue;
            }
            (Some(_), None) => return false,
            _ => {}
        }
        let Some((wildcard, taken)) = last_wildcard else { return false };
        last_wildcard = Some((wildcard, taken + 1));
        at = wildcard + 1;
        next = taken + 1;
    }
}

/// The files whose change affects a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchedPaths {
    globs: Vec<WatchPath>,
    /// Paths in which `*` is no wildcard.
    literal: Vec<String>,
}

impl WatchedPaths {
    /// `globs` or, if there are none, the build context and the Dockerfile.
    pub fn new(globs: &[WatchPath], spec: &BuildSpec) -> Self {
        let mut literal = Vec::new();
        if globs.is_empty() {
            literal.push(spec.context.clone());
            if let Source::DockerfilePath(path) = &spec.source {
                literal.push(path.clone());
            }
        }
        Self { globs: globs.to_vec(), literal }
    }

    pub fn are_touched(&self, comparison: &Comparison) -> bool {
        match comparison {
            Comparison::Same => false,
            Comparison::Files(files) => files.iter().any(|file| self.contain(file)),
            Comparison::Everything => true,
        }
    }

    fn contain(&self, file: &str) -> bool {
        let is_below = |path: &String| {
            let rest = file.strip_prefix(path.as_str());
            path == "." || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.literal.iter().any(is_below) || self.globs.iter().any(|glob| glob.matches(file))
    }
}
