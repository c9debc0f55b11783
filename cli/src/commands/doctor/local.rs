//! Checks of the repository in the current folder, and of its nokube.toml.

use super::finding::Finding;
use crate::{
    Error, Result,
    api::{
        Client, Received,
        platform::{Repository, RepositoryList},
    },
    context::{CONFIG_FILE, Context, find_config_file},
    git::{self, Address, GitError},
    text,
};
use nokube_domain::config_file;
use std::{env, fs, path::Path};

/// Whether the GitHub App is installed on the repository. `None` if this folder is in no repository, or nobody is signed in.
pub async fn check_repository(context: &Context) -> Option<Finding> {
    let folder = env::current_dir().ok()?;
    let name = text!("repository", "dépôt");
    let repository = match git::repository_of(&folder, None).await {
        Ok(repository) => repository,
        Err(GitError::NoRepository | GitError::NotInstalled) => return None,
        Err(error) => {
            let advice = text!(
                "add the repository at GitHub as a remote: git remote add origin URL",
                "ajoutez le dépôt chez GitHub comme dépôt distant : git remote add origin URL"
            );
            return Some(Finding::failed(&name, error.message(), advice));
        }
    };
    // Another check says why.
    let client = context.client().await.ok()?;
    Some(match is_installed(client, &repository).await {
        Ok(true) => Finding::ok(
            &name,
            text!(
                "the GitHub App is installed on {repository}",
                "l’application GitHub est installée sur {repository}"
            ),
        ),
        Ok(false) => not_installed(&name, &repository),
        Err(error) => not_checked(&name, &error),
    })
}

async fn is_installed(client: &Client, repository: &Address) -> Result<bool> {
    let request = client.get("/api/v1/repositories").query("query", repository);
    let list: Received<RepositoryList> = request.receive().await?;
    let is_it = |found: &Repository| repository.is(&found.repository_url);
    Ok(list.repositories.iter().any(is_it))
}

fn not_installed(name: &str, repository: &Address) -> Finding {
    Finding::failed(
        name,
        text!(
            "the GitHub App is not installed on {repository}, or you may not read it",
            "l’application GitHub n’est pas installée sur {repository}, ou vous ne pouvez pas le lire"
        ),
        text!(
            "public repositories are built without it. For private ones, and for builds on push, let the repository's owner install it: `nokube services set SERVICE --build-on-push on` prints the link",
            "les dépôts publics sont construits sans elle. Pour un dépôt privé, et pour construire à chaque push, son propriétaire doit l’installer : `nokube services set SERVICE --build-on-push on` affiche le lien"
        ),
    )
}

/// A platform with a token of GitHub has no App, and a person without a GitHub account sees no repositories.
fn not_checked(name: &str, error: &Error) -> Finding {
    let message = &error.message;
    Finding::ok(name, text!("not checked: {message}", "pas vérifié : {message}"))
}

/// Whether nokube.toml is valid. `None` if there is none.
pub fn check_config_file() -> Option<Finding> {
    let path = find_config_file(&env::current_dir().ok()?)?;
    Some(check_file(&path))
}

fn check_file(path: &Path) -> Finding {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            let advice = text!("make it readable", "rendez-le lisible");
            return Finding::failed(CONFIG_FILE, error.to_string(), advice);
        }
    };
    match config_file::parse(&text) {
        Ok(file) => {
            let services: Vec<_> = file.services.keys().map(ToString::to_string).collect();
            let services = services.join(", ");
            Finding::ok(CONFIG_FILE, text!("valid: {services}", "valable : {services}"))
        }
        Err(faults) => {
            let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
            let advice =
                text!("correct it (docs/nokube-toml.md)", "corrigez-le (docs/nokube-toml.md)");
            Finding::failed(CONFIG_FILE, faults.join("; "), advice)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_faults_of_the_file_are_reported() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(CONFIG_FILE);
        fs::write(
            &path,
            "[services.web.build]\ncontext = 1\n[services.web.deployment]\nreplicas = \"x\"\n",
        )
        .unwrap();
        let finding = check_file(&path);
        assert!(
            finding.detail.contains("nokube.toml:2:") && finding.detail.contains("nokube.toml:4:"),
            "{finding:?}"
        );
        fs::write(&path, "[services.web]\n").unwrap();
        let finding = check_file(&path);
        assert_eq!((finding.detail.as_str(), finding.advice), ("valid: web", None));
    }
}
