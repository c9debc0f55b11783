//! With the real git, in temporary folders. A bare repository takes the place of GitHub.

use super::*;
use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
};
use tempfile::TempDir;

const SHOP: &str = "https://github.com/acme/shop";

/// A clone of the developer, whose remote `origin` is at GitHub as far as git's configuration says, and in truth a
/// bare repository beside it.
struct Clone {
    folder: TempDir,
}

impl Clone {
    fn empty() -> Self {
        let clone = Self { folder: TempDir::new().unwrap() };
        fs::create_dir(clone.path()).unwrap();
        clone.git(&["init", "--quiet", "--initial-branch=main"]);
        for (key, value) in [("user.name", "Alice"), ("user.email", "alice@example.org")] {
            clone.git(&["config", key, value]);
        }
        clone
    }

    fn with_remote() -> Self {
        let clone = Self::empty();
        clone.add_remote("origin", SHOP);
        clone
    }

    /// Everything is pushed.
    fn pushed() -> Self {
        let clone = Self::with_remote();
        clone.commit("index.html", "Begin");
        clone.git(&["push", "--quiet", "--set-upstream", "origin", "main"]);
        clone
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("clone")
    }

    /// The bare repository of a remote.
    fn remote_path(&self, remote: &str) -> PathBuf {
        self.folder.path().join(format!("{remote}.git"))
    }

    fn add_remote(&self, name: &str, url: &str) {
        let bare = self.remote_path(name);
        run(self.folder.path(), &["init", "--quiet", "--bare", bare.to_str().unwrap()]);
        self.git(&["remote", "add", name, url]);
        let instead_of = format!("url.{}.insteadOf", bare.display());
        self.git(&["config", &instead_of, url]);
    }

    fn write(&self, file: &str, text: &str) {
        fs::write(self.path().join(file), text).unwrap();
    }

    fn commit(&self, file: &str, message: &str) {
        self.write(file, message);
        self.git(&["add", "."]);
        self.git(&["commit", "--quiet", "-m", message]);
    }

    /// Somebody else pushes a commit to `main`.
    fn push_of_somebody_else(&self) {
        let other = self.folder.path().join("other");
        let bare = self.remote_path("origin");
        run(
            self.folder.path(),
            &["clone", "--quiet", "--branch=main", bare.to_str().unwrap(), "other"],
        );
        fs::write(other.join("other.txt"), "Bob").unwrap();
        run(&other, &["add", "."]);
        let author = ["-c", "user.name=Bob", "-c", "user.email=bob@example.org"];
        run(&other, &[&author[..], &["commit", "--quiet", "-m", "Bob's change"]].concat());
        run(&other, &["push", "--quiet", "origin", "main"]);
        fs::remove_dir_all(other).unwrap();
    }

    fn git(&self, arguments: &[&str]) -> String {
        run(&self.path(), arguments)
    }

    fn head(&self) -> String {
        self.git(&["rev-parse", "HEAD"]).trim().to_owned()
    }

    async fn inspect(&self) -> Result<Checkout, GitError> {
        inspect(&self.path(), None, false).await
    }

    async fn inspect_pushed(&self) -> Result<Checkout, GitError> {
        inspect(&self.path(), None, true).await
    }
}

fn run(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {arguments:?}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

fn not_pushed(result: Result<Checkout, GitError>) -> Unpushed {
    match result {
        Err(GitError::NotPushed(unpushed)) => unpushed,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_is_pushed_can_be_built_from_every_folder_of_the_repository() {
    let clone = Clone::pushed();
    let checkout = clone.inspect().await.unwrap();
    assert_eq!(checkout.repository.url(), SHOP);
    assert_eq!((checkout.remote.as_str(), checkout.branch.as_str()), ("origin", "main"));
    assert_eq!(checkout.commit, Some(clone.head()));

    let below = clone.path().join("web");
    fs::create_dir(&below).unwrap();
    assert_eq!(inspect(&below, None, false).await, Ok(checkout));
    assert_eq!(repository_of(&below, None).await.unwrap().url(), SHOP);
}

#[tokio::test]
async fn a_folder_without_a_repository_a_commit_a_branch_or_a_remote_says_so() {
    let folder = TempDir::new().unwrap();
    assert_eq!(inspect(folder.path(), None, false).await, Err(GitError::NoRepository));

    let clone = Clone::empty();
    assert_eq!(clone.inspect().await, Err(GitError::NoCommit));
    clone.commit("index.html", "Begin");
    assert_eq!(clone.inspect().await, Err(GitError::NoRemote));
    clone.git(&["checkout", "--quiet", "--detach"]);
    assert_eq!(clone.inspect().await, Err(GitError::Detached));
}

#[tokio::test]
async fn uncommitted_and_unpushed_work_is_refused_unless_what_is_pushed_is_asked_for() {
    let clone = Clone::pushed();
    let pushed = clone.head();
    clone.commit("cart.js", "Add the cart");
    clone.commit("cart.js", "Fix the cart");
    clone.write("nokube.toml", "[services.shop]");
    clone.write("cart.js", "not committed");

    let unpushed = not_pushed(clone.inspect().await);
    assert_eq!(unpushed.uncommitted, ["cart.js", "nokube.toml"]);
    assert_eq!(unpushed.commits, 2);
    let subjects: Vec<_> =
        unpushed.newest.iter().map(|commit| commit.split_once(' ').unwrap().1).collect();
    assert_eq!(subjects, ["Fix the cart", "Add the cart"]);

    assert_eq!(clone.inspect_pushed().await.unwrap().commit, Some(pushed));
}

#[tokio::test]
async fn a_branch_that_was_never_pushed_is_refused_in_any_case() {
    let clone = Clone::pushed();
    clone.git(&["switch", "--quiet", "--create", "feature"]);
    let missing = GitError::NoRemoteBranch { remote: "origin".into(), branch: "feature".into() };
    assert_eq!(clone.inspect().await, Err(missing.clone()));
    assert_eq!(clone.inspect_pushed().await, Err(missing));

    // Without an upstream it is the branch of the same name.
    clone.git(&["push", "--quiet", "origin", "feature"]);
    assert_eq!(clone.inspect().await.unwrap().branch, "feature");
}

#[tokio::test]
async fn commits_of_somebody_else_are_noticed_before_and_after_they_were_fetched() {
    let clone = Clone::pushed();
    clone.push_of_somebody_else();
    let behind =
        |commits| Err(GitError::Behind { remote: "origin".into(), branch: "main".into(), commits });
    assert_eq!(clone.inspect().await, behind(None));
    clone.git(&["fetch", "--quiet"]);
    assert_eq!(clone.inspect().await, behind(Some(1)));
    assert_ne!(clone.inspect_pushed().await.unwrap().commit, Some(clone.head()));

    clone.commit("mine.txt", "Mine");
    let diverged = GitError::Diverged { remote: "origin".into(), branch: "main".into() };
    assert_eq!(clone.inspect().await, Err(diverged));
}

#[tokio::test]
async fn of_several_remotes_the_upstream_is_taken_or_the_one_that_is_named() {
    let clone = Clone::pushed();
    clone.add_remote("fork", "git@github.com:alice/shop.git");
    assert_eq!(clone.inspect().await.unwrap().repository.url(), SHOP);

    clone.git(&["push", "--quiet", "fork", "main"]);
    let named = inspect(&clone.path(), Some("fork"), false).await.unwrap();
    assert_eq!(named.repository.url(), "https://github.com/alice/shop");

    clone.git(&["push", "--quiet", "--set-upstream", "fork", "main:trunk"]);
    let checkout = clone.inspect().await.unwrap();
    assert_eq!((checkout.remote.as_str(), checkout.branch.as_str()), ("fork", "trunk"));
}

#[tokio::test]
async fn a_remote_that_is_a_folder_is_no_repository_at_github() {
    let clone = Clone::empty();
    clone.commit("index.html", "Begin");
    let bare = clone.remote_path("origin");
    clone.git(&["remote", "add", "origin", bare.to_str().unwrap()]);
    assert_eq!(clone.inspect().await, Err(GitError::NotGithub { remote: "origin".into() }));
}

#[tokio::test]
async fn a_remote_that_cannot_be_read_matters_only_if_it_is_compared_with() {
    let clone = Clone::pushed();
    fs::remove_dir_all(clone.remote_path("origin")).unwrap();
    let error = clone.inspect().await.unwrap_err();
    assert!(
        matches!(&error, GitError::RemoteUnreachable { remote, .. } if remote == "origin"),
        "{error:?}"
    );
    assert_eq!(clone.inspect_pushed().await.unwrap().commit, None);
}

#[tokio::test]
async fn a_file_is_read_as_it_was_pushed() {
    let clone = Clone::pushed();
    clone.commit("nokube.toml", "pushed\n");
    let commit = clone.head();
    clone.write("nokube.toml", "changed since");
    let read = async |path: &str| file_at(&clone.path(), &commit, path).await.unwrap();
    assert_eq!(read("nokube.toml").await.as_deref(), Some("pushed\n"));
    assert_eq!(read("missing.toml").await, None);
}
