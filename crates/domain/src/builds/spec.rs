//! The specification of a build, parsed from a request.

use crate::{
    fields::Fields,
    image::ImageTag,
    name::{ProjectName, ServiceName},
    problem::Problem,
    repository::{Repository, normalize_path, parse_git_ref},
    text::InvalidText,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use url::Url;

/// Limit for the Dockerfile and the build arguments, in bytes. GitHub accepts 65,535 characters for all
/// inputs together (REST, "Create a workflow dispatch event"); the rest is for the other inputs.
const MAX_TEXT_BYTES: usize = 60_000;

/// How the image is built from the source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// With the Dockerfile at this path in the repository.
    #[serde(rename = "dockerfile_at")]
    DockerfilePath(String),
    /// With a Dockerfile from the request: its content.
    #[serde(rename = "dockerfile_given")]
    DockerfileContent(String),
    /// With buildpacks.
    Buildpacks,
}

/// A validated build request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildSpec {
    pub repository: Repository,
    /// The requested branch, tag or commit.
    pub git_ref: String,
    /// The directory in the repository that is built.
    pub context: String,
    pub source: Source,
    pub service: ServiceName,
    pub tag: ImageTag,
    pub build_args: BTreeMap<String, String>,
}

impl BuildSpec {
    /// Takes `project_id`. The caller loads the project, which the rest of the request is checked
    /// against. An error is collected in `fields`.
    pub fn project_id(fields: &mut Fields) -> Option<crate::ProjectId> {
        let id = fields.positive_integer("project_id");
        fields.require("project_id", id).map(crate::ProjectId)
    }

    /// Parses the rest of the request. `web` is the base URL of GitHub's web pages. Without a project,
    /// `fields` has an error already, and only further errors are collected.
    ///
    /// # Errors
    /// All invalid fields.
    pub fn parse(
        mut fields: Fields,
        project: Option<&ProjectName>,
        web: &Url,
    ) -> Result<Self, Problem> {
        let f = &mut fields;
        let url = f.string("repository_url");
        let url = f.require("repository_url", url);
        let repository = f.parse("repository_url", url, |text| Repository::from_url(text, web));
        let branch = f.string("branch").unwrap_or_else(|| "main".into());
        let git_ref = f.parse("branch", Some(branch), parse_git_ref);
        let context = f.string("context").unwrap_or_else(|| ".".into());
        let context = f.parse("context", Some(context), normalize_path);
        let service = f.string("service_name");
        let service = f.require("service_name", service);
        let service = f.parse("service_name", service, str::parse::<ServiceName>);
        let tag = f.string("image_tag").unwrap_or_else(|| "latest".into());
        let tag = f.parse("image_tag", Some(tag), str::parse);
        let source = Self::source(f);
        let build_args = Self::build_args(f);
        Self::check_names(f, project, service.as_ref());
        fields.finish()?;
        match (repository, git_ref, context, source, service, tag) {
            (
                Some(repository),
                Some(git_ref),
                Some(context),
                Some(source),
                Some(service),
                Some(tag),
            ) => Ok(Self { repository, git_ref, context, source, service, tag, build_args }),
            // Unreachable: a missing value has left an error in `fields`, so `finish` has returned it.
            _ => Err(Problem::invalid(Vec::new())),
        }
    }

    fn source(f: &mut Fields) -> Option<Source> {
        let has_dockerfile = f.boolean("has_dockerfile").unwrap_or(false);
        let path = f.string("dockerfile_path").unwrap_or_else(|| "Dockerfile".into());
        let path = f.parse("dockerfile_path", Some(path), |text| {
            normalize_path(text).and_then(|path| match path.as_str() {
                "." => Err(InvalidText("must be a file's path in the repository")),
                _ => Ok(path),
            })
        });
        let content = f.string("dockerfile_content").filter(|text| !text.trim().is_empty());
        match (has_dockerfile, content) {
            (true, Some(_)) => {
                f.add_error(
                    "dockerfile_content",
                    "is used only when has_dockerfile is false; leave one of the two out",
                );
                None
            }
            (true, None) => path.map(Source::DockerfilePath),
            (false, Some(content)) => {
                if content.len() > MAX_TEXT_BYTES {
                    f.add_error(
                        "dockerfile_content",
                        format!("must have at most {MAX_TEXT_BYTES} bytes"),
                    );
                }
                Some(Source::DockerfileContent(content))
            }
            (false, None) => Some(Source::Buildpacks),
        }
    }

    /// Takes `build_args`; names must be valid for Docker's `ARG`. Values must be a single line, because
    /// the builder passes one argument per line. Some names configure BuildKit itself:
    /// `BUILDKIT_SYNTAX` names the image that parses the Dockerfile.
    fn build_args(f: &mut Fields) -> BTreeMap<String, String> {
        let args = f.string_map("build_args");
        for (name, value) in &args {
            let field = format!("build_args.{name}");
            let mut bytes = name.bytes();
            let is_name = bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
                && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_');
            if !is_name {
                f.add_error(&field, "must be named with letters, digits and '_', no digit first");
            }
            if name.starts_with("BUILDKIT_") || name.starts_with("BUILDX_") {
                f.add_error(
                    &field,
                    "names that begin with BUILDKIT_ or BUILDX_ are the builder's own",
                );
            }
            if value.contains(['\n', '\r', '\0']) {
                f.add_error(&field, "must be a single line");
            }
        }
        let total = encoded_size(&args);
        if total > MAX_TEXT_BYTES {
            f.add_error("build_args", format!("must have at most {MAX_TEXT_BYTES} bytes together"));
        }
        args
    }

    /// Checks `image_name` and `project_name`, which are redundant, against the project.
    fn check_names(f: &mut Fields, project: Option<&ProjectName>, service: Option<&ServiceName>) {
        let image = f.string("image_name");
        let image = f.require("image_name", image);
        let name = f.string("project_name");
        let Some(project) = project else { return };
        if let (Some(image), Some(service)) = (image, service) {
            let full = format!("{project}-{service}");
            if image != project.as_str() && image != full {
                f.add_error("image_name", format!("must be '{project}' or '{full}'"));
            }
        }
        if let Some(name) = name.filter(|name| name != project.as_str()) {
            let shown: String = name.chars().take(60).collect();
            f.add_error(
                "project_name",
                format!("the project's name is '{project}', not '{shown}'"),
            );
        }
    }

    /// Checks the limit that applies to the Dockerfile and the build arguments together.
    ///
    /// # Errors
    /// They are too long.
    pub fn check_size(&self) -> Result<(), Problem> {
        let args = encoded_size(&self.build_args);
        let dockerfile = match &self.source {
            Source::DockerfileContent(text) => text.len(),
            _ => 0,
        };
        if args + dockerfile > MAX_TEXT_BYTES {
            let detail = format!(
                "must have at most {MAX_TEXT_BYTES} bytes together with the build arguments"
            );
            return Err(Problem::invalid_field("dockerfile_content", detail));
        }
        Ok(())
    }
}

/// Size in bytes of the arguments as they are sent to GitHub: a JSON object without its braces.
fn encoded_size(args: &BTreeMap<String, String>) -> usize {
    serde_json::to_string(args).map_or(usize::MAX, |text| text.len().saturating_sub(2))
}
