//! `ops/backup` copies a store of either kind, and leaves no unusable copy.
#![allow(clippy::unwrap_used)] // Tests.

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::Duration,
};
use tempfile::TempDir;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../ops/backup");

/// A checkout that has the script, and a folder for the copies.
fn checkout() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("ops")).unwrap();
    fs::create_dir(folder.path().join("copies")).unwrap();
    fs::copy(SCRIPT, folder.path().join("ops/backup")).unwrap();
    folder
}

/// Runs the script. Returns its output, or the error message.
fn backup(checkout: &Path, store: &str) -> Result<String, String> {
    let mut command = Command::new("bash");
    command.current_dir(checkout).args(["ops/backup", store, "copies"]);
    let output = command.output().unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    if output.status.success() { Ok(text) } else { Err(text) }
}

fn copies(checkout: &Path) -> Vec<PathBuf> {
    let folder = fs::read_dir(checkout.join("copies")).unwrap();
    folder.map(|entry| entry.unwrap().path()).collect()
}

fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

const TABLE: &str = "create table spin_key_value (store, key, value); insert into spin_key_value values ('default', 'p/1', 'shop')";

#[test]
fn the_script_has_no_errors_that_shellcheck_finds() {
    run("shellcheck", &[SCRIPT]);
}

#[test]
fn an_sqlite_store_is_copied() {
    let checkout = checkout();
    let checkout = checkout.path();
    run("sqlite3", &[checkout.join("store.db").to_str().unwrap(), TABLE]);
    // Prints nothing, because cron would send it by mail.
    assert_eq!(backup(checkout, "store.db"), Ok(String::new()));
    let [copy] = &copies(checkout)[..] else { unreachable!() };
    assert_eq!(copy.extension().unwrap(), "db");
    assert_eq!(fs::metadata(copy).unwrap().permissions().mode() & 0o777, 0o600);
    let value = run("sqlite3", &[copy.to_str().unwrap(), "select value from spin_key_value"]);
    assert_eq!(value, "shop\n");
}

#[test]
fn a_file_without_a_store_is_refused() {
    let checkout = checkout();
    let checkout = checkout.path();
    run("sqlite3", &[checkout.join("other.db").to_str().unwrap(), "create table other (key)"]);
    assert!(backup(checkout, "other.db").unwrap_err().contains("no such table: spin_key_value"));
    fs::write(checkout.join(".env"), "SPIN_VARIABLE_PLATFORM_URL=https://a.test\n").unwrap();
    assert!(backup(checkout, ".env").unwrap_err().contains("has no state_redis_url"));
    assert!(backup(checkout, "missing.db").unwrap_err().contains("does not exist or is empty"));
    assert_eq!(copies(checkout), <[PathBuf; 0]>::default());
}

struct Redis(Child);

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a server with a password, and stores a value. Returns its port.
fn start_redis(folder: &Path, password: &str) -> (Redis, String) {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let mut command = Command::new("redis-server");
    command.current_dir(folder).args(["--port", &port, "--requirepass", password, "--save", ""]);
    command.args(["--repl-diskless-sync-delay", "0"]).stdout(Stdio::null());
    let server = Redis(command.spawn().unwrap());
    let mut set = Command::new("redis-cli");
    set.args(["-p", &port, "set", "p/1", "shop"]).env("REDISCLI_AUTH", password);
    for _ in 0..100 {
        if set.output().unwrap().stdout == b"OK\n" {
            return (server, port);
        }
        sleep(Duration::from_millis(100));
    }
    unreachable!("redis-server does not start")
}

#[test]
fn a_redis_store_is_copied_with_the_url_of_the_settings() {
    let checkout = checkout();
    let checkout = checkout.path();
    let (_server, port) = start_redis(checkout, "p@ss+/=%x");
    let settings = |password: &str| {
        let url = format!("redis://:{password}@127.0.0.1:{port}/0");
        let text = format!("SPIN_VARIABLE_X=1\nSPIN_VARIABLE_STATE_REDIS_URL='{url}'\n");
        fs::write(checkout.join(".env"), text).unwrap();
    };
    settings("wrong");
    let error = backup(checkout, ".env").unwrap_err();
    assert!(error.contains("redis-cli cannot copy the database") && error.contains("WRONGPASS"));
    assert_eq!(copies(checkout), <[PathBuf; 0]>::default());

    settings("p%40ss%2B%2F%3D%25x");
    assert_eq!(backup(checkout, ".env"), Ok(String::new()));
    let [copy] = &copies(checkout)[..] else { unreachable!() };
    assert_eq!(copy.extension().unwrap(), "rdb");
    assert_eq!(fs::metadata(copy).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(run("redis-check-rdb", &[copy.to_str().unwrap()]).contains("1 keys read"));
}

/// A cron entry from before the switch would copy a file that is out of date.
#[test]
fn the_sqlite_file_is_refused_once_the_state_is_in_redis() {
    let checkout = checkout();
    let checkout = checkout.path();
    run("sqlite3", &[checkout.join("store.db").to_str().unwrap(), TABLE]);
    let settings = checkout.join(".env");
    fs::write(&settings, "SPIN_VARIABLE_STATE_REDIS_URL=redis://:x@127.0.0.1:9/0\n").unwrap();
    let error = backup(checkout, "store.db").unwrap_err();
    assert!(error.contains("the state is in Redis (state_redis_url): use .env"), "{error}");
    assert_eq!(copies(checkout), <[PathBuf; 0]>::default());
    fs::write(&settings, "SPIN_VARIABLE_STATE_REDIS_URL=\n").unwrap();
    assert_eq!(backup(checkout, "store.db"), Ok(String::new()));
}
