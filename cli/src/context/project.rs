//! Which project a command is for.

use super::Context;
use crate::{
    Error, Result,
    api::{projects::Project, typed},
    text,
};

impl Context {
    /// `--project`, else `project` of nokube.toml, else the only one, else the answer to a question.
    pub async fn project(&self) -> Result<&Project> {
        self.project.get_or_try_init(|| self.find_project()).await
    }

    async fn find_project(&self) -> Result<Project> {
        let named = match &self.options.project {
            Some(named) => Some(named.clone()),
            None => self.config_file()?.and_then(|file| file.project),
        };
        if let Some(named) = named {
            return self.project_named(&named).await;
        }
        let mut projects = self.projects().await?;
        projects.sort_by_key(Project::full_name);
        match projects.as_slice() {
            [] => Err(Error::not_found(text!("You have no project.", "Vous n’avez aucun projet."))
                .next(text!(
                    "Create one: nokube projects create NAME",
                    "Créez-en un : nokube projects create NOM"
                ))),
            [only] => Ok(only.clone()),
            several => self.choose_project(several),
        }
    }

    fn choose_project(&self, projects: &[Project]) -> Result<Project> {
        let question = text!("Which project?", "Quel projet ?");
        if let Some(chosen) = self.output.choose(&question, projects, Project::full_name)? {
            return Ok(chosen.clone());
        }
        let names: Vec<_> = projects.iter().map(Project::full_name).collect();
        let names = names.join(", ");
        Err(Error::usage(text!(
            "Which project? There are {names}.",
            "Quel projet ? Il y a {names}."
        ))
        .next(text!(
            "Name it: --project NAME, or project = \"NAME\" in nokube.toml",
            "Nommez-le : --project NOM, ou project = \"NOM\" dans nokube.toml"
        )))
    }

    /// A project by `NAME`, `OWNER/NAME` or number.
    pub async fn project_named(&self, named: &str) -> Result<Project> {
        if let Ok(id) = named.parse::<u64>() {
            let client = self.client().await?;
            let project = client.get(format!("/api/v1/projects/{id}")).receive().await?;
            return Ok(project.typed);
        }
        find(&self.projects().await?, named)
    }

    pub async fn projects(&self) -> Result<Vec<Project>> {
        typed(self.client().await?.all("/api/v1/projects", "projects").await?)
    }
}

impl Project {
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }
}

fn find(projects: &[Project], named: &str) -> Result<Project> {
    let is_it = |project: &&Project| match named.split_once('/') {
        Some((owner, name)) => project.owner == owner && project.name == name,
        None => project.name == named,
    };
    let found: Vec<_> = projects.iter().filter(is_it).collect();
    match found.as_slice() {
        [] => Err(Error::not_found(text!(
            "There is no project {named}.",
            "Il n’y a pas de projet {named}."
        ))
        .next(text!("`nokube projects` lists yours.", "`nokube projects` liste les vôtres."))),
        [only] => Ok((*only).clone()),
        several => {
            let names: Vec<_> = several.iter().map(|project| project.full_name()).collect();
            let names = names.join(", ");
            Err(Error::usage(text!(
                "{named} is the name of several projects: {names}.",
                "{named} est le nom de plusieurs projets : {names}."
            )))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Exit;

    fn project(id: u64, owner: &str, name: &str) -> Project {
        let created_at = jiff::Timestamp::UNIX_EPOCH;
        let (owner, name, role) = (owner.into(), name.into(), "owner".into());
        Project { id, name, owner, description: None, role, created_at }
    }

    #[test]
    fn a_name_may_be_of_several_owners() {
        let projects =
            [project(1, "alice", "shop"), project(2, "bob", "shop"), project(3, "bob", "x")];
        assert_eq!(find(&projects, "x").unwrap().id, 3);
        assert_eq!(find(&projects, "bob/shop").unwrap().id, 2);
        let error = find(&projects, "shop").unwrap_err();
        assert_eq!(error.exit, Exit::Usage);
        assert!(error.message.contains("alice/shop, bob/shop"), "{}", error.message);
        assert_eq!(find(&projects, "y").unwrap_err().exit, Exit::NotFound);
    }
}
