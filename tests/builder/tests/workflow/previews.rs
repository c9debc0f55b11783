//! The cache and the tag of a pull request's build.

use crate::scripts::{check_changed, new_runner};
use nokube_tests_builder::workflow::StepRunner;

/// A build, and the prefixes of the cache keys that it restores, in order. It saves under the first.
struct CacheKeys {
    build: &'static str,
    image: &'static str,
    restored: [String; 2],
}

impl CacheKeys {
    fn new(
        runner: &StepRunner,
        (build, image, private, tag): (&'static str, &'static str, &str, &str),
    ) -> Self {
        let changes = [("IMAGE", image), ("PRIVATE", private), ("TAG", tag)];
        let (passed, printed, outputs) = check_changed(runner, &changes);
        assert!(passed, "{build}: {printed}");
        let output = |name: &str| {
            let value = outputs.lines().find_map(|line| line.strip_prefix(name));
            value.unwrap().to_owned()
        };
        Self { build, image, restored: [output("cache="), output("branch_cache=")] }
    }

    /// Whether it restores what `other` has saved, of several runs and attempts.
    fn restores(&self, other: &Self) -> bool {
        let saved = ["1-1", "12-3", "77"].map(|run| format!("{}{run}", other.restored[0]));
        self.restored.iter().any(|prefix| saved.iter().any(|key| key.starts_with(prefix.as_str())))
    }
}

#[test]
fn only_the_same_pull_request_restores_its_cache_and_it_may_restore_the_branchs() {
    let runner = new_runner("preview-cache-keys");
    let (web, api) = ("ghcr.io/my-org/alice-shop-web", "ghcr.io/my-org/alice-shop-api");
    let builds = [
        ("main", web, "false", "latest"),
        ("another service", api, "false", "latest"),
        ("pull request 1", web, "false,preview", "pr-1"),
        ("pull request 12", web, "true,submodules,lfs,preview", "pr-12"),
        ("pull request 1 of another service", api, "false,preview", "pr-1"),
    ];
    let builds = builds.map(|build| CacheKeys::new(&runner, build));
    for (build, other) in
        builds.iter().flat_map(|build| builds.iter().map(move |other| (build, other)))
    {
        let is_branch = other.restored[0] == other.restored[1];
        let may = build.build == other.build || (is_branch && build.image == other.image);
        assert_eq!(build.restores(other), may, "{} restores that of {}", build.build, other.build);
    }
    // Its own comes first, and a branch has one only.
    assert!(builds[2].restored[0].contains("-pr-1-") && !builds[2].restored[1].contains("-pr-"));

    // The tag of a source that was saved earlier can look like that of a pull request.
    let with_tag = CacheKeys::new(&runner, ("main with the tag pr-1", web, "false", "pr-1"));
    assert_eq!(with_tag.restored, builds[0].restored);
}

#[test]
fn a_preview_has_the_tag_of_its_pull_request() {
    let runner = new_runner("preview-tags");
    for tag in ["latest", "pr-", "pr-0", "pr-07", "pr-1-2", "pr-x", "PR-1", "xpr-1", "pr-1\n"] {
        let (passed, printed, outputs) =
            check_changed(&runner, &[("PRIVATE", "false,preview"), ("TAG", tag)]);
        assert!(!passed && outputs.is_empty(), "{tag:?} passed");
        assert!(printed.starts_with("::error title=Invalid request::tag must be"), "{printed}");
    }
    for private in ["true,preview,lfs", "preview", "true,preview,preview", "true,previews"] {
        let (passed, ..) = check_changed(&runner, &[("PRIVATE", private), ("TAG", "pr-7")]);
        assert!(!passed, "{private} passed");
    }
}
