//! Which program runs the platform: Spin, if it is new enough, otherwise the local host.
#![allow(clippy::unwrap_used)] // Tests.

use nokube_dev::spin::{Choice, Host, Request, Version, choose, parse_version};
use std::{ffi::OsStr, fs, io, os::unix::fs::PermissionsExt, path::Path, process::Command};

#[test]
fn versions_are_read_from_the_output_of_spin() {
    let version = |text, number| Some(Version { text, number });
    let cases = [
        ("spin 4.1.0 (1a2b3c4 2026-09-01)", version("4.1.0", (4, 1))),
        ("spin 4.1.0-pre0 (1a2b3c4 2026-08-01)", version("4.1.0-pre0", (4, 1))),
        ("spin 10.0.2+build.5", version("10.0.2+build.5", (10, 0))),
        ("spin 4.12", version("4.12", (4, 12))),
        ("spin 4", None),
        ("spin four.one", None),
        // Debian's package `spin` is a model checker.
        ("Spin Version 6.5.2 -- 6 December 2019", None),
        ("", None),
    ];
    for (line, expected) in cases {
        assert_eq!(parse_version(line), expected, "{line}");
    }
}

#[test]
fn the_variable_spin_asks_for_a_program() {
    let request = |value: Option<&str>| Request::from_variable(value.map(OsStr::new));
    assert_eq!(request(None), Request::SpinFromPath);
    assert_eq!(request(Some("")), Request::LocalHost);
    assert_eq!(request(Some("local")), Request::LocalHost);
    assert_eq!(request(Some("/opt/spin")), Request::Spin("/opt/spin".into()));
}

/// What `spin --version` prints.
fn prints(output: &'static str) -> impl FnOnce(&Path) -> io::Result<String> {
    move |_| Ok(output.to_owned())
}

fn is_missing(_: &Path) -> io::Result<String> {
    Err(io::ErrorKind::NotFound.into())
}

fn local_host(reason: &str) -> Result<Choice, String> {
    Ok(Choice { host: Host::LocalHost, reason: reason.into() })
}

#[test]
fn spin_from_path_is_used_if_it_is_new_enough() {
    let choice = choose(Request::SpinFromPath, prints("spin 4.1.0 (1a2b3c4 2026-09-01)\n"));
    let host = Host::Spin("spin".into());
    assert_eq!(choice, Ok(Choice { host, reason: "spin 4.1.0 from PATH".into() }));

    assert_eq!(
        choose(Request::SpinFromPath, prints("spin 3.6.0 (1a2b3c4 2026-01-01)\n")),
        local_host("spin 3.6.0 is too old: 4.1 is needed; using the local host")
    );
    assert_eq!(
        choose(Request::SpinFromPath, prints("spin 4.0.9\n")),
        local_host("spin 4.0.9 is too old: 4.1 is needed; using the local host")
    );
    assert_eq!(
        choose(Request::SpinFromPath, is_missing),
        local_host("no spin in PATH; using the local host")
    );
    assert_eq!(
        choose(Request::SpinFromPath, prints("Spin Version 6.5.2\n")),
        local_host(
            "spin is another program (its version is 'Spin Version 6.5.2'); using the local host"
        )
    );
    assert_eq!(
        choose(Request::SpinFromPath, |_| Err(io::Error::other("exit status: 3"))),
        local_host("spin does not run (exit status: 3); using the local host")
    );
}

#[test]
fn a_spin_that_was_asked_for_is_used_or_is_an_error() {
    let request = || Request::Spin("/opt/spin".into());
    let choice = choose(request(), prints("spin 4.1.0-pre0\n"));
    let host = Host::Spin("/opt/spin".into());
    assert_eq!(choice, Ok(Choice { host, reason: "spin 4.1.0-pre0 from /opt/spin".into() }));

    let too_old = choose(request(), prints("spin 3.0.0\n")).unwrap_err();
    assert_eq!(
        too_old,
        "SPIN=/opt/spin: spin 3.0.0 is too old: 4.1 is needed. `SPIN=local make run` uses the local host"
    );
    let missing = choose(request(), is_missing).unwrap_err();
    assert!(missing.starts_with("SPIN=/opt/spin: there is no such program."), "{missing}");
}

#[test]
fn the_local_host_is_used_without_looking_for_spin() {
    let choice = choose(Request::LocalHost, |_| unreachable!());
    assert_eq!(choice, local_host("using the local host, as SPIN says"));
}

/// Runs `nokube-dev choose-host` with this folder as PATH. Returns what it prints to standard output and to
/// standard error, and whether it succeeded.
fn choose_host(path: &Path, spin: Option<&str>) -> (String, String, bool) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nokube-dev"));
    command.arg("choose-host").env("PATH", path).env_remove("SPIN");
    if let Some(spin) = spin {
        command.env("SPIN", spin);
    }
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.success())
}

#[test]
fn the_makefile_gets_the_program_and_the_user_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let answer = |out: &str, reason: &str| (out.to_owned(), format!("{reason}\n"), true);
    let no_spin = answer("", "no spin in PATH; using the local host");
    assert_eq!(choose_host(folder.path(), None), no_spin);

    let program = folder.path().join("spin");
    fs::write(&program, "#!/bin/sh\necho 'spin 4.1.0 (1a2b3c4 2026-09-01)'\n").unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(choose_host(folder.path(), None), answer("spin\n", "spin 4.1.0 from PATH"));
    let local = answer("", "using the local host, as SPIN says");
    assert_eq!(choose_host(folder.path(), Some("local")), local);

    let elsewhere = folder.path().join("elsewhere");
    let (out, error, succeeded) = choose_host(folder.path(), elsewhere.to_str());
    assert!(!succeeded && out.is_empty() && error.contains("there is no such program"), "{error}");
}
