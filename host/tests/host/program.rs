//! The program `local-host` itself.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

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
