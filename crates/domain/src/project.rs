//! Projects: what belongs together and to whom.

use crate::{
    Person, ProjectId, Timestamp,
    fields::Fields,
    name::{ProjectName, Username},
    problem::Problem,
    whole_seconds,
};
use serde::{Deserialize, Serialize};

/// A project, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Project {
    pub id: ProjectId,
    pub name: ProjectName,
    /// The owner's login as it was when the project was made: names in registry and cluster are
    /// made of it, so it never changes.
    pub owner: Username,
    pub description: Option<String>,
    pub repository_url: Option<String>,
    pub framework: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Who may do what in a project, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Members {
    pub owner: Person,
}

/// What is asked for when a project is created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewProject {
    pub name: ProjectName,
    pub description: Option<String>,
    pub repository_url: Option<String>,
    pub framework: Option<String>,
}

impl NewProject {
    /// # Errors
    /// Every faulty field at once.
    pub fn parse(mut fields: Fields) -> Result<Self, Problem> {
        let name = fields.text("name");
        let name = fields.required("name", name);
        let name = fields.parsed("name", name, |text| text.parse::<ProjectName>());
        let mut short = |field: &'static str, most: usize| {
            let text = fields.text(field)?;
            if text.chars().count() > most {
                fields.fault(field, format!("must have at most {most} characters"));
            }
            Some(text)
        };
        let description = short("description", 2_000);
        let framework = short("framework", 100);
        let repository_url = short("repository_url", 300);
        if let Some(text) = &repository_url {
            let is_https = url::Url::parse(text).is_ok_and(|url| {
                url.scheme() == "https" && url.username().is_empty() && url.password().is_none()
            });
            if !is_https {
                fields.fault("repository_url", "must be an https URL without credentials");
            }
        }
        fields.finish()?;
        // `finish` has named the field when there is no name.
        let name = name.ok_or_else(|| Problem::field("name", "is required"))?;
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
