//! What a user asks for when asking for a build, and the record that is kept of it.

use crate::{
    BuildId, Person, Timestamp,
    fields::Fields,
    image::{ImageTag, Registry},
    name::{ProjectName, ServiceName, Username},
    problem::Problem,
    project::Project,
    repository::{CommitSha, Repository, check_git_ref, check_path},
    text::BadText,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use url::Url;

/// GitHub takes 65,535 characters of inputs in all (REST, "Create a workflow dispatch event"); what
/// the user writes leaves room for the rest.
const MOST_TEXT: usize = 60_000;

/// How the image is made from the source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// By the Dockerfile at this path of the repository.
    DockerfileAt(String),
    /// By a Dockerfile that was sent along.
    DockerfileGiven(String),
    /// From source, with buildpacks.
    Buildpacks,
}

/// A build that was asked for; every field has been checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewBuild {
    pub repository: Repository,
    /// A branch, a tag or a commit, as it was asked for.
    pub git_ref: String,
    /// The directory of the repository that is built.
    pub context: String,
    pub source: Source,
    pub service: ServiceName,
    pub tag: ImageTag,
    pub build_args: BTreeMap<String, String>,
}

impl NewBuild {
    /// The project that a request is about, which must be known before the rest can be checked. A
    /// fault stays with the fields.
    pub fn project_id(fields: &mut Fields) -> Option<crate::ProjectId> {
        let id = fields.positive("project_id");
        fields.required("project_id", id).map(crate::ProjectId)
    }

    /// Reads the rest of the request; `web` is the GitHub that people see. Without a project there is
    /// a fault already, and the others are collected.
    ///
    /// # Errors
    /// Every faulty field at once.
    pub fn parse(
        mut fields: Fields,
        project: Option<&ProjectName>,
        web: &Url,
    ) -> Result<Self, Problem> {
        let f = &mut fields;
        let url = f.text("repository_url");
        let url = f.required("repository_url", url);
        let repository = f.parsed("repository_url", url, |text| Repository::from_url(text, web));
        let branch = f.text("branch").unwrap_or_else(|| "main".into());
        let git_ref = f.parsed("branch", Some(branch), check_git_ref);
        let context = f.text("context").unwrap_or_else(|| ".".into());
        let context = f.parsed("context", Some(context), check_path);
        let service = f.text("service_name");
        let service = f.required("service_name", service);
        let service = f.parsed("service_name", service, str::parse::<ServiceName>);
        let tag = f.text("image_tag").unwrap_or_else(|| "latest".into());
        let tag = f.parsed("image_tag", Some(tag), str::parse);
        let source = Self::source(f);
        let build_args = Self::build_args(f);
        Self::names(f, project, service.as_ref());
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
            // A value that is missing left its fault behind, so `finish` has returned it.
            _ => Err(Problem::invalid(Vec::new())),
        }
    }

    fn source(f: &mut Fields) -> Option<Source> {
        let has_dockerfile = f.boolean("has_dockerfile").unwrap_or(false);
        let path = f.text("dockerfile_path").unwrap_or_else(|| "Dockerfile".into());
        let path = f.parsed("dockerfile_path", Some(path), |text| {
            check_path(text).and_then(|path| match path.as_str() {
                "." => Err(BadText("must be a file's path in the repository")),
                _ => Ok(path),
            })
        });
        let content = f.text("dockerfile_content").filter(|text| !text.trim().is_empty());
        match (has_dockerfile, content) {
            (true, Some(_)) => {
                f.fault(
                    "dockerfile_content",
                    "is used only when has_dockerfile is false; leave one of the two out",
                );
                None
            }
            (true, None) => path.map(Source::DockerfileAt),
            (false, Some(content)) => {
                if content.len() > MOST_TEXT {
                    f.fault("dockerfile_content", format!("must have at most {MOST_TEXT} bytes"));
                }
                Some(Source::DockerfileGiven(content))
            }
            (false, None) => Some(Source::Buildpacks),
        }
    }

    /// Names as Docker's `ARG` has them. A line break would begin another argument where the
    /// builder hands them on line by line, so values have none. Some names steer BuildKit itself:
    /// `BUILDKIT_SYNTAX` is the program that reads the Dockerfile.
    fn build_args(f: &mut Fields) -> BTreeMap<String, String> {
        let args = f.texts("build_args");
        for (name, value) in &args {
            let field = format!("build_args.{name}");
            let mut bytes = name.bytes();
            let is_name = bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
                && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_');
            if !is_name {
                f.fault(&field, "must be named with letters, digits and '_', no digit first");
            }
            if name.starts_with("BUILDKIT_") || name.starts_with("BUILDX_") {
                f.fault(&field, "names that begin with BUILDKIT_ or BUILDX_ are the builder's own");
            }
            if value.contains(['\n', '\r', '\0']) {
                f.fault(&field, "must be a single line");
            }
        }
        let total = written_size(&args);
        if total > MOST_TEXT {
            f.fault("build_args", format!("must have at most {MOST_TEXT} bytes together"));
        }
        args
    }

    /// `image_name` and `project_name` say what follows from the project: they must agree with it.
    fn names(f: &mut Fields, project: Option<&ProjectName>, service: Option<&ServiceName>) {
        let image = f.text("image_name");
        let image = f.required("image_name", image);
        let name = f.text("project_name");
        let Some(project) = project else { return };
        if let (Some(image), Some(service)) = (image, service) {
            let full = format!("{project}-{service}");
            if image != project.as_str() && image != full {
                f.fault("image_name", format!("must be '{project}' or '{full}'"));
            }
        }
        if let Some(name) = name.filter(|name| name != project.as_str()) {
            let shown: String = name.chars().take(60).collect();
            f.fault("project_name", format!("the project's name is '{project}', not '{shown}'"));
        }
    }

    /// Checks what GitHub limits only together.
    ///
    /// # Errors
    /// The Dockerfile and the arguments together are too long.
    pub fn check_size(&self) -> Result<(), Problem> {
        let args = written_size(&self.build_args);
        let dockerfile = match &self.source {
            Source::DockerfileGiven(text) => text.len(),
            _ => 0,
        };
        if args + dockerfile > MOST_TEXT {
            let detail =
                format!("must have at most {MOST_TEXT} bytes together with the build arguments");
            return Err(Problem::field("dockerfile_content", detail));
        }
        Ok(())
    }
}

/// How long the arguments are as they are sent to GitHub: JSON in a text, but for its braces.
fn written_size(args: &BTreeMap<String, String>) -> usize {
    serde_json::to_string(args).map_or(usize::MAX, |text| text.len().saturating_sub(2))
}

/// The record of a build; written once, never changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildRecord {
    pub id: BuildId,
    /// Who asked, and as whom names are made.
    pub by: Person,
    pub owner: Username,
    pub project: ProjectName,
    pub asked: NewBuild,
    /// What the ref pointed to when the build was asked for; this is what is built.
    pub commit: CommitSha,
    /// The repository was private then, so the builder needs a token of its own for it.
    pub private: bool,
    /// `{registry}/{namespace}/{encoded triple}`, without tag.
    pub image: String,
    /// Seconds that the caller was told it may take.
    pub estimate: u32,
    pub created_at: Timestamp,
}

impl BuildRecord {
    #[allow(clippy::too_many_arguments)] // Each is a different thing; a builder would hide that.
    pub fn new(
        id: BuildId,
        by: Person,
        project: &Project,
        asked: NewBuild,
        commit: CommitSha,
        private: bool,
        registry: &Registry,
        estimate: u32,
        now: Timestamp,
    ) -> Self {
        Self {
            image: registry.image(&project.owner, &project.name, &asked.service),
            id,
            by,
            owner: project.owner.clone(),
            project: project.name.clone(),
            asked,
            commit,
            private,
            estimate,
            created_at: now,
        }
    }

    /// `{registry}/{namespace}/{encoded triple}:{tag}`.
    pub fn image_full_name(&self) -> String {
        format!("{}:{}", self.image, self.asked.tag)
    }

    /// The image's name at the registry: without the registry's host.
    pub fn image_repository(&self) -> &str {
        self.image.split_once('/').map_or(&self.image, |(_, repository)| repository)
    }
}
