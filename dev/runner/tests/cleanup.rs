//! Which processes and mounts belong to a folder of builds.
#![allow(clippy::unwrap_used)] // Tests.

use nokube_dev_runner::cleanup::{
    MARKER, clean, has_root_in, is_started_in, lock_folder, mounts_below,
};
use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Command, time::Duration};

const FOLDER: &str = "/srv/.nokube/builds";

#[test]
fn only_processes_of_the_folder_are_its_own() {
    let folder = Path::new(FOLDER);
    let is_own =
        |environment: &str| is_started_in(environment.replace(' ', "\0").as_bytes(), folder);
    assert!(is_own("PATH=/bin NOKUBE_FOLDER=/srv/.nokube/builds"));
    assert!(is_own("RUNNER_TEMP=/srv/.nokube/builds/run-1-1/temp"));
    assert!(is_own("HOME=/srv/.nokube/builds/run-1-1/home"));
    // A person's shell, and another instance's.
    assert!(!is_own("HOME=/root PWD=/srv/.nokube/builds EDITOR=vi"));
    assert!(!is_own("NOKUBE_FOLDER=/srv/other/.nokube/builds"));
    assert!(!is_own("HOME=/srv/.nokube/builds-of-others"));
}

#[test]
fn containers_and_mounts_are_found_by_their_place() {
    let folder = Path::new(FOLDER);
    let root = |lower: &str| {
        format!(
            "612 611 0:52 / / rw - overlay overlay rw,lowerdir={lower},upperdir=/x\n613 612 0:5 / /proc rw - proc proc rw\n"
        )
    };
    assert!(has_root_in(&root("/srv/.nokube/builds/root/snapshots/1/fs"), folder));
    assert!(!has_root_in(&root("/var/lib/docker/1/fs"), folder));
    let mounts = "proc /proc proc rw 0 0\noverlay /srv/.nokube/builds/a/rootfs overlay rw 0 0\n\
        overlay /srv/.nokube/builds-of-others overlay rw 0 0\n";
    assert_eq!(mounts_below(mounts, folder), [Path::new("/srv/.nokube/builds/a/rootfs")]);
    // The kernel escapes spaces. What is mounted would be removed if it was not found.
    let folder = Path::new("/srv/my builds");
    assert!(has_root_in(&root("/srv/my\\040builds/root/snapshots/1/fs"), folder));
    let mounts = "overlay /srv/my\\040builds/a/rootfs overlay rw 0 0\n";
    assert_eq!(mounts_below(mounts, folder), [Path::new("/srv/my builds/a/rootfs")]);
}

#[test]
fn a_new_folder_is_for_its_user_only() {
    let parent = tempfile::tempdir().unwrap();
    let state = parent.path().join("state");
    let _lock = lock_folder(&state.join("real")).unwrap();
    for folder in [&state, &state.join("real")] {
        assert_eq!(fs::metadata(folder).unwrap().permissions().mode() & 0o777, 0o700);
    }
}

#[tokio::test]
async fn a_process_that_a_killed_run_left_is_stopped_and_kept_files_stay() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["registry", "run-1-1"] {
        fs::create_dir(folder.path().join(name)).unwrap();
    }
    let mut left = Command::new("sleep").arg("300").env(MARKER, folder.path()).spawn().unwrap();
    // The environment of a process is that of its parent until the program has started.
    std::thread::sleep(Duration::from_millis(200));
    clean(folder.path(), &["registry"]).await.unwrap();
    assert!(!left.wait().unwrap().success());
    let names: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names, ["registry"]);
}
