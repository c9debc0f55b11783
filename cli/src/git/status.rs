//! The state of a work tree, as `git status --porcelain=v2 --branch -z` reports it.

/// The arguments of git whose output [`WorkTree::parse`] reads.
pub const ARGUMENTS: [&str; 5] =
    ["status", "--porcelain=v2", "--branch", "-z", "--untracked-files=normal"];

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkTree {
    /// `None` before the first commit.
    pub commit: Option<String>,
    /// `None` if a commit is checked out, and no branch.
    pub branch: Option<String>,
    /// The paths of files with changes that are not committed; also of those that git does not know yet.
    pub uncommitted: Vec<String>,
}

impl WorkTree {
    /// Lines that a newer git adds are ignored.
    pub fn parse(output: &str) -> Self {
        let mut tree = Self::default();
        let mut entries = output.split('\0');
        while let Some(entry) = entries.next() {
            let (kind, rest) = entry.split_once(' ').unwrap_or((entry, ""));
            match kind {
                "#" => tree.read_header(rest),
                // The number of fields before the path.
                "1" => tree.add(rest, 7),
                "2" => {
                    tree.add(rest, 8);
                    // The path before it was renamed.
                    entries.next();
                }
                "u" => tree.add(rest, 9),
                "?" => tree.add(rest, 0),
                _ => {}
            }
        }
        tree
    }

    fn read_header(&mut self, header: &str) {
        match header.split_once(' ') {
            Some(("branch.oid", "(initial)")) | Some(("branch.head", "(detached)")) => {}
            Some(("branch.oid", commit)) => self.commit = Some(commit.to_owned()),
            Some(("branch.head", branch)) => self.branch = Some(branch.to_owned()),
            _ => {}
        }
    }

    fn add(&mut self, entry: &str, fields: usize) {
        if let Some(path) = entry.splitn(fields + 1, ' ').nth(fields) {
            self.uncommitted.push(path.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_change_is_named_by_its_path() {
        let output = [
            "# branch.oid 1f0d2c9b1f0d2c9b1f0d2c9b1f0d2c9b1f0d2c9b",
            "# branch.head feature/cart",
            "# branch.upstream origin/feature/cart",
            "# branch.ab +1 -0",
            "# stash 2",
            "1 .M N... 100644 100644 100644 aaaa aaaa web/with space.js",
            "2 R. N... 100644 100644 100644 aaaa aaaa R100 new name.txt",
            "old name.txt",
            "u UU N... 100644 100644 100644 100644 aaaa bbbb cccc both.rs",
            "? nokube.toml",
            "! target",
            "",
        ];
        let tree = WorkTree::parse(&output.join("\0"));
        assert_eq!(tree.commit.as_deref(), Some("1f0d2c9b1f0d2c9b1f0d2c9b1f0d2c9b1f0d2c9b"));
        assert_eq!(tree.branch.as_deref(), Some("feature/cart"));
        let paths = ["web/with space.js", "new name.txt", "both.rs", "nokube.toml"];
        assert_eq!(tree.uncommitted, paths);
    }

    #[test]
    fn a_repository_without_a_commit_and_a_commit_without_a_branch_are_told_apart() {
        let empty = WorkTree::parse("# branch.oid (initial)\0# branch.head main\0");
        assert_eq!((empty.commit, empty.branch.as_deref()), (None, Some("main")));
        let detached = WorkTree::parse("# branch.oid abc\0# branch.head (detached)\0");
        assert_eq!((detached.commit.as_deref(), detached.branch), (Some("abc"), None));
    }
}
