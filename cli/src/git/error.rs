//! Why what is in this folder cannot be built, and what to do about it.

use crate::{
    error::{Error, Exit},
    text,
};
use std::borrow::Cow;

/// How many paths or commits a message names.
const MAX_NAMED: usize = 8;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GitError {
    NotInstalled,
    NoRepository,
    NoCommit,
    /// A commit is checked out, and no branch.
    Detached,
    NoRemote,
    UnknownRemote {
        name: String,
        remotes: Vec<String>,
    },
    SeveralRemotes {
        remotes: Vec<String>,
    },
    /// The remote's address is not one of a repository at a GitHub.
    NotGithub {
        remote: String,
    },
    /// The remote does not answer, or refuses.
    RemoteUnreachable {
        remote: String,
        detail: String,
    },
    /// The branch is not at the remote.
    NoRemoteBranch {
        remote: String,
        branch: String,
    },
    NotPushed(Unpushed),
    /// The branch of the remote has commits that are not here.
    Behind {
        remote: String,
        branch: String,
        commits: Option<u32>,
    },
    /// Each has commits that the other has not.
    Diverged {
        remote: String,
        branch: String,
    },
    TooSlow {
        command: String,
        seconds: u64,
    },
    Failed {
        command: String,
        detail: String,
    },
}

/// What a build would not contain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unpushed {
    pub remote: String,
    pub branch: String,
    /// Paths.
    pub uncommitted: Vec<String>,
    pub commits: u32,
    /// The newest of them, each as `SHA SUBJECT`.
    pub newest: Vec<String>,
}

impl From<GitError> for Error {
    fn from(error: GitError) -> Self {
        let exit = match error {
            GitError::UnknownRemote { .. } => Exit::Usage,
            GitError::TooSlow { .. } | GitError::Failed { .. } => Exit::Failed,
            _ => Exit::RepositoryNotReady,
        };
        Self { next: error.next(), ..Self::new(exit, error.message()) }
    }
}

impl GitError {
    /// What is wrong.
    pub fn message(&self) -> String {
        match self {
            Self::NotInstalled => text!("git is not installed.", "git n’est pas installé."),
            Self::NoRepository => text!(
                "This folder is not in a Git repository.",
                "Ce dossier n’est pas dans un dépôt Git."
            ),
            Self::NoCommit => {
                text!("This repository has no commit yet.", "Ce dépôt n’a pas encore de commit.")
            }
            Self::Detached => text!(
                "No branch is checked out (detached HEAD).",
                "Aucune branche n’est extraite (HEAD détachée)."
            ),
            Self::NoRemote => text!(
                "This repository has no remote, so the platform cannot read it.",
                "Ce dépôt n’a pas de dépôt distant : la plateforme ne peut pas le lire."
            ),
            Self::UnknownRemote { name, .. } => {
                text!("There is no remote {name}.", "Il n’y a pas de dépôt distant {name}.")
            }
            Self::SeveralRemotes { .. } => text!(
                "There are several remotes, and the branch has no upstream.",
                "Il y a plusieurs dépôts distants, et la branche n’en suit aucun."
            ),
            Self::NotGithub { remote } => text!(
                "The address of the remote {remote} is not that of a repository at GitHub.",
                "L’adresse du dépôt distant {remote} n’est pas celle d’un dépôt de GitHub."
            ),
            Self::RemoteUnreachable { remote, detail } if detail.is_empty() => text!(
                "The remote {remote} does not answer.",
                "Le dépôt distant {remote} ne répond pas."
            ),
            Self::RemoteUnreachable { remote, detail } => text!(
                "The remote {remote} cannot be read: {detail}",
                "Le dépôt distant {remote} est illisible : {detail}"
            ),
            Self::NoRemoteBranch { remote, branch } => text!(
                "The branch {branch} was not pushed to {remote}.",
                "La branche {branch} n’a pas été poussée vers {remote}."
            ),
            Self::NotPushed(unpushed) => unpushed.message(),
            Self::Behind { remote, branch, commits } => behind(remote, branch, *commits),
            Self::Diverged { remote, branch } => text!(
                "The branch here and {branch} at {remote} have diverged.",
                "La branche d’ici et {branch} chez {remote} ont divergé."
            ),
            Self::TooSlow { command, seconds } => text!(
                "{command} has not ended within {seconds} seconds.",
                "{command} n’a pas fini en {seconds} secondes."
            ),
            Self::Failed { command, detail } => {
                text!("{command} failed: {detail}", "{command} a échoué : {detail}")
            }
        }
    }

    /// What to do about it.
    fn next(&self) -> Vec<String> {
        match self {
            Self::NotInstalled => vec![text!(
                "Install it: https://git-scm.com/downloads",
                "Installez-le : https://git-scm.com/downloads"
            )],
            Self::NoRepository => vec![text!(
                "Change to the folder of the service, or begin with: git init",
                "Allez dans le dossier du service, ou commencez par : git init"
            )],
            Self::NoCommit => vec![text!(
                "Commit the files, then push them: git add . && git commit && git push -u origin HEAD",
                "Validez les fichiers, puis poussez-les : git add . && git commit && git push -u origin HEAD"
            )],
            Self::Detached => vec![text!(
                "Check out a branch: git switch BRANCH",
                "Extrayez une branche : git switch BRANCHE"
            )],
            Self::NoRemote => vec![text!(
                "Create a repository at GitHub, then: git remote add origin https://github.com/OWNER/NAME && git push -u origin HEAD",
                "Créez un dépôt chez GitHub, puis : git remote add origin https://github.com/PROPRIETAIRE/NOM && git push -u origin HEAD"
            )],
            Self::UnknownRemote { remotes, .. } | Self::SeveralRemotes { remotes } => {
                let remotes = remotes.join(", ");
                vec![text!(
                    "Say which with --remote NAME: {remotes}",
                    "Dites lequel avec --remote NOM : {remotes}"
                )]
            }
            Self::NotGithub { remote } => vec![text!(
                "Services are built from repositories at the platform's GitHub. Look at: git remote get-url {remote}. With --remote NAME another remote is used.",
                "Les services sont construits à partir de dépôts du GitHub de la plateforme. Voyez : git remote get-url {remote}. Avec --remote NOM, c’est un autre dépôt distant.",
                remote = quoted(remote)
            )],
            Self::RemoteUnreachable { remote, .. } => vec![text!(
                "Try: git ls-remote {remote}. It must work without a question. With --pushed the platform builds what it finds there, without a comparison.",
                "Essayez : git ls-remote {remote}, qui doit répondre sans rien demander. Avec --pushed, la plateforme construit ce qu’elle y trouve, sans comparer.",
                remote = quoted(remote)
            )],
            Self::NoRemoteBranch { remote, .. } => vec![text!(
                "Push it: git push -u {remote} HEAD",
                "Poussez-la : git push -u {remote} HEAD",
                remote = quoted(remote)
            )],
            Self::NotPushed(unpushed) => unpushed.next(),
            Self::Behind { branch, remote, .. } | Self::Diverged { branch, remote } => vec![
                text!(
                    "Get them first: git pull {remote} {branch}",
                    "Récupérez-les d’abord : git pull {remote} {branch}",
                    remote = quoted(remote),
                    branch = quoted(branch)
                ),
                build_anyway(),
            ],
            Self::TooSlow { .. } | Self::Failed { .. } => Vec::new(),
        }
    }
}

/// A name in a command that people copy into a shell. A branch of a repository of somebody else may be called `x;y`.
fn quoted(name: &str) -> Cow<'_, str> {
    shlex::try_quote(name).unwrap_or_default()
}

fn behind(remote: &str, branch: &str, commits: Option<u32>) -> String {
    match commits {
        Some(1) => text!(
            "{branch} at {remote} has a commit that is not here.",
            "{branch} chez {remote} a un commit qui n’est pas ici."
        ),
        Some(count) => text!(
            "{branch} at {remote} has {count} commits that are not here.",
            "{branch} chez {remote} a {count} commits qui ne sont pas ici."
        ),
        None => text!(
            "{branch} at {remote} has commits that are not here.",
            "{branch} chez {remote} a des commits qui ne sont pas ici."
        ),
    }
}

fn build_anyway() -> String {
    text!(
        "Or build what is pushed, as it is: --pushed",
        "Ou construisez ce qui est poussé, tel quel : --pushed"
    )
}

impl Unpushed {
    fn message(&self) -> String {
        let mut lines = vec![text!(
            "A build would not contain everything that is here.",
            "Un build ne contiendrait pas tout ce qui est ici."
        )];
        if !self.uncommitted.is_empty() {
            lines.push(text!("Not committed:", "Pas validé :"));
            lines.extend(named(&self.uncommitted, self.uncommitted.len()));
        }
        if self.commits > 0 {
            let Self { remote, branch, commits, .. } = self;
            lines.push(match commits {
                1 => text!(
                    "Not pushed to {branch} at {remote} (1 commit):",
                    "Pas poussé vers {branch} chez {remote} (1 commit) :"
                ),
                commits => text!(
                    "Not pushed to {branch} at {remote} ({commits} commits):",
                    "Pas poussés vers {branch} chez {remote} ({commits} commits) :"
                ),
            });
            let count = usize::try_from(self.commits).unwrap_or(usize::MAX);
            lines.extend(named(&self.newest, count));
        }
        lines.join("\n")
    }

    fn next(&self) -> Vec<String> {
        let commit = match self.uncommitted.is_empty() {
            true => text!(
                "Push them: git push {remote} HEAD:{branch}",
                "Poussez-les : git push {remote} HEAD:{branch}",
                remote = quoted(&self.remote),
                branch = quoted(&self.branch)
            ),
            false => text!(
                "Commit and push, then try again: git add . && git commit && git push",
                "Validez et poussez, puis réessayez : git add . && git commit && git push"
            ),
        };
        vec![commit, build_anyway()]
    }
}

/// The first of `items`, each in a line, and how many of `count` are left out.
fn named(items: &[String], count: usize) -> Vec<String> {
    let mut lines: Vec<_> = items.iter().take(MAX_NAMED).map(|item| format!("  {item}")).collect();
    let rest = count.saturating_sub(lines.len());
    if rest > 0 {
        lines.push(text!("  and {rest} more", "  et {rest} de plus"));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unpushed(uncommitted: usize, commits: u32) -> GitError {
        GitError::NotPushed(Unpushed {
            remote: "origin".into(),
            branch: "main".into(),
            uncommitted: (1..=uncommitted).map(|n| format!("file{n}.js")).collect(),
            commits,
            newest: (1..=commits.min(8)).map(|n| format!("abc{n} Fix {n}")).collect(),
        })
    }

    #[test]
    fn uncommitted_and_unpushed_work_is_named_together() {
        let error = Error::from(unpushed(2, 1));
        assert_eq!(error.exit, Exit::RepositoryNotReady);
        let expected = "A build would not contain everything that is here.\nNot committed:\n  file1.js\n  \
                        file2.js\nNot pushed to main at origin (1 commit):\n  abc1 Fix 1";
        assert_eq!(error.message, expected);
        assert!(error.next.iter().any(|next| next.contains("git commit")));
        assert!(error.next.iter().any(|next| next.contains("--pushed")));
    }

    #[test]
    fn a_long_list_says_how_many_are_left_out() {
        let message = unpushed(12, 20).message();
        assert!(message.contains("  file8.js\n  and 4 more\n"), "{message}");
        assert!(message.contains("(20 commits):"), "{message}");
        assert!(message.ends_with("  abc8 Fix 8\n  and 12 more"), "{message}");
    }

    #[test]
    fn a_name_in_a_command_is_one_word_of_a_shell() {
        let (remote, branch) = ("origin".to_owned(), "x;id".to_owned());
        let error = Error::from(GitError::Behind { remote, branch, commits: None });
        assert_eq!(error.next.first().unwrap(), "Get them first: git pull origin 'x;id'");
        let GitError::NotPushed(unpushed) = unpushed(0, 1) else { panic!("not pushed") };
        let next = Unpushed { branch: "$(id)".into(), ..unpushed }.next();
        assert_eq!(next.first().unwrap(), "Push them: git push origin HEAD:'$(id)'");
    }

    #[test]
    fn what_git_itself_cannot_do_is_no_fault_of_the_repository() {
        let failed =
            GitError::Failed { command: "git status".into(), detail: "fatal: disk".into() };
        assert_eq!(Error::from(failed).exit, Exit::Failed);
        let slow = GitError::TooSlow { command: "git status".into(), seconds: 60 };
        assert!(slow.message().contains("60 seconds"));
        assert_eq!(Error::from(GitError::NoRemote).exit, Exit::RepositoryNotReady);
    }
}
