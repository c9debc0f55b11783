//! `nokube doctor --operator` with a fake platform and the App of the simulated GitHub.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // Tests.

use nokube_sim::{AppKey, AppVersion, GitHubOptions, SimulatedGitHub};
use rsa::{Generate, PrivateKey, pkcs1::EncodeRsaPrivateKey, pkcs8::LineEnding};
use std::{
    io::{Read, Write},
    net::TcpListener,
    process::Command,
    sync::OnceLock,
    thread,
};

const CLIENT_ID: &str = "Iv23client";

fn app_key() -> &'static str {
    static KEY: OnceLock<String> = OnceLock::new();
    KEY.get_or_init(|| {
        let key = PrivateKey::generate();
        key.to_pkcs1_pem(LineEnding::LF).unwrap().trim().replace('\n', "\\n")
    })
}

async fn start_github() -> SimulatedGitHub {
    let private_key_pem = app_key().replace("\\n", "\n");
    let app = Some(AppKey { client_id: CLIENT_ID.into(), private_key_pem });
    SimulatedGitHub::start(GitHubOptions { app, ..GitHubOptions::default() }).await.unwrap()
}

/// Starts a fake platform with the same response to all requests (`/ready` and webhooks). Returns its URL.
fn start_platform(status: &'static str, body: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 65536]);
            let length = body.len();
            let head = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n");
            let _ = write!(stream, "{head}connection: close\r\n\r\n{body}");
        }
    });
    url
}

const READY: &str = r#"{"ready":true,"in_full":true,"checks":[{"name":"settings","ok":true,"detail":"all is there"}]}"#;

/// Runs the doctor. Returns whether it succeeded, and its output.
async fn doctor(
    github: &SimulatedGitHub,
    platform: &str,
    key: &str,
    arguments: &[&str],
) -> (bool, String) {
    doctor_with(github, platform, key, arguments, &[]).await
}

/// Like [`doctor`], with these variables in the environment.
async fn doctor_with(
    github: &SimulatedGitHub,
    platform: &str,
    key: &str,
    arguments: &[&str],
    variables: &[[&str; 2]],
) -> (bool, String) {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let env_file = folder.join(format!("doctor-{}.env", platform.replace(['/', ':'], "-")));
    // Both formats that the doctor reads: SpinKube's settings.env, and .env.
    let lines = format!(
        "github_app_client_id={CLIENT_ID}\n\
         SPIN_VARIABLE_GITHUB_APP_PRIVATE_KEY='{key}'\n\
         SPIN_VARIABLE_GITHUB_API_URL={}\nSPIN_VARIABLE_PLATFORM_URL={platform}\n",
        github.url()
    );
    std::fs::write(&env_file, lines).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_nokube"));
    command.args(["doctor", "--env-file"]).arg(env_file).args(arguments);
    command.env("SPIN_VARIABLE_GITHUB_BUILDER_REPOSITORY", "nokube/builder");
    command.envs(variables.iter().map(|[name, value]| (name, value)));
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8(text).unwrap();
    assert!(!text.contains("PRIVATE KEY-----M"), "the output contains the key");
    (output.status.success(), text)
}

#[tokio::test]
async fn all_checks_succeed() {
    let github = start_github().await;
    let platform = start_platform("200 OK", READY);
    github.set_webhook(&format!("{platform}/api/v1/webhooks/github"), "secret");
    let (succeeded, output) = doctor(&github, &platform, app_key(), &[]).await;
    assert!(succeeded, "{output}");
    let lines: Vec<_> = output.lines().collect();
    assert_eq!(
        lines,
        [
            "ok    settings: all is there",
            "ok    github app: its key is valid, and it has the required permissions and events",
            "ok    installation: the App is installed on nokube/builder",
            "ok    permissions: each installation has accepted what the App has",
            &format!("ok    webhook: it goes to {platform}/api/v1/webhooks/github"),
            "ok    webhooks: none of the last three days was lost",
        ]
    );
}

#[tokio::test]
async fn a_failed_check_is_printed_with_advice() {
    let github = start_github().await;
    let body = r#"{"ready":false,"in_full":true,"checks":[{"name":"apps_domain","ok":false,"detail":"bad"}]}"#;
    let platform = start_platform("503 Service Unavailable", body);
    github.set_webhook("https://elsewhere.example/hook", "secret");
    let (succeeded, output) = doctor(&github, &platform, app_key(), &[]).await;
    assert!(!succeeded);
    assert!(
        output.contains("WRONG apps_domain: bad\n      do: correct SPIN_VARIABLE_APPS_DOMAIN"),
        "{output}"
    );
    assert!(
        output.contains("WRONG webhook: its URL is 'https://elsewhere.example/hook'"),
        "{output}"
    );
    assert!(output.contains("2 things are wrong"), "{output}");
}

#[tokio::test]
async fn an_app_of_an_earlier_version_lacks_permissions_and_events() {
    let github = start_github().await;
    github.set_app(AppVersion::before_statuses());
    let platform = start_platform("200 OK", READY);
    let (succeeded, output) = doctor(&github, &platform, app_key(), &[]).await;
    assert!(!succeeded);
    let lacks = "WRONG github app: it lacks the permission 'deployments: write', the permission 'pull_requests: \
                 read', the permission 'statuses: write', the event 'create', the event 'delete', the event \
                 'pull_request', the event 'push', the event 'repository'\n      do: add them on the App's page";
    assert!(output.contains(lacks), "{output}");
    assert!(output.contains(&format!("{}/apps/nokube", github.url())), "{output}");
    // The installations cannot accept what the App does not have.
    assert!(output.contains("ok    permissions"), "{output}");
}

#[tokio::test]
async fn installations_that_have_not_accepted_the_new_permissions_are_named() {
    let github = start_github().await;
    github.repository_id("acme-org/shop").unwrap();
    github.set_installation("nokube", AppVersion::before_statuses());
    github.set_installation("acme-org", AppVersion::current().without_permission("statuses"));
    github.repository_id("quiet/shop").unwrap();
    github.set_installation("quiet", AppVersion::before_statuses());
    github.suspend_installation("quiet", true);
    let platform = start_platform("200 OK", READY);
    let (succeeded, output) = doctor(&github, &platform, app_key(), &[]).await;
    assert!(!succeeded);
    let of_acme = "WRONG permissions: the installation on acme-org has not accepted the permission 'statuses: \
                   write'\n      do: let an owner of acme-org open http://";
    assert!(output.contains(of_acme), "{output}");
    let of_builder = "the installation on nokube has not accepted the permission 'deployments: write', the \
                      permission 'pull_requests: read', the permission 'statuses: write', the event 'create', the \
                      event 'delete', the event 'pull_request', the event 'push', the event 'repository'";
    assert!(output.contains(of_builder), "{output}");
    assert!(!output.contains("on quiet"), "{output}");

    github.accept_permissions("acme-org");
    github.accept_permissions("nokube");
    let (_, output) = doctor(&github, &platform, app_key(), &[]).await;
    assert!(output.contains("ok    permissions"), "{output}");
}

#[tokio::test]
async fn a_gateway_that_does_not_work_is_reported_with_advice() {
    let github = start_github().await;
    let body = r#"{"ready":false,"in_full":true,"checks":[{"name":"routing","ok":false,"detail":"the Gateway gateway/main does not exist"}]}"#;
    let platform = start_platform("503 Service Unavailable", body);
    let (succeeded, output) = doctor(&github, &platform, app_key(), &[]).await;
    let expected =
        "WRONG routing: the Gateway gateway/main does not exist\n      do: correct apps_gateway";
    assert!(!succeeded && output.contains(expected), "{output}");
}

#[tokio::test]
async fn an_invalid_key_and_an_unreachable_platform_are_reported() {
    let github = start_github().await;
    let (succeeded, output) = doctor(&github, "http://127.0.0.1:9", "no key", &[]).await;
    assert!(!succeeded);
    assert!(output.contains("WRONG platform: http://127.0.0.1:9/ready cannot be read"), "{output}");
    assert!(
        output.contains("WRONG github app: github_app_private_key is no private key"),
        "{output}"
    );
}

#[tokio::test]
async fn lost_webhooks_are_counted_and_redelivered() {
    let github = start_github().await;
    let platform = start_platform("200 OK", READY);
    let hook = format!("{platform}/api/v1/webhooks/github");
    github.set_webhook(&hook, "secret");
    github.set_webhook("http://127.0.0.1:9/away", "secret");
    github.ping();
    github.ping();
    github.wait_until_idle().await.unwrap();
    github.set_webhook(&hook, "secret");

    let (succeeded, output) = doctor(&github, &platform, app_key(), &[]).await;
    assert!(!succeeded);
    assert!(output.contains("WRONG webhooks: 2 were not received; the newest is ping"), "{output}");
    let (succeeded, output) = doctor(&github, &platform, app_key(), &["--redeliver"]).await;
    assert!(succeeded && output.contains("GitHub sends them again"), "{output}");
    github.wait_until_idle().await.unwrap();
    let (succeeded, output) = doctor(&github, &platform, app_key(), &[]).await;
    assert!(succeeded && output.contains("ok    webhooks: none"), "{output}");
    assert_eq!(github.deliveries().iter().filter(|delivery| delivery.redelivery).count(), 2);
}

#[tokio::test]
async fn control_characters_in_texts_of_the_platform_are_escaped() {
    let github = start_github().await;
    let body = r#"{"ready":false,"in_full":true,"checks":[{"name":"github","ok":false,"detail":"x\nok    webhooks: fine\u001b]52;c;eA==\u0007"}]}"#;
    let platform = start_platform("503 Service Unavailable", body);
    let (_, output) = doctor(&github, &platform, app_key(), &[]).await;
    assert!(output.contains(r"WRONG github: x\u{a}ok    webhooks: fine\u{1b}]52"), "{output}");
    assert!(!output.contains('\u{1b}') && !output.contains('\u{7}'));
}

/// The doctor's output with no settings but those in this file.
fn doctor_output(env_file: &std::path::Path) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nokube"));
    command.args(["doctor", "--env-file"]).arg(env_file);
    let output = command.output().unwrap();
    String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
}

#[test]
fn an_invalid_line_is_reported_by_its_number_only() {
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("doctor-unreadable.env");
    let lines = "platform_url=https://a.test\n# so\nSPIN_VARIABLE_GITHUB_WEBHOOK_SECRET=ghp_SECRET\"x y\nA=b\n";
    std::fs::write(&file, lines).unwrap();
    let output = doctor_output(&file);
    assert!(output.contains("doctor-unreadable.env:3 cannot be read"), "{output}");
    assert!(!output.contains("SECRET"), "{output}");
}

#[test]
fn unknown_placeholder_and_previous_settings_are_reported() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let env_file = folder.join("doctor-unknown.env");
    let lines = "SPIN_VARIABLE_REGISTRY_TOKN=x\nSPIN_VARIBLE_APPS_DOMAIN=x\naps_domain=x\n\
                 SPIN_VARIABLE_GITHUB_WEBHOOK_SECRET_PREVIOUS=hidden\n\
                 SPIN_VARIABLE_AUTH_ADMINISTRATORS=YOUR-GITHUB-LOGIN\n\
                 state_redis_url=redis://:PASSWORD@redis.internal:6379/0\n";
    std::fs::write(&env_file, lines).unwrap();
    let output = doctor_output(&env_file);
    for unknown in ["SPIN_VARIABLE_REGISTRY_TOKN", "SPIN_VARIBLE_APPS_DOMAIN", "aps_domain"] {
        assert!(output.contains(&format!("WRONG {unknown}: is not a setting")), "{output}");
    }
    for placeholder in ["auth_administrators", "state_redis_url"] {
        let finding = format!("WRONG {placeholder}: still has a placeholder of the guide");
        assert!(output.contains(&finding), "{output}");
    }
    assert!(output.contains("ok    github_webhook_secret_previous: is still set"), "{output}");
    assert!(!output.contains("hidden"), "{output}");
    let output = doctor_output(&folder.join("not-there.env"));
    assert!(output.contains("not-there.env") && output.contains("No such file"), "{output}");
}

#[tokio::test]
async fn an_unreachable_github_is_not_reported_as_an_invalid_key() {
    let github = start_github().await;
    let platform = start_platform("200 OK", READY);
    let unreachable = ["SPIN_VARIABLE_GITHUB_API_URL", "http://127.0.0.1:9"];
    let (_, output) = doctor_with(&github, &platform, app_key(), &[], &[unreachable]).await;
    assert!(output.contains("WRONG github app: GitHub does not respond"), "{output}");
    assert!(output.contains("check that this machine can reach github_api_url"), "{output}");
    assert!(!output.contains("generate"), "{output}");
}

#[tokio::test]
async fn another_session_secret_than_the_platforms_is_reported() {
    let github = start_github().await;
    let body = r#"{"ready":true,"in_full":false,"checks":[{"name":"cluster","ok":true,"detail":"succeeded"}]}"#;
    let platform = start_platform("200 OK", body);
    let session_secret = ["SPIN_VARIABLE_AUTH_SESSION_SECRET", "one-secret-of-32-bytes-at-least-"];
    let (succeeded, output) =
        doctor_with(&github, &platform, app_key(), &[], &[session_secret]).await;
    assert!(
        !succeeded && output.contains("WRONG auth_session_secret: differs from the platform's"),
        "{output}"
    );
}
