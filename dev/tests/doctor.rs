//! An operator asks what is wrong: a platform that says so, and an App at the simulated GitHub.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // Tests.

use nokube_sim::{AppKey, Options, Sim};
use rsa::{Generate, PrivateKey, pkcs1::EncodeRsaPrivateKey, pkcs8::LineEnding};
use std::{
    io::{Read, Write},
    net::TcpListener,
    process::Command,
    sync::OnceLock,
    thread,
};

const CLIENT_ID: &str = "Iv23client";

fn key() -> &'static str {
    static KEY: OnceLock<String> = OnceLock::new();
    KEY.get_or_init(|| {
        let key = PrivateKey::generate();
        key.to_pkcs1_pem(LineEnding::LF).unwrap().trim().replace('\n', "\\n")
    })
}

async fn github() -> Sim {
    let private_key_pem = key().replace("\\n", "\n");
    let app = Some(AppKey { client_id: CLIENT_ID.into(), private_key_pem });
    Sim::start(Options { app, ..Options::default() }).await.unwrap()
}

/// A platform that answers everything with this text: `/ready`, and with 200 GitHub's webhooks.
fn platform(status: &'static str, body: &'static str) -> String {
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

/// What the doctor says, and whether all is well.
async fn doctor(github: &Sim, platform: &str, key: &str, more: &[&str]) -> (bool, String) {
    doctor_with(github, platform, key, more, &[]).await
}

/// As [`doctor`], with these variables in the environment.
async fn doctor_with(
    github: &Sim,
    platform: &str,
    key: &str,
    more: &[&str],
    variables: &[[&str; 2]],
) -> (bool, String) {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let env_file = folder.join(format!("doctor-{}.env", platform.replace(['/', ':'], "-")));
    // As `ops/github-app/settings` prints them: for `.env`, and with --plain.
    let lines = format!(
        "github_app_client_id={CLIENT_ID}\n\
         SPIN_VARIABLE_GITHUB_APP_PRIVATE_KEY='{key}'\n\
         SPIN_VARIABLE_GITHUB_API_URL={}\nSPIN_VARIABLE_PLATFORM_URL={platform}\n",
        github.url()
    );
    std::fs::write(&env_file, lines).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_nokube-dev"));
    command.args(["doctor", "--env-file"]).arg(env_file).args(more);
    command.args(["--manifest", concat!(env!("CARGO_MANIFEST_DIR"), "/../spin.toml")]);
    command.env("SPIN_VARIABLE_GITHUB_BUILDER_REPOSITORY", "nokube/builder");
    command.envs(variables.iter().map(|[name, value]| (name, value)));
    let told = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let text = [told.stdout, told.stderr].concat();
    let text = String::from_utf8(text).unwrap();
    assert!(!text.contains("PRIVATE KEY-----M"), "the key is told to nobody");
    (told.status.success(), text)
}

#[tokio::test]
async fn all_is_well() {
    let github = github().await;
    let platform = platform("200 OK", READY);
    github.set_webhook(&format!("{platform}/api/v1/webhooks/github"), "secret");
    let (well, told) = doctor(&github, &platform, key(), &[]).await;
    assert!(well, "{told}");
    let lines: Vec<_> = told.lines().collect();
    assert_eq!(
        lines,
        [
            "ok    settings: all is there",
            "ok    github app: its key is good, and it has its permissions and events",
            "ok    installation: the App is installed on nokube/builder",
            &format!("ok    webhook: it goes to {platform}/api/v1/webhooks/github"),
            "ok    webhooks: none of the last three days was lost",
        ]
    );
}

#[tokio::test]
async fn what_the_platform_lacks_is_told_with_what_to_do() {
    let github = github().await;
    let body = r#"{"ready":false,"in_full":true,"checks":[{"name":"apps_domain","ok":false,"detail":"bad"}]}"#;
    let platform = platform("503 Service Unavailable", body);
    github.set_webhook("https://elsewhere.example/hook", "secret");
    let (well, told) = doctor(&github, &platform, key(), &[]).await;
    assert!(!well);
    assert!(
        told.contains("WRONG apps_domain: bad\n      do: correct SPIN_VARIABLE_APPS_DOMAIN"),
        "{told}"
    );
    assert!(told.contains("WRONG webhook: its URL is 'https://elsewhere.example/hook'"), "{told}");
    assert!(told.contains("2 things are wrong"), "{told}");
}

#[tokio::test]
async fn a_wrong_key_and_a_platform_that_is_away_are_told() {
    let github = github().await;
    let (well, told) = doctor(&github, "http://127.0.0.1:9", "no key", &[]).await;
    assert!(!well);
    assert!(told.contains("WRONG platform: http://127.0.0.1:9/ready cannot be read"), "{told}");
    assert!(told.contains("WRONG github app: github_app_private_key is no private key"), "{told}");
}

#[tokio::test]
async fn lost_webhooks_are_counted_and_sent_again() {
    let github = github().await;
    let platform = platform("200 OK", READY);
    let hook = format!("{platform}/api/v1/webhooks/github");
    github.set_webhook(&hook, "secret");
    github.set_webhook("http://127.0.0.1:9/away", "secret");
    github.ping();
    github.ping();
    github.settled().await.unwrap();
    github.set_webhook(&hook, "secret");

    let (well, told) = doctor(&github, &platform, key(), &[]).await;
    assert!(!well);
    assert!(told.contains("WRONG webhooks: 2 were not received; the newest is ping"), "{told}");
    let (well, told) = doctor(&github, &platform, key(), &["--redeliver"]).await;
    assert!(well && told.contains("GitHub sends them again"), "{told}");
    github.settled().await.unwrap();
    let (well, told) = doctor(&github, &platform, key(), &[]).await;
    assert!(well && told.contains("ok    webhooks: none"), "{told}");
    assert_eq!(github.deliveries().iter().filter(|one| one.redelivery).count(), 2);
}

#[tokio::test]
async fn what_others_say_is_no_command_to_the_terminal() {
    let github = github().await;
    let body = r#"{"ready":false,"in_full":true,"checks":[{"name":"github","ok":false,"detail":"x\nok    webhooks: fine\u001b]52;c;eA==\u0007"}]}"#;
    let platform = platform("503 Service Unavailable", body);
    let (_, told) = doctor(&github, &platform, key(), &[]).await;
    assert!(told.contains(r"WRONG github: x\u{a}ok    webhooks: fine\u{1b}]52"), "{told}");
    assert!(!told.contains('\u{1b}') && !told.contains('\u{7}'));
}

/// What it says with this file of variables alone.
fn plain_doctor(env_file: &std::path::Path) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nokube-dev"));
    command.args(["doctor", "--env-file"]).arg(env_file);
    command.args(["--manifest", concat!(env!("CARGO_MANIFEST_DIR"), "/../spin.toml")]);
    let told = command.output().unwrap();
    String::from_utf8([told.stdout, told.stderr].concat()).unwrap()
}

#[test]
fn a_line_that_cannot_be_read_is_named_by_its_number_alone() {
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("doctor-unreadable.env");
    let lines = "platform_url=https://a.test\n# so\nSPIN_VARIABLE_GITHUB_WEBHOOK_SECRET=ghp_SECRET\"x y\nA=b\n";
    std::fs::write(&file, lines).unwrap();
    let told = plain_doctor(&file);
    assert!(told.contains("doctor-unreadable.env:3 cannot be read"), "{told}");
    assert!(!told.contains("SECRET"), "{told}");
}

#[test]
fn settings_that_do_nothing_or_are_left_from_a_change_are_named() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let env_file = folder.join("doctor-strange.env");
    let lines = "SPIN_VARIABLE_REGISTRY_TOKN=x\nSPIN_VARIBLE_APPS_DOMAIN=x\naps_domain=x\n\
                 SPIN_VARIABLE_GITHUB_WEBHOOK_SECRET_PREVIOUS=hidden\n\
                 SPIN_VARIABLE_AUTH_ADMINISTRATORS=YOUR-GITHUB-LOGIN\n";
    std::fs::write(&env_file, lines).unwrap();
    let told = plain_doctor(&env_file);
    for strange in ["SPIN_VARIABLE_REGISTRY_TOKN", "SPIN_VARIBLE_APPS_DOMAIN", "aps_domain"] {
        assert!(told.contains(&format!("WRONG {strange}: is no setting")), "{told}");
    }
    assert!(
        told.contains("WRONG auth_administrators: still has the guide's placeholder"),
        "{told}"
    );
    assert!(told.contains("ok    github_webhook_secret_previous: is still set"), "{told}");
    assert!(!told.contains("hidden"), "{told}");
    let told = plain_doctor(&folder.join("not-there.env"));
    assert!(told.contains("not-there.env") && told.contains("No such file"), "{told}");
}

#[tokio::test]
async fn a_github_that_is_away_is_no_reason_for_another_key() {
    let github = github().await;
    let platform = platform("200 OK", READY);
    let away = ["SPIN_VARIABLE_GITHUB_API_URL", "http://127.0.0.1:9"];
    let (_, told) = doctor_with(&github, &platform, key(), &[], &[away]).await;
    assert!(told.contains("WRONG github app: GitHub does not answer"), "{told}");
    assert!(told.contains("see that this machine reaches github_api_url"), "{told}");
    assert!(!told.contains("generate"), "{told}");
}

#[tokio::test]
async fn a_platform_that_takes_this_for_a_strangers_question_is_told() {
    let github = github().await;
    let body =
        r#"{"ready":true,"in_full":false,"checks":[{"name":"cluster","ok":true,"detail":"well"}]}"#;
    let platform = platform("200 OK", body);
    let ours = ["SPIN_VARIABLE_AUTH_SESSION_SECRET", "one-secret-of-32-bytes-at-least-"];
    let (well, told) = doctor_with(&github, &platform, key(), &[], &[ours]).await;
    assert!(!well && told.contains("the platform has another secret than is set here"), "{told}");
}
