//! The program `local-host`.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use futures::future::join_all;

use crate::test_app::{GUEST_COMPONENT, TestApp};

pub fn start_program(app: &TestApp, listen: &str, more: &[&str]) -> Child {
    start_program_with(app, listen, more, &[])
}

pub fn start_program_with(
    app: &TestApp,
    listen: &str,
    more: &[&str],
    environment: &[(&str, &Path)],
) -> Child {
    Command::new(env!("CARGO_BIN_EXE_local-host"))
        .envs(environment.iter().copied())
        .arg("--from")
        .arg(app.manifest())
        .args(["--listen", listen, "--counts"])
        .args(more)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Reads the program's first output line. Returns the URL in it, and the rest of the output.
pub fn read_url(child: &mut Child) -> (String, impl Read + use<>) {
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    (line.trim().strip_prefix("Serving ").unwrap().to_string(), output)
}

pub fn terminate(child: &mut Child) {
    Command::new("kill").arg(child.id().to_string()).status().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[tokio::test]
async fn it_serves_until_sigterm() {
    let app = TestApp::new(GUEST_COMPONENT);
    let mut child = start_program(&app, "127.0.0.1:0", &[]);
    let (url, mut output) = read_url(&mut child);

    let response = app.client.get(format!("{url}/kv/none")).send().await.unwrap();
    assert_eq!(response.status(), 404);
    let address = url.strip_prefix("http://").unwrap();
    let second = start_program(&app, address, &[]).wait_with_output().unwrap();
    assert_eq!(second.status.code(), Some(1));
    assert_eq!(
        String::from_utf8(second.stderr).unwrap(),
        format!("local-host: {address} is already in use: choose another port\n")
    );

    terminate(&mut child);
    let mut rest = String::new();
    output.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("GET /kv/none 404 "), "{rest}");
    assert!(rest.contains("reads=1 "), "{rest}");
}

/// Other tests check the limits in detail. This checks that the options exist and are applied.
#[tokio::test]
async fn its_options_set_limits_and_clock() {
    let app = TestApp::new(GUEST_COMPONENT);
    let day_seconds = 86_400;
    let mut child = start_program(
        &app,
        "127.0.0.1:0",
        &[
            "--max-instance-reuse-count=2",
            "--max-instance-concurrent-reuse-count=1",
            "--idle-instance-timeout=200ms",
            &format!("--clock-offset-seconds={day_seconds}"),
        ],
    );
    let (url, _output) = read_url(&mut child);
    let get = async |path: &str| -> String {
        app.client.get(format!("{url}{path}")).send().await.unwrap().text().await.unwrap()
    };
    let mut counts = Vec::new();
    for _ in 0..3 {
        counts.push(get("/request-count").await);
    }
    assert_eq!(counts, ["1", "2", "1"], "an instance serves two requests");
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(get("/request-count").await, "1", "an idle instance ends");
    let concurrency = join_all((0..3).map(|_| get("/concurrency"))).await;
    assert_eq!(concurrency, ["1", "1", "1"], "an instance serves one request at a time");
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let ahead = get("/time").await.parse::<u64>().unwrap() - now;
    assert!((day_seconds..day_seconds + 10).contains(&ahead), "{ahead}");
    terminate(&mut child);
}

#[tokio::test]
async fn a_signal_ends_running_requests_at_once() {
    for signal in ["-INT", "-TERM"] {
        let app = TestApp::new(GUEST_COMPONENT);
        let mut child = start_program(&app, "127.0.0.1:0", &[]);
        let (url, _output) = read_url(&mut child);
        let running = app.client.get(format!("{url}/stream")).send().await.unwrap();
        let start = Instant::now();
        Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(0), "{signal}");
        assert!(start.elapsed() < Duration::from_millis(500), "{:?}", start.elapsed());
        assert!(running.text().await.is_err(), "{signal}: the last chunk is sent later");
        let late = reqwest::Client::new().get(&url).send().await;
        assert!(late.unwrap_err().is_connect(), "{signal}");
    }
}

/// The instances of 1,100 requests, each with an instance of its own, need more than the 1,000 in the pool.
#[tokio::test]
async fn more_requests_than_the_pool_has_instances_fail_unless_pooling_is_disabled() {
    let app = TestApp::new(GUEST_COMPONENT);
    for (options, all_succeed) in [(&[][..], false), (&["--disable-pooling"][..], true)] {
        let alone = ["--max-instance-concurrent-reuse-count=1"];
        let mut child = start_program(&app, "127.0.0.1:0", &[&alone, options].concat());
        let (url, mut output) = read_url(&mut child);
        let output = std::thread::spawn(move || {
            let mut text = String::new();
            output.read_to_string(&mut text).map(|_| text)
        });
        let get = async || {
            let response = app.client.get(format!("{url}/wait")).send().await.unwrap();
            (response.status().as_u16(), response.text().await.unwrap())
        };
        let responses = join_all((0..1100).map(|_| get())).await;
        let succeeded = responses.iter().filter(|(status, _)| *status == 200).count();
        let failed = responses.iter().filter(|it| **it == (500, String::new())).count();
        assert_eq!(succeeded + failed, 1100);
        assert_eq!(failed == 0, all_succeed, "{failed} failed with {options:?}");
        terminate(&mut child);
        let output = output.join().unwrap().unwrap();
        assert_eq!(output.contains("limit of 1000"), !all_succeed, "{output}");
    }
}
