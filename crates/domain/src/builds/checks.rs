//! The checks of a build request's fields.

use super::{NewBuild, NewSource, Source};
#[cfg(feature = "schema")]
use crate::schema::text;
use crate::{
    field_types::text_fields,
    fields::Fields,
    name::ProjectName,
    repository::{normalize_file_path, normalize_path, parse_git_ref},
    text::checked_text,
};
use std::{collections::BTreeMap, fmt::Display};

/// Limit for the Dockerfile and the build arguments, in bytes. GitHub accepts 65,535 characters for all
/// inputs together (REST, "Create a workflow dispatch event"); the rest is for the other inputs.
pub(super) const MAX_TEXT_BYTES: usize = 60_000;

checked_text!(
    /// A branch, a tag or a commit.
    GitRef,
    parse_git_ref
);

checked_text!(
    /// A directory in a repository.
    Directory,
    normalize_path
);

checked_text!(
    /// The path of a file in a repository.
    FilePath,
    normalize_file_path
);

text_fields! {
    // An empty `branch` is absent.
    GitRef, str::parse, text(0..=255);
    Directory, str::parse, text(1..=512);
    FilePath, str::parse, text(1..=512);
}

/// How the image is built. A path or a text of a Dockerfile means that there is one.
pub(super) fn source(fields: &mut Fields, request: &NewSource) -> Option<Source> {
    let content = request.dockerfile_content.as_ref().filter(|text| !text.trim().is_empty());
    let path = request.dockerfile_path.as_ref();
    let mut contradiction = |field: &str, detail: &str| {
        fields.add_error(field, detail);
        None
    };
    match (request.has_dockerfile, content, path) {
        (Some(false), _, Some(_)) => contradiction(
            "dockerfile_path",
            "cannot be used with has_dockerfile: false; leave one of the two out",
        ),
        (Some(true), Some(_), _) => contradiction(
            "dockerfile_content",
            "is used only when has_dockerfile is false; leave one of the two out",
        ),
        (None, Some(_), Some(_)) => contradiction(
            "dockerfile_content",
            "cannot be used with dockerfile_path; leave one of the two out",
        ),
        (_, Some(content), None) => Some(Source::DockerfileContent(content.clone())),
        (_, None, Some(path)) => Some(Source::DockerfilePath(path.to_string())),
        _ if fields.has_error("dockerfile_path") => None,
        (Some(true), None, None) => {
            let path = dockerfile_in(request.context.as_ref()?);
            let path = fields.parse("context", &path, normalize_file_path)?;
            Some(Source::DockerfilePath(path))
        }
        (_, None, None) => Some(Source::Buildpacks),
    }
}

/// Whether a path, from the repository's root, is where `docker build` looks for the Dockerfile of a context.
pub fn is_dockerfile_of(context: &str, path: &str) -> bool {
    normalize_file_path(&dockerfile_in(context)).is_ok_and(|default| default == path)
}

/// Where `docker build` looks for the Dockerfile of a context.
fn dockerfile_in(context: impl Display) -> String {
    format!("{context}/Dockerfile")
}

/// Checks that the names are valid for Docker's `ARG`. Values must be a single line, because the builder
/// passes one argument per line. Some names configure BuildKit itself: `BUILDKIT_SYNTAX` names the image that
/// parses the Dockerfile.
pub(super) fn check_build_args(
    fields: &mut Fields,
    args: &BTreeMap<String, String>,
    source: Option<&Source>,
) {
    for (name, value) in args {
        let field = format!("build_args.{name}");
        let mut bytes = name.bytes();
        let is_name = bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
            && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !is_name {
            fields.add_error(&field, "must be named with letters, digits and '_', no digit first");
        }
        if name.starts_with("BUILDKIT_") || name.starts_with("BUILDX_") {
            let detail = "names that begin with BUILDKIT_ or BUILDX_ are the builder's own";
            fields.add_error(&field, detail);
        }
        if value.contains(['\n', '\r', '\0']) {
            fields.add_error(&field, "must be a single line");
        }
    }
    let args = encoded_size(args);
    let dockerfile = match source {
        Some(Source::DockerfileContent(text)) => text.len(),
        _ => 0,
    };
    if args > MAX_TEXT_BYTES {
        let detail = format!("must have at most {MAX_TEXT_BYTES} bytes together");
        fields.add_error("build_args", detail);
    } else if dockerfile > MAX_TEXT_BYTES {
        let detail = format!("must have at most {MAX_TEXT_BYTES} bytes");
        fields.add_error("dockerfile_content", detail);
    } else if args + dockerfile > MAX_TEXT_BYTES {
        let detail =
            format!("must have at most {MAX_TEXT_BYTES} bytes together with the build arguments");
        fields.add_error("dockerfile_content", detail);
    }
}

/// Checks `image_name` and `project_name`, which are redundant, against the project.
pub(super) fn check_names(fields: &mut Fields, request: &NewBuild, project: &ProjectName) {
    if let (Some(image), Some(service)) = (&request.image_name, &request.service_name) {
        let full = format!("{project}-{service}");
        if image != project.as_str() && *image != full {
            fields.add_error("image_name", format!("must be '{project}' or '{full}'"));
        }
    }
    if let Some(name) = request.project_name.as_ref().filter(|name| *name != project.as_str()) {
        let shown: String = name.chars().take(60).collect();
        let detail = format!("the project's name is '{project}', not '{shown}'");
        fields.add_error("project_name", detail);
    }
}

/// Size in bytes of the arguments as they are sent to GitHub: a JSON object without its braces.
fn encoded_size(args: &BTreeMap<String, String>) -> usize {
    serde_json::to_string(args).map_or(usize::MAX, |text| text.len().saturating_sub(2))
}
