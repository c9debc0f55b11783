//! Variables, environment, clock and console as a component sees them.

use std::time::{SystemTime, UNIX_EPOCH};

use local_host::{App, Options};

use crate::world::{STORY, Story, texts};

const VARIABLES: &str = r#"
variables = { greeting = "{{ word }}, {{ name }}!" }
environment = { MODE = "test" }
[variables]
word = { default = "Hello" }
name = { required = true, secret = true }
other = { required = true }
"#;

#[tokio::test]
async fn a_component_has_its_variables() {
    let story = Story::new(&(STORY.to_string() + VARIABLES));
    let env_file = story.folder.path().join(".env");
    std::fs::write(&env_file, "SPIN_VARIABLE_NAME='you'\nSPIN_VARIABLE_OTHER=x\n").unwrap();
    let options = Options { env_file: Some(env_file), ..Options::default() };

    let host = story.start_with(options.clone()).await.unwrap();
    assert_eq!(story.get(&host, "/variable/greeting").await, "Hello, you!");
    assert_eq!(story.get(&host, "/environment/MODE").await, "test");
    let undeclared = story.get(&host, "/variable/name").await;
    assert!(undeclared.contains("Undefined"), "{undeclared}");
    let invalid = story.get(&host, "/variable/Not-A-Name").await;
    assert!(invalid.contains("InvalidName"), "{invalid}");

    let variables = texts([("name", "me")]);
    let host = story.start_with(Options { variables, ..options }).await.unwrap();
    assert_eq!(story.get(&host, "/variable/greeting").await, "Hello, me!");
}

#[tokio::test]
async fn a_missing_variable_stops_the_start() {
    let story = Story::new(&(STORY.to_string() + VARIABLES));
    let error = story.start_with(Options::default()).await.err().unwrap().to_string();
    assert!(error.contains("SPIN_VARIABLE_NAME, SPIN_VARIABLE_OTHER"), "{error}");
}

#[tokio::test]
async fn the_clock_can_be_moved() {
    let story = Story::new(STORY);
    for offset in [0_i64, 7200, -7200] {
        let host = story.start_with(Options { clock_offset: offset, ..Options::default() });
        let host = host.await.unwrap();
        let theirs: i64 = story.get(&host, "/time").await.parse().unwrap();
        let ours = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64;
        assert!((theirs - ours - offset).abs() <= 2, "{theirs} {ours} {offset}");
    }
}

#[tokio::test]
async fn what_a_component_prints_bears_its_name() {
    let story = Story::new(STORY);
    let host = story.start().await;
    story.get(&host, "/print").await;
    let console = host.console();
    assert!(console.contains("[story] said aloud\n[story] said quietly\n"), "{console}");
}

#[tokio::test]
async fn an_application_that_cannot_run_says_why() {
    let story = Story::new(&STORY.replace("GUEST", "absent.wasm"));
    let error = format!("{:#}", App::load(&story.manifest()).err().unwrap());
    assert!(error.contains("absent.wasm does not exist: has it been built?"), "{error}");

    let story = Story::new(STORY);
    let host = story.start().await;
    let error = story.start_with(Options { listen: host.addr(), ..Options::default() });
    let error = error.await.err().unwrap().to_string();
    assert_eq!(error, format!("{} is already in use: choose another port", host.addr()));
}
