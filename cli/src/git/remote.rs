//! Which remote and which of its branches a branch is pushed to.

use super::error::GitError;

/// A branch of a remote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteBranch {
    pub remote: String,
    pub branch: String,
}

/// The format of `git for-each-ref` whose output [`upstream_of`] reads.
pub const UPSTREAM_FORMAT: &str = "--format=%(upstream:remotename)%00%(upstream:remoteref)";

/// What is configured as the upstream of a branch. `None` without one, or if it is a branch of the same repository.
pub fn upstream_of(output: &str) -> Option<RemoteBranch> {
    let (remote, reference) = output.trim_end().split_once('\0')?;
    let branch = reference.strip_prefix("refs/heads/")?;
    let is_remote = !matches!(remote, "" | ".");
    is_remote.then(|| RemoteBranch { remote: remote.to_owned(), branch: branch.to_owned() })
}

/// Where `branch` is pushed to: to the remote that was `requested`, else to its upstream's, to the only one, or to
/// `origin`.
///
/// # Errors
/// There is no such remote, or none, or several and nothing says which.
pub fn choose(
    branch: &str,
    remotes: &[String],
    requested: Option<&str>,
    upstream: Option<RemoteBranch>,
) -> Result<RemoteBranch, GitError> {
    let exists = |name: &str| remotes.iter().any(|remote| remote == name);
    let upstream = upstream.filter(|upstream| exists(&upstream.remote));
    let remote = match (requested, &upstream, remotes) {
        (Some(name), _, _) if exists(name) => name,
        (Some(name), _, _) => {
            return Err(GitError::UnknownRemote {
                name: name.to_owned(),
                remotes: remotes.to_vec(),
            });
        }
        (None, Some(upstream), _) => &upstream.remote,
        (None, None, []) => return Err(GitError::NoRemote),
        (None, None, [only]) => only,
        (None, None, _) if exists("origin") => "origin",
        (None, None, _) => return Err(GitError::SeveralRemotes { remotes: remotes.to_vec() }),
    };
    let pushed_as = upstream.as_ref().filter(|upstream| upstream.remote == remote);
    let branch = pushed_as.map_or(branch, |upstream| &upstream.branch);
    Ok(RemoteBranch { remote: remote.to_owned(), branch: branch.to_owned() })
}

/// The commit of a branch in the output of `git ls-remote`.
pub fn head_of(output: &str, branch: &str) -> Option<String> {
    let mut lines = output.lines().filter_map(|line| line.split_once('\t'));
    let (commit, _) = lines.find(|(_, name)| name.strip_prefix("refs/heads/") == Some(branch))?;
    Some(commit.to_owned())
}

/// How a branch and that of the remote differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Commits that are not at the remote.
    pub ahead: u32,
    /// Commits that are only at the remote. `None`: there are some, which were not fetched yet.
    pub behind: Option<u32>,
}

impl Difference {
    /// Reads the output of `git rev-list --left-right --count LOCAL...REMOTE`.
    pub fn parse(output: &str) -> Option<Self> {
        let (ahead, behind) = output.trim().split_once('\t')?;
        Some(Self { ahead: ahead.parse().ok()?, behind: Some(behind.parse().ok()?) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn upstream(remote: &str, branch: &str) -> Option<RemoteBranch> {
        Some(RemoteBranch { remote: remote.to_owned(), branch: branch.to_owned() })
    }

    fn chosen(
        remotes: &[&str],
        requested: Option<&str>,
        upstream: Option<RemoteBranch>,
    ) -> Result<(String, String), GitError> {
        let chosen = choose("main", &names(remotes), requested, upstream)?;
        Ok((chosen.remote, chosen.branch))
    }

    #[test]
    fn the_upstream_comes_before_origin_and_with_the_name_that_the_branch_has_there() {
        let fork = ("fork".to_owned(), "trunk".to_owned());
        assert_eq!(chosen(&["origin", "fork"], None, upstream("fork", "trunk")), Ok(fork));
        let origin = ("origin".to_owned(), "main".to_owned());
        assert_eq!(chosen(&["fork", "origin"], None, None), Ok(origin.clone()));
        assert_eq!(
            chosen(&["origin", "fork"], Some("origin"), upstream("fork", "trunk")),
            Ok(origin)
        );
        let only = ("gh".to_owned(), "main".to_owned());
        assert_eq!(chosen(&["gh"], None, upstream("removed", "trunk")), Ok(only));
    }

    #[test]
    fn without_a_remote_or_with_several_nothing_is_guessed() {
        assert_eq!(chosen(&[], None, None), Err(GitError::NoRemote));
        let several = GitError::SeveralRemotes { remotes: names(&["a", "b"]) };
        assert_eq!(chosen(&["a", "b"], None, None), Err(several));
        let unknown = GitError::UnknownRemote { name: "c".into(), remotes: names(&["a", "b"]) };
        assert_eq!(chosen(&["a", "b"], Some("c"), None), Err(unknown));
    }

    #[test]
    fn an_upstream_in_the_same_repository_is_none() {
        assert_eq!(upstream_of("origin\0refs/heads/team/main\n"), upstream("origin", "team/main"));
        assert_eq!(upstream_of(".\0refs/heads/main\n"), None);
        assert_eq!(upstream_of("\0\n"), None);
        assert_eq!(upstream_of(""), None);
    }

    #[test]
    fn the_head_of_a_branch_is_not_that_of_one_whose_name_ends_like_it() {
        let output = "aaa\trefs/heads/team/main\nbbb\trefs/heads/main\n";
        assert_eq!(head_of(output, "main").as_deref(), Some("bbb"));
        assert_eq!(head_of(output, "other"), None);
        assert_eq!(Difference::parse("2\t0\n"), Some(Difference { ahead: 2, behind: Some(0) }));
    }
}
