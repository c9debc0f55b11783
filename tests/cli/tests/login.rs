//! Signing in, in a browser or with a code, and signing out.

use nokube_tests::{TestPlatform, browser::Browser};
use nokube_tests_cli::{Answer, Computer, SignIn, approve_device};
use serde_json::Value;
use std::{fs, os::unix::fs::PermissionsExt};
use tokio::io::{AsyncBufReadExt, BufReader};

/// The API token that is stored on a computer, which only its user may read.
fn stored_token(computer: &Computer) -> Option<String> {
    let files = fs::read_dir(computer.configuration()).ok()?.map(|file| file.unwrap().path());
    let mut found = files.filter_map(|path| {
        let content = fs::read_to_string(&path).unwrap();
        let token = content.split('"').find(|part| part.starts_with("nkt_"))?.to_owned();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{path:?}");
        Some(token)
    });
    found.next()
}

/// The API tokens that a person has, as they are on the page.
async fn tokens(platform: &TestPlatform, login: &str) -> Vec<Value> {
    let mut browser = Browser::signed_in(platform, login).await;
    let tokens = browser.get("/api/v1/auth/tokens").await.expect(200);
    tokens["tokens"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn alice_signs_in_by_her_browser_and_signs_out() {
    let platform = TestPlatform::start().await;
    let computer = Computer::new(&platform);
    computer.nokube(["whoami"]).await.expect(3).says("nokube login");

    let sign_in = SignIn::start(&computer, &[]).await;
    let parameters = sign_in.parameters();
    assert_eq!(sign_in.address.origin().ascii_serialization(), computer.url);
    for (name, value) in
        [("response_type", "code"), ("client_id", "nokube-cli"), ("code_challenge_method", "S256")]
    {
        assert_eq!(parameters[name], value);
    }
    assert!(!parameters["device"].is_empty());
    sign_in.answer(&platform, "alice", Answer::Allow).await.expect(0).prints("alice");

    let me = computer.nokube(["whoami", "--json"]).await.expect(0).json();
    assert!(me.to_string().contains("\"alice\""), "{me}");
    let token = stored_token(&computer).expect("a token is stored");
    let [created] = &tokens(&platform, "alice").await[..] else { panic!("one token") };
    assert!(created["name"].as_str().unwrap().starts_with("nokube on "), "{created}");
    let scopes: Vec<_> =
        created["scopes"].as_array().unwrap().iter().map(|scope| scope.as_str().unwrap()).collect();
    assert_eq!(scopes, ["read", "build", "deploy", "projects"]);

    computer.nokube(["logout"]).await.expect(0);
    assert_eq!(stored_token(&computer), None);
    let revoked = platform.user_with_token(&token).get("/api/v1/auth/me").await;
    assert_eq!(revoked.status, 401);
    computer.nokube(["whoami"]).await.expect(3);
    platform.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_gives_no_access() {
    let platform = TestPlatform::start().await;
    let computer = Computer::new(&platform);
    let sign_in = SignIn::start(&computer, &[]).await;
    sign_in.answer(&platform, "bob", Answer::Refuse).await.expect(3);
    assert_eq!(stored_token(&computer), None);
    assert!(tokens(&platform, "bob").await.is_empty());
    computer.nokube(["projects"]).await.expect(3);
    platform.finish().await;
}

/// Over SSH a browser would open on another computer.
#[tokio::test(flavor = "multi_thread")]
async fn bob_signs_in_over_ssh_with_a_code() {
    let platform = TestPlatform::start().await;
    let computer = Computer::new(&platform);
    let run = computer.nokube(["login", &computer.url]).variable("SSH_TTY", "/dev/pts/1");
    let mut child = run.start();
    let mut stderr = BufReader::new(child.stderr.take().unwrap()).lines();
    let is_code = |word: &str| {
        let (first, second) = word.split_once('-').unwrap_or_default();
        let is_half =
            |half: &str| half.len() == 4 && half.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_half(first) && is_half(second)
    };
    let code = loop {
        let line = stderr.next_line().await.unwrap().expect("a code");
        if let Some(code) = line.split_whitespace().find(|word| is_code(word)) {
            break code.to_owned();
        }
    };
    approve_device(&platform, "bob", &code).await;
    // The program writes until it ends.
    while stderr.next_line().await.unwrap().is_some() {}
    assert!(child.wait().await.unwrap().success());
    let me = computer.nokube(["whoami", "--json"]).await.expect(0).json();
    assert!(me.to_string().contains("\"bob\""), "{me}");
    platform.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_platforms_are_used_side_by_side() {
    let (first, second) = tokio::join!(TestPlatform::start(), TestPlatform::start());
    let mut computer = Computer::signed_in(&first, "alice").await;
    computer.url = second.host().url();
    let sign_in = SignIn::start(&computer, &["--name", "work"]).await;
    sign_in.answer(&second, "bob", Answer::Allow).await.expect(0);

    computer.nokube(["platforms"]).await.expect(0).prints("work");
    let who = |arguments: &[&str]| {
        let all = [&["whoami", "--json"], arguments].concat();
        let run = computer.nokube(all);
        async { run.await.expect(0).json().to_string() }
    };
    assert!(who(&["--platform", "work"]).await.contains("\"bob\""));
    assert!(who(&["--platform", &first.host().url()]).await.contains("\"alice\""));
    computer.nokube(["platforms", "use", "work"]).await.expect(0);
    assert!(who(&[]).await.contains("\"bob\""));
    computer.nokube(["platforms", "remove", "work"]).await.expect(0);
    computer.nokube(["whoami", "--platform", "work"]).await.expect(2);
    first.finish().await;
    second.finish().await;
}

/// As in CI: nothing is stored on the computer.
#[tokio::test(flavor = "multi_thread")]
async fn the_environment_is_enough_for_ci() {
    let platform = TestPlatform::start().await;
    let mut computer = Computer::signed_in(&platform, "alice").await;
    computer.nokube(["projects", "create", "myapp"]).await.expect(0);
    let token = stored_token(&computer).unwrap();
    computer.set("NOKUBE_CONFIG_DIR", computer.home().join("ci").to_str().unwrap());
    computer.nokube(["projects"]).await.expect(3);
    computer.set("NOKUBE_URL", &computer.url.clone());
    computer.set("NOKUBE_TOKEN", &token);
    let projects = computer.nokube(["projects", "--json"]).await.expect(0).json();
    assert!(projects.to_string().contains("\"myapp\""), "{projects}");
    assert!(!computer.home().join("ci").exists());
    platform.finish().await;
}
