//! Where a nokube.toml is written to.

use crate::{
    Error, Exit, Result,
    config::file_error,
    context::{CONFIG_FILE, Context},
    text,
};
use serde_json::{Value, json};
use std::{
    fs::OpenOptions,
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
};

pub struct Destination {
    /// `None`: standard output.
    path: Option<PathBuf>,
    overwrites: bool,
}

impl Destination {
    /// The given file, or nokube.toml in `root`.
    ///
    /// # Errors
    /// It exists, and is not to be overwritten.
    pub fn new(given: Option<PathBuf>, overwrites: bool, root: &Path) -> Result<Self> {
        let path = match given {
            Some(path) if path == Path::new("-") => None,
            Some(path) => Some(path),
            None => Some(in_repository(root)?),
        };
        if let Some(path) = path.as_ref().filter(|path| path.exists() && !overwrites) {
            return Err(exists(path));
        }
        Ok(Self { path, overwrites })
    }

    /// Writes the file. With `--json`, what would go to standard output is in the report.
    ///
    /// # Errors
    /// It cannot be written, or exists by now.
    pub fn write(&self, context: &Context, content: &str) -> Result<()> {
        let Some(path) = &self.path else {
            context.output.print_raw(content.as_bytes());
            return Ok(());
        };
        let mut options = OpenOptions::new();
        let options = match self.overwrites {
            true => options.write(true).create(true).truncate(true),
            false => options.write(true).create_new(true),
        };
        let written = options.open(path).and_then(|mut file| file.write_all(content.as_bytes()));
        written.map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => exists(path),
            _ => file_error(path, &error),
        })
    }

    /// Says what was written, and what to do next. With `--json`, `details` are in the document.
    pub fn report(&self, context: &Context, services: &[&str], details: &Value) {
        let Some(path) = &self.path else { return };
        let output = &context.output;
        if output.is_json() {
            let mut document = json!({ "path": path, "services": services });
            if let (Some(document), Some(details)) = (document.as_object_mut(), details.as_object())
            {
                document.extend(details.clone());
            }
            output.json(&document);
            return;
        }
        let (path, services) = (shown(path), services.join(", "));
        output.print(&text!("Wrote {path}: {services}", "{path} est écrit : {services}"));
        output.note(&text!(
            "Next: read it, commit and push it, then `nokube up`.",
            "Ensuite : relisez-le, faites un commit et un push, puis `nokube up`."
        ));
    }
}

/// nokube.toml in a repository.
///
/// # Errors
/// It is a link: somebody else may have chosen the file that would be overwritten.
fn in_repository(root: &Path) -> Result<PathBuf> {
    let path = root.join(CONFIG_FILE);
    if !path.is_symlink() {
        return Ok(path);
    }
    let path = shown(&path);
    Err(Error::new(
        Exit::Failed,
        text!("{path} is a link to another file.", "{path} est un lien vers un autre fichier."),
    )
    .next(text!("Delete it first.", "Supprimez-le d’abord.")))
}

/// The path from the current folder, if it is in it.
fn shown(path: &Path) -> String {
    let folder = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(folder).unwrap_or(path).display().to_string()
}

fn exists(path: &Path) -> Error {
    let path = shown(path);
    Error::new(Exit::Failed, text!("{path} exists already.", "{path} existe déjà."))
        .next(text!("Overwrite it with --force", "Remplacez-le avec --force"))
        .next(text!(
            "Or look at what would be written: --output -",
            "Ou regardez ce qui serait écrit : --output -"
        ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_not_overwritten_without_force() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(CONFIG_FILE);
        assert!(Destination::new(None, false, folder.path()).is_ok());
        std::fs::write(&path, "mine").unwrap();
        let error = Destination::new(None, false, folder.path()).err().unwrap();
        assert!(error.message.ends_with("nokube.toml exists already."), "{}", error.message);
        assert!(Destination::new(None, true, folder.path()).is_ok());
        assert!(Destination::new(Some("-".into()), false, folder.path()).unwrap().path.is_none());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_not_followed_out_of_the_repository() {
        let folder = tempfile::tempdir().unwrap();
        let other = folder.path().join("other");
        std::fs::write(&other, "mine").unwrap();
        let root = folder.path().join("root");
        std::fs::create_dir(&root).unwrap();
        std::os::unix::fs::symlink(&other, root.join(CONFIG_FILE)).unwrap();
        let error = Destination::new(None, true, &root).err().unwrap();
        assert!(error.message.contains("is a link"), "{}", error.message);
    }
}
