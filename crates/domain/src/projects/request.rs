//! Requests to create and to change a project.

use super::Project;
use crate::{
    ProjectId, Timestamp,
    fields::Fields,
    name::{ProjectName, Username},
    problem::Problem,
    whole_seconds,
};

/// A request to create a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectRequest {
    pub name: ProjectName,
    pub description: Option<String>,
    pub repository_url: Option<String>,
    pub framework: Option<String>,
}

impl ProjectRequest {
    /// # Errors
    /// All invalid fields at once.
    pub fn parse(mut fields: Fields) -> Result<Self, Problem> {
        let name = fields.string("name");
        let name = fields.require("name", name);
        let name = fields.parse("name", name, |text| text.parse::<ProjectName>());
        let [description, framework, repository_url] = parse_details(&mut fields);
        fields.finish()?;
        // `finish` has already returned an error if there is no name.
        let name = name.ok_or_else(|| Problem::invalid_field("name", "is required"))?;
        Ok(Self { name, description, repository_url, framework })
    }

    pub fn into_project(self, id: ProjectId, owner: Username, now: Timestamp) -> Project {
        let now = whole_seconds(now);
        Project {
            id,
            name: self.name,
            owner,
            description: self.description,
            repository_url: self.repository_url,
            framework: self.framework,
            created_at: now,
            updated_at: now,
        }
    }
}

/// Reads `description`, `framework` and `repository_url`, in this order.
fn parse_details(fields: &mut Fields) -> [Option<String>; 3] {
    let mut bounded = |field: &'static str, max: usize| {
        let text = fields.string(field)?;
        if text.chars().count() > max {
            fields.add_error(field, format!("must have at most {max} characters"));
        }
        Some(text)
    };
    let [description, framework] =
        [("description", 2_000), ("framework", 100)].map(|(field, max)| bounded(field, max));
    let repository_url = bounded("repository_url", 300);
    if let Some(text) = &repository_url {
        let is_https = url::Url::parse(text).is_ok_and(|url| {
            url.scheme() == "https" && url.username().is_empty() && url.password().is_none()
        });
        if !is_https {
            fields.add_error("repository_url", "must be an https URL without credentials");
        }
    }
    [description, framework, repository_url]
}

/// A request to change a project's details: `Some(None)` removes one, `None` leaves it unchanged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectUpdate {
    description: Option<Option<String>>,
    repository_url: Option<Option<String>>,
    framework: Option<Option<String>>,
}

impl ProjectUpdate {
    /// # Errors
    /// All invalid fields at once. A name cannot be changed, because image names are derived from it.
    pub fn parse(mut fields: Fields, project: &Project) -> Result<Self, Problem> {
        let names = ["description", "framework", "repository_url"];
        let is_present = names.map(|name| fields.contains(name));
        if fields.string("name").is_some_and(|name| name != project.name.as_str()) {
            fields.add_error(
                "name",
                "cannot be changed: images and their addresses are named after it",
            );
        }
        let [description, framework, repository_url] = parse_details(&mut fields);
        fields.finish()?;
        let [has_description, has_framework, has_url] = is_present;
        Ok(Self {
            description: has_description.then_some(description),
            framework: has_framework.then_some(framework),
            repository_url: has_url.then_some(repository_url),
        })
    }

    pub fn apply(self, mut project: Project, now: Timestamp) -> Project {
        if let Some(description) = self.description {
            project.description = description;
        }
        if let Some(framework) = self.framework {
            project.framework = framework;
        }
        if let Some(url) = self.repository_url {
            project.repository_url = url;
        }
        project.updated_at = whole_seconds(now);
        project
    }
}
