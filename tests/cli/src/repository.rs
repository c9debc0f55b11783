//! A Git repository whose remote has an address at GitHub. Git itself finds it in a folder.

use crate::Computer;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

pub struct Repository<'a> {
    computer: &'a Computer,
    folder: PathBuf,
}

impl Computer {
    /// Creates a repository with a first commit that is pushed to `https://github.com/NAME`.
    pub fn create_repository(&self, name: &str, files: &[(&str, &str)]) -> Repository<'_> {
        let github = self.home().join("github");
        let bare = github.join(name);
        let folder = self.home().join(name.rsplit('/').next().unwrap());
        let repository = Repository { computer: self, folder };
        fs::create_dir_all(&bare).unwrap();
        fs::create_dir_all(&repository.folder).unwrap();
        let instead = format!("url.file://{}/.insteadOf", github.display());
        for (key, value) in [
            (instead.as_str(), "https://github.com/"),
            ("user.name", "Alice"),
            ("user.email", "alice@example.org"),
            ("init.defaultBranch", "main"),
        ] {
            repository.git(&["config", "--global", "--replace-all", key, value]);
        }
        repository.git(&["init", "--quiet", "--bare", bare.to_str().unwrap()]);
        repository.git(&["init", "--quiet"]);
        repository.git(&["remote", "add", "origin", &format!("https://github.com/{name}")]);
        repository.commit(files);
        repository.push();
        repository
    }
}

impl Repository<'_> {
    /// Runs git in the repository. Returns what it prints.
    #[track_caller]
    pub fn git(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("git");
        self.computer.prepare(&mut command, &self.folder);
        let output = command.args(arguments).output().unwrap();
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    pub fn write(&self, file: &str, content: &str) {
        let path = self.folder.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub fn read(&self, file: &str) -> String {
        fs::read_to_string(self.folder.join(file)).unwrap()
    }

    /// Commits `files` (path, content). Returns the commit.
    pub fn commit(&self, files: &[(&str, &str)]) -> String {
        for (file, content) in files {
            self.write(file, content);
        }
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", "Change"]);
        self.git(&["rev-parse", "HEAD"])
    }

    pub fn push(&self) {
        self.git(&["push", "--quiet", "--set-upstream", "origin", "HEAD"]);
    }

    /// Runs the program in the repository.
    pub fn nokube(&self, arguments: &[&str]) -> crate::Run<'_> {
        self.computer.nokube(arguments).folder(&self.folder)
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }
}
