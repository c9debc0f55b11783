//! The file that `nokube up` applies: nokube.toml as it is here, or as it was pushed.

use crate::{
    Error, Exit, Result,
    config::file_error,
    context::CONFIG_FILE,
    git::{self, Checkout},
    output::Output,
    text,
};
use nokube_domain::{
    config_file::{self, ConfigFile, FileError, FileService},
    name::ServiceName,
};
use std::{fs, path::Path};

/// There is no such file.
pub fn missing() -> Error {
    Error::new(
        Exit::ConfigFile,
        text!(
            "There is no {CONFIG_FILE} in this repository.",
            "Il n’y a pas de {CONFIG_FILE} dans ce dépôt."
        ),
    )
    .next(text!("Write one: nokube init", "Écrivez-en un : nokube init"))
}

/// The file as it is here.
///
/// # Errors
/// It cannot be read, or has faults.
pub fn read(path: &Path) -> Result<ConfigFile> {
    let text = fs::read_to_string(path)
        .map_err(|error| Error { exit: Exit::ConfigFile, ..file_error(path, &error) })?;
    parse(&text)
}

/// The file as it is in the commit that is built or, if that is not known here, as it is here.
///
/// # Errors
/// It cannot be read, or has faults.
pub async fn read_pushed(path: &Path, checkout: &Checkout, output: &Output) -> Result<ConfigFile> {
    let folder = path.parent().unwrap_or(path);
    let in_commit = match &checkout.commit {
        Some(commit) => git::file_at(folder, commit, CONFIG_FILE).await?,
        None => None,
    };
    match in_commit {
        Some(text) => parse(&text),
        None => {
            output.note(&text!(
                "{CONFIG_FILE} is taken from this folder: the pushed one is not known here.",
                "{CONFIG_FILE} est celui de ce dossier : celui qui est poussé n’est pas connu ici."
            ));
            read(path)
        }
    }
}

/// # Errors
/// The faults, all at once, each as `nokube.toml:LINE:COLUMN: FIELD: …`.
fn parse(text: &str) -> Result<ConfigFile> {
    let file = config_file::parse(text).map_err(|faults| {
        let lines: Vec<_> = faults.iter().map(FileError::to_string).collect();
        Error::new(Exit::ConfigFile, lines.join("\n"))
    })?;
    match file.services.is_empty() {
        true => Err(Error::new(
            Exit::ConfigFile,
            text!("{CONFIG_FILE} has no service.", "{CONFIG_FILE} n’a aucun service."),
        )
        .next(text!("Add a table [services.NAME].", "Ajoutez une table [services.NOM]."))),
        false => Ok(file),
    }
}

/// The services that were asked for; all without a name.
///
/// # Errors
/// The file does not have one of them.
pub fn select<'a>(
    file: &'a ConfigFile,
    wanted: &[String],
) -> Result<Vec<(&'a ServiceName, &'a FileService)>> {
    let is_known =
        |name: &&String| file.services.keys().any(|known| known.as_str() == name.as_str());
    if let Some(unknown) = wanted.iter().find(|name| !is_known(name)) {
        let names: Vec<_> = file.services.keys().map(ServiceName::as_str).collect();
        let names = names.join(", ");
        return Err(Error::not_found(text!(
            "{CONFIG_FILE} has no service {unknown}.",
            "{CONFIG_FILE} n’a pas de service {unknown}."
        ))
        .next(text!("It has {names}.", "Il a {names}.")));
    }
    let is_wanted = |name: &ServiceName| {
        wanted.is_empty() || wanted.iter().any(|wanted| wanted == name.as_str())
    };
    Ok(file.services.iter().filter(|(name, _)| is_wanted(name)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_faults_are_named_with_line_and_column() {
        let error =
            parse("[services.shop.build]\ncontext = 1\n[services.shop.deployment]\nreplica = 2\n")
                .unwrap_err();
        assert_eq!(error.exit, Exit::ConfigFile);
        let lines: Vec<_> = error.message.lines().collect();
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(
            lines.first().is_some_and(
                |line| line.starts_with("nokube.toml:2:11: services.shop.build.context: ")
            ),
            "{lines:?}"
        );
        assert!(
            lines.get(1).is_some_and(|line| line.starts_with("nokube.toml:4:1: ")),
            "{lines:?}"
        );
        assert_eq!(parse("project = 'myapp'").unwrap_err().exit, Exit::ConfigFile);
    }

    #[test]
    fn a_service_that_the_file_does_not_have_is_not_ignored() {
        let file = parse("[services.api]\n[services.web]").unwrap();
        let names = |wanted: &[&str]| {
            let wanted: Vec<_> = wanted.iter().map(|name| (*name).to_owned()).collect();
            select(&file, &wanted)
                .map(|found| found.iter().map(|(name, _)| name.to_string()).collect::<Vec<_>>())
        };
        assert_eq!(names(&[]).unwrap(), ["api", "web"]);
        assert_eq!(names(&["web"]).unwrap(), ["web"]);
        let error = names(&["web", "shop"]).unwrap_err();
        assert_eq!(error.exit, Exit::NotFound);
        assert_eq!(error.next, ["It has api, web."]);
    }
}
