//! Requests to create and to change a project.

use super::Project;
#[cfg(feature = "schema")]
use crate::schema::{Schemas, reference, string_of_format};
use crate::{
    ProjectId, Timestamp, UnknownFields,
    field_types::{Text, text_fields},
    fields::Fields,
    name::{ProjectName, Username},
    problem::Problem,
    request,
    text::{InvalidText, checked_text},
    whole_seconds,
};

request! {
    /// A request to create a project.
    pub struct NewProject {
        /// It cannot be changed later, because images and addresses are named after it.
        name: ProjectName, required;
        description: Text<2000>;
        /// The URL of the source repository. For information only.
        #[schema(max_length = 300_usize)]
        repository_url: HttpsUrl;
        /// The framework that the project uses. For information only.
        framework: Text<100>;
    }
}

request! {
    /// A change of a project's details. Omitted fields are not changed; `null` clears a field.
    pub struct ProjectChange {
        /// The name cannot be changed: only the current name is accepted.
        name: CurrentName;
        description: Option<Text<2000>>;
        #[schema(max_length = 300_usize)]
        repository_url: Option<HttpsUrl>;
        framework: Option<Text<100>>;
    }
}

checked_text!(
    /// An `https` URL without credentials, of at most 300 characters.
    HttpsUrl,
    |text: &str| {
        let is_https = url::Url::parse(text).is_ok_and(|url| {
            url.scheme() == "https" && url.username().is_empty() && url.password().is_none()
        });
        match is_https {
            _ if text.chars().count() > 300 => {
                Err(InvalidText("must have at most 300 characters"))
            }
            true => Ok(text.to_owned()),
            false => Err(InvalidText("must be an https URL without credentials")),
        }
    }
);

/// Any text: a name that is not the project's is an error of its own, also if it is not valid.
pub struct CurrentName(String);

text_fields! {
    HttpsUrl, str::parse, |_: &mut Schemas| string_of_format("uri");
    CurrentName, |text| Ok::<_, InvalidText>(Self(text.to_owned())), reference::<ProjectName>;
}

impl NewProject {
    pub fn into_project(
        self,
        id: ProjectId,
        name: ProjectName,
        owner: Username,
        now: Timestamp,
    ) -> Project {
        let now = whole_seconds(now);
        Project {
            id,
            name,
            owner,
            description: self.description.map(|text| text.0),
            repository_url: self.repository_url.map(|url| url.to_string()),
            framework: self.framework.map(|text| text.0),
            created_at: now,
            updated_at: now,
            unknown_fields: UnknownFields::default(),
        }
    }
}

impl ProjectChange {
    /// Makes the change. A name cannot be changed, because image names are derived from it.
    ///
    /// # Errors
    /// All invalid fields at once.
    pub fn apply(
        self,
        mut fields: Fields,
        mut project: Project,
        now: Timestamp,
    ) -> Result<Project, Problem> {
        if self.name.is_some_and(|name| name.0 != project.name.as_str()) {
            let detail = "cannot be changed: images and their addresses are named after it";
            fields.add_error("name", detail);
        }
        if let Some(description) = self.description {
            project.description = description.map(|text| text.0);
        }
        if let Some(framework) = self.framework {
            project.framework = framework.map(|text| text.0);
        }
        if let Some(url) = self.repository_url {
            project.repository_url = url.map(|url| url.to_string());
        }
        project.updated_at = whole_seconds(now);
        fields.finish(Some(project))
    }
}
