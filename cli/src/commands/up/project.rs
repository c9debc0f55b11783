//! The project that `nokube up` deploys to, which it offers to create.

use crate::{
    Error, Exit, Result,
    api::projects::{NewProject, Project},
    context::Context,
    git::Checkout,
    text,
};

/// The project. `None` with `dry_run` if it would be created.
///
/// # Errors
/// There is none, and it must not be created.
pub async fn find_or_create(
    context: &Context,
    in_file: Option<&str>,
    checkout: &Checkout,
    dry_run: bool,
) -> Result<Option<Project>> {
    let error = match context.project().await {
        Ok(project) => return Ok(Some(project.clone())),
        Err(error) if error.exit == Exit::NotFound => error,
        Err(error) => return Err(error),
    };
    let named = context.options.project.as_deref().or(in_file);
    let Some(name) = new_name(named, checkout.repository.name()) else { return Err(error) };
    if dry_run {
        context
            .output
            .note(&text!("The project {name} would be created.", "Le projet {name} serait créé."));
        return Ok(None);
    }
    if !context.options.yes && !context.output.can_ask() {
        return Err(with_next(error, &name));
    }
    context.output.confirm(&text!(
        "There is no project {name}. Create it?",
        "Il n’y a pas de projet {name}. Le créer ?"
    ))?;
    let project = NewProject { name, description: None };
    let request = context.client().await?.post("/api/v1/projects").json(&project)?;
    Ok(Some(request.receive::<Project>().await?.typed))
}

fn with_next(mut error: Error, name: &str) -> Error {
    error.next = vec![text!(
        "Create it: nokube projects create {name}, or let this command create it: --yes",
        "Créez-le : nokube projects create {name}, ou laissez cette commande le créer : --yes"
    )];
    error
}

/// The name of a project to create: as it was named, or that of the repository. `None` if it was named by its number or
/// its owner.
fn new_name(named: Option<&str>, repository: &str) -> Option<String> {
    match named {
        Some(named) => {
            let is_name = !named.contains('/') && named.parse::<u64>().is_err();
            is_name.then(|| named.to_owned())
        }
        None => {
            let name = repository
                .to_ascii_lowercase()
                .replace(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit(), "-");
            let name = name.trim_matches('-').to_owned();
            (!name.is_empty()).then_some(name)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_is_created_under_its_name_or_that_of_the_repository() {
        let name = |named, repository| new_name(named, repository);
        assert_eq!(name(Some("myapp"), "shop").as_deref(), Some("myapp"));
        assert_eq!(name(None, "My_Shop.js").as_deref(), Some("my-shop-js"));
        assert_eq!(name(Some("bob/myapp"), "shop"), None, "of somebody else");
        assert_eq!(name(Some("12"), "shop"), None);
        assert_eq!(name(None, "__"), None);
    }
}
