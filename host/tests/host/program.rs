//! The program `local-host` itself.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};

use crate::world::{STORY, Story};

pub fn program(story: &Story, listen: &str, more: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_local-host"))
        .arg("--from")
        .arg(story.manifest())
        .args(["--listen", listen, "--counts"])
        .args(more)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// What the program says first, which is where it serves, and the rest of what it says.
pub fn served(child: &mut Child) -> (String, impl Read + use<>) {
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
async fn it_serves_until_it_is_told_to_end() {
    let story = Story::new(STORY);
    let mut child = program(&story, "127.0.0.1:0", &[]);
    let (url, mut output) = served(&mut child);

    let response = story.client.get(format!("{url}/kv/none")).send().await.unwrap();
    assert_eq!(response.status(), 404);
    let address = url.strip_prefix("http://").unwrap();
    let second = program(&story, address, &[]).wait_with_output().unwrap();
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

/// What it does is in the other tests; here, that each is called as Spin calls it.
#[tokio::test]
async fn its_limits_have_spins_names_and_its_clock_can_be_ahead() {
    let story = Story::new(STORY);
    let day = 86_400;
    let mut child = program(
        &story,
        "127.0.0.1:0",
        &[
            "--max-instance-reuse-count=2",
            "--max-instance-concurrent-reuse-count=1",
            "--idle-instance-timeout=200ms",
            &format!("--clock-offset-seconds={day}"),
        ],
    );
    let (url, _output) = served(&mut child);
    let get = async |path: &str| -> String {
        story.client.get(format!("{url}{path}")).send().await.unwrap().text().await.unwrap()
    };
    let mut numbers = Vec::new();
    for _ in 0..3 {
        numbers.push(get("/served").await);
    }
    assert_eq!(numbers, ["1", "2", "1"], "an instance serves two requests");
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(get("/served").await, "1", "nobody asked it for a while");
    let three = futures::future::join_all((0..3).map(|_| get("/together"))).await;
    assert_eq!(three, ["1", "1", "1"], "one request at once in an instance");
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let ahead = get("/time").await.parse::<u64>().unwrap() - now;
    assert!((day..day + 10).contains(&ahead), "{ahead}");
    terminate(&mut child);
}

#[tokio::test]
async fn at_its_end_what_runs_is_finished_and_nothing_is_taken_on() {
    for signal in ["-INT", "-TERM"] {
        let story = Story::new(STORY);
        let mut child = program(&story, "127.0.0.1:0", &[]);
        let (url, _output) = served(&mut child);
        let running = story.client.get(format!("{url}/stream")).send().await.unwrap();
        Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
        tokio::time::sleep(Duration::from_millis(200)).await;
        let late = reqwest::Client::new().get(&url).send().await;
        assert!(late.unwrap_err().is_connect(), "{signal}");
        assert_eq!(running.text().await.unwrap(), "firstlast", "{signal}");
        assert_eq!(child.wait().unwrap().code(), Some(0), "{signal}");
    }
}
