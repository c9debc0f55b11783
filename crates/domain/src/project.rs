//! Projects: what belongs together and to whom.

use crate::{
    Person, ProjectId, Role, Timestamp,
    fields::Fields,
    name::{ProjectName, Username},
    problem::Problem,
    whole_seconds,
};
use serde::{Deserialize, Serialize};

/// A project, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Project {
    pub id: ProjectId,
    pub name: ProjectName,
    /// The owner's name as it was when the project was made: names in registry and cluster are made of
    /// it, so it never changes.
    pub owner: Username,
    pub description: Option<String>,
    /// Where its source is, for people.
    pub repository_url: Option<String>,
    /// What it is made with, for people.
    pub framework: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Who may do what in a project, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Members {
    pub owner: Person,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<Member>,
    /// Counts the changes: of two who change at once, one does.
    #[serde(default)]
    pub version: u32,
}

/// Somebody who is not the owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    pub person: Person,
    /// Their name on this platform, which never changes.
    pub username: Username,
    pub role: Role,
    /// Which of their memberships this is.
    pub number: u32,
}

/// Members that a project may have besides its owner.
pub const MOST_MEMBERS: usize = 50;

impl Members {
    /// Of a new project.
    pub fn new(owner: Person) -> Self {
        Self { owner, others: Vec::new(), version: 0 }
    }
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
        let [description, framework, repository_url] = about(&mut fields);
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

/// Description, framework and repository of a request, its faults noted.
fn about(fields: &mut Fields) -> [Option<String>; 3] {
    let mut short = |field: &'static str, most: usize| {
        let text = fields.text(field)?;
        if text.chars().count() > most {
            fields.fault(field, format!("must have at most {most} characters"));
        }
        Some(text)
    };
    let [description, framework] =
        [("description", 2_000), ("framework", 100)].map(|(f, n)| short(f, n));
    let repository_url = short("repository_url", 300);
    if let Some(text) = &repository_url {
        let is_https = url::Url::parse(text).is_ok_and(|url| {
            url.scheme() == "https" && url.username().is_empty() && url.password().is_none()
        });
        if !is_https {
            fields.fault("repository_url", "must be an https URL without credentials");
        }
    }
    [description, framework, repository_url]
}

/// A change of what is said about a project; `null` takes a text away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeProject {
    description: Option<Option<String>>,
    repository_url: Option<Option<String>>,
    framework: Option<Option<String>>,
}

impl ChangeProject {
    /// # Errors
    /// Every faulty field at once; a name cannot be changed, because image names are made of it.
    pub fn parse(mut fields: Fields, project: &Project) -> Result<Self, Problem> {
        let names = ["description", "framework", "repository_url"];
        let given = names.map(|name| fields.has(name));
        if fields.text("name").is_some_and(|name| name != project.name.as_str()) {
            fields
                .fault("name", "cannot be changed: images and their addresses are named after it");
        }
        let [description, framework, repository_url] = about(&mut fields);
        fields.finish()?;
        let [has_description, has_framework, has_url] = given;
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

/// The role that is asked for a member. There is one owner, and it stays the same person.
///
/// # Errors
/// Every faulty field at once.
pub fn parse_role(mut fields: Fields) -> Result<Role, Problem> {
    let role = fields.text("role");
    let role = fields.required("role", role);
    let role = fields.parsed("role", role, |text| match text {
        "viewer" => Ok(Role::Viewer),
        "developer" => Ok(Role::Developer),
        "owner" => Err("a project has one owner, who stays it: names are made of theirs"),
        _ => Err("must be viewer or developer"),
    });
    fields.finish()?;
    role.ok_or_else(|| Problem::field("role", "is required"))
}
