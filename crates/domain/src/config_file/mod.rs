//! `nokube.toml`: a file in a repository that describes its services, with the fields of the API.
//!
//! The command line and the server read it with this parser. What a field may be is decided by the readers of requests;
//! here their errors get a position in the file.

mod changes;
mod faults;
mod names;
#[cfg(feature = "schema")]
mod schema;
mod section;
mod service;

pub use changes::FieldChange;
pub use faults::{FileError, MAX_ERRORS};
#[cfg(feature = "schema")]
pub use schema::json_schema;
pub use service::FileService;

use crate::name::{ProjectName, ServiceName};
use faults::{Fault, Faults};
use names::{Place, unknown};
use std::{collections::BTreeMap, ops::Range};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};
use toml_parser::{Source, lexer::TokenKind};

/// The name of the file, in the root of the repository.
pub const FILE_NAME: &str = "nokube.toml";

/// The most bytes of a file.
pub const MAX_BYTES: usize = 64 * 1024;

/// The most services of a file.
pub const MAX_SERVICES: usize = 50;

/// The most brackets in one another. No field needs more than two.
const MAX_DEPTH: usize = 10;

/// What a file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigFile {
    /// The project that the command line takes. The server does not use it.
    pub project: Option<ProjectName>,
    pub services: BTreeMap<ServiceName, FileService>,
}

/// A key with its value.
type Entry<'a, 'i> = (&'a Spanned<std::borrow::Cow<'i, str>>, &'a Spanned<DeValue<'i>>);

/// Reads a file.
///
/// # Errors
/// All faults at once, in order of position; see [`MAX_ERRORS`].
pub fn parse(text: &str) -> Result<ConfigFile, Vec<FileError>> {
    // Editors do not show a byte order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut faults = Faults::new(text);
    if text.len() > MAX_BYTES {
        faults.add(0, "", format!("must have at most {} KiB", MAX_BYTES / 1024));
        return faults.finish(ConfigFile::default());
    }
    if let Some(at) = too_deep(text) {
        faults.add_syntax_error(at, "is nested too deeply".to_owned());
        return faults.finish(ConfigFile::default());
    }
    let (document, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let at = error.span().map_or(0, |span| span.start);
        faults.add_syntax_error(at, format!("not valid TOML: {}", error.message()));
    }
    let file = read_document(document.get_ref(), &mut faults);
    faults.finish(file)
}

/// Where a bracket is inside of too many others, in bytes. `toml` limits dotted keys and brackets each by itself, so that
/// both together make thousands of levels, for which a component has not enough stack.
fn too_deep(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for token in Source::new(text).lex() {
        match token.kind() {
            TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket => depth += 1,
            TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket => {
                depth = depth.saturating_sub(1);
            }
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Some(token.span().start());
        }
    }
    None
}

fn read_document(document: &DeTable<'_>, faults: &mut Faults<'_>) -> ConfigFile {
    let mut file = ConfigFile::default();
    for (key, value) in document {
        match key.get_ref().as_ref() {
            "project" => file.project = read_project(value, faults),
            "services" => file.services = read_services(value, faults),
            name => faults.push(unknown(name, key.span(), Place::File)),
        }
    }
    file
}

fn read_project(value: &Spanned<DeValue<'_>>, faults: &mut Faults<'_>) -> Option<ProjectName> {
    let name = match value.get_ref().as_str() {
        Some(name) => name.parse().map_err(|error: crate::text::InvalidText| error.to_string()),
        None => Err("must be a string".to_owned()),
    };
    name.map_err(|detail| faults.add(value.span().start, "project", detail)).ok()
}

fn read_services(
    value: &Spanned<DeValue<'_>>,
    faults: &mut Faults<'_>,
) -> BTreeMap<ServiceName, FileService> {
    let Some(table) = as_table(value, "services", "must be tables: [services.NAME]", faults) else {
        return BTreeMap::new();
    };
    if table.len() > MAX_SERVICES {
        let detail = format!("must be at most {MAX_SERVICES} services");
        faults.add(value.span().start, "services", detail);
        return BTreeMap::new();
    }
    let mut services = BTreeMap::new();
    for (key, value) in table {
        let name = key.get_ref().parse::<ServiceName>().map_err(|error| {
            let field = format!("services.{}", key.get_ref());
            faults.add(key.span().start, &field, error.to_string());
        });
        // Faults in what it says are reported even if its name is invalid.
        let service = service::read((key, value), name.as_ref().ok(), faults);
        if let (Ok(name), Some(service)) = (name, service) {
            services.insert(name, service);
        }
    }
    services
}

fn as_table<'a, 'i>(
    value: &'a Spanned<DeValue<'i>>,
    field: &str,
    detail: &str,
    faults: &mut Faults<'_>,
) -> Option<&'a DeTable<'i>> {
    let table = value.get_ref().as_table();
    if table.is_none() {
        faults.add(value.span().start, field, detail);
    }
    table
}

/// Where something begins in the file, in bytes.
fn start(span: Range<usize>) -> usize {
    span.start
}
