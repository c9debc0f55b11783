//! Variables, environment, clock and console as a component sees them.

use std::time::{SystemTime, UNIX_EPOCH};

use local_host::{App, Options};

use crate::test_app::{GUEST_COMPONENT, TestApp, strings};

const VARIABLES: &str = r#"
variables = { greeting = "{{ word }}, {{ name }}!" }
environment = { MODE = "test" }
[variables]
word = { default = "Hello" }
name = { required = true, secret = true }
other = { required = true }
"#;

#[tokio::test]
async fn a_component_reads_its_variables_and_environment() {
    let app = TestApp::new(&(GUEST_COMPONENT.to_string() + VARIABLES));
    let env_file = app.folder.path().join(".env");
    std::fs::write(&env_file, "SPIN_VARIABLE_NAME='you'\nSPIN_VARIABLE_OTHER=x\n").unwrap();
    let options = Options { env_file: Some(env_file), ..Options::default() };

    let host = app.start_with(options.clone()).await.unwrap();
    assert_eq!(app.get(&host, "/variable/greeting").await, "Hello, you!");
    assert_eq!(app.get(&host, "/environment/MODE").await, "test");
    let undeclared = app.get(&host, "/variable/name").await;
    assert!(undeclared.contains("Undefined"), "{undeclared}");
    let invalid = app.get(&host, "/variable/Not-A-Name").await;
    assert!(invalid.contains("InvalidName"), "{invalid}");

    let variables = strings([("name", "me")]);
    let host = app.start_with(Options { variables, ..options }).await.unwrap();
    assert_eq!(app.get(&host, "/variable/greeting").await, "Hello, me!");
}

#[tokio::test]
async fn a_missing_variable_is_an_error_at_the_start() {
    let app = TestApp::new(&(GUEST_COMPONENT.to_string() + VARIABLES));
    let error = app.start_with(Options::default()).await.err().unwrap().to_string();
    assert!(error.contains("SPIN_VARIABLE_NAME, SPIN_VARIABLE_OTHER"), "{error}");
}

#[tokio::test]
async fn the_clock_has_the_offset() {
    let app = TestApp::new(GUEST_COMPONENT);
    for offset in [0_i64, 7200, -7200] {
        let host = app.start_with(Options { clock_offset: offset, ..Options::default() });
        let host = host.await.unwrap();
        let component_time: i64 = app.get(&host, "/time").await.parse().unwrap();
        let host_time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64;
        assert!(
            (component_time - host_time - offset).abs() <= 2,
            "{component_time} {host_time} {offset}"
        );
    }
}

#[tokio::test]
async fn a_components_output_is_prefixed_with_its_id() {
    let app = TestApp::new(GUEST_COMPONENT);
    let host = app.start().await;
    app.get(&host, "/print").await;
    let console = host.console();
    assert!(console.contains("[guest] to stdout\n[guest] to stderr\n"), "{console}");
}

#[tokio::test]
async fn a_missing_component_or_a_used_port_is_an_error_at_the_start() {
    let app = TestApp::new(&GUEST_COMPONENT.replace("GUEST_PATH", "absent.wasm"));
    let error = format!("{:#}", App::load(&app.manifest()).err().unwrap());
    assert!(error.contains("absent.wasm does not exist: has it been built?"), "{error}");

    let app = TestApp::new(GUEST_COMPONENT);
    let host = app.start().await;
    let error = app.start_with(Options { listen: host.addr(), ..Options::default() });
    let error = error.await.err().unwrap().to_string();
    assert_eq!(error, format!("{} is already in use: choose another port", host.addr()));
}
