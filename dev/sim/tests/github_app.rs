//! Registration of the GitHub App with `ops/github-app`: the form, the code and the settings script.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)] // Tests.

mod support;

use nokube_sim::GitHubOptions;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use support::app::{app_key, start_with_app_and};
use support::{SECRET, TestGitHub};
use tempfile::NamedTempFile;

const PAGE: &str = include_str!("../../../ops/github-app/index.html");
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../ops/github-app/settings");
const OWNER: &str = "nokube";
const PLATFORM: &str = "https://nokube.example.org";

/// The manifest that the page submits, filled in as its script does.
fn manifest() -> Value {
    let template = PAGE.split("id=\"template\">").nth(1).unwrap();
    let template = template.split("</script>").next().unwrap();
    let filled = template.replace("PLATFORM_URL", PLATFORM).replace("APP_NAME", "Ours");
    serde_json::from_str(&filled).unwrap()
}

async fn register(github: &TestGitHub, manifest: &Value) -> reqwest::Response {
    let form = [("manifest", manifest.to_string())];
    let form = reqwest::Url::parse_with_params("https://form.test", form).unwrap();
    let request = github.request(Method::POST, "/settings/apps/new");
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    request.body(form.query().unwrap().to_owned()).send().await.unwrap()
}

/// The code in GitHub's redirect after the registration.
async fn code(github: &TestGitHub, manifest: &Value) -> String {
    let response = register(github, manifest).await;
    assert_eq!(response.status(), 302);
    let location = reqwest::Url::parse(response.headers()["location"].to_str().unwrap()).unwrap();
    assert_eq!(location.origin().ascii_serialization(), PLATFORM);
    location.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned()
}

/// Runs the settings script. Returns its output and whether it succeeded.
async fn run_script(github: &TestGitHub, code: &str, owner: &str, file: &Path) -> (String, bool) {
    let mut script = Command::new(SCRIPT);
    script.args([code, owner]).arg(file).env("GITHUB_API_URL", github.sim.url());
    let result = tokio::task::spawn_blocking(move || script.output().unwrap()).await.unwrap();
    let output = [result.stdout, result.stderr].concat();
    (String::from_utf8(output).unwrap(), result.status.success())
}

async fn start(client_secret: &str) -> TestGitHub {
    let oauth = Some(("Iv23client".to_owned(), client_secret.to_owned()));
    start_with_app_and(GitHubOptions { oauth, ..GitHubOptions::default() }).await
}

/// A settings file that is readable by all users.
fn settings_file(text: &str) -> NamedTempFile {
    let file = NamedTempFile::new().unwrap();
    fs::write(&file, text).unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
    file
}

#[tokio::test]
async fn the_script_writes_the_apps_secrets_to_the_settings_file() {
    let github = start("client-secret").await;
    let file = settings_file(&format!(
        "SPIN_VARIABLE_PLATFORM_URL={PLATFORM}\nSPIN_VARIABLE_GITHUB_WEBHOOK_SECRET='of before'\n\
         # mine\nSPIN_VARIABLE_REGISTRY=ghcr.io"
    ));
    let code = code(&github, &manifest()).await;
    let (output, succeeded) = run_script(&github, &code, OWNER, file.path()).await;
    assert!(succeeded && output.starts_with("Made Ours: http"), "{output}");

    let text = fs::read_to_string(&file).unwrap();
    let unchanged =
        format!("SPIN_VARIABLE_PLATFORM_URL={PLATFORM}\n# mine\nSPIN_VARIABLE_REGISTRY=ghcr.io\n");
    let added = text.strip_prefix(&unchanged).unwrap_or_else(|| panic!("{text}"));
    let added: BTreeMap<_, _> = added
        .lines()
        .map(|line| line.split_once('=').unwrap())
        .map(|(name, value)| (name, value.strip_prefix('\'').unwrap().strip_suffix('\'').unwrap()))
        .collect();
    assert_eq!(added.len(), 5);
    assert_eq!(added["SPIN_VARIABLE_GITHUB_APP_CLIENT_ID"], "Iv23client");
    assert_eq!(added["SPIN_VARIABLE_GITHUB_OAUTH_CLIENT_ID"], "Iv23client");
    assert_eq!(added["SPIN_VARIABLE_GITHUB_OAUTH_CLIENT_SECRET"], "client-secret");
    assert_eq!(added["SPIN_VARIABLE_GITHUB_WEBHOOK_SECRET"], SECRET);
    let key = added["SPIN_VARIABLE_GITHUB_APP_PRIVATE_KEY"].replace("\\n", "\n");
    assert_eq!(key.trim(), app_key().trim());
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);

    // A code works once. A second attempt does not change the file.
    let (output, succeeded) = run_script(&github, &code, OWNER, file.path()).await;
    assert!(!succeeded && output.contains("GitHub answers 404"), "{output}");
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
}

#[tokio::test]
async fn the_script_fills_in_the_settings_of_spinkube() {
    let github = start("client-secret").await;
    let file = settings_file(include_str!("../../../ops/spinkube/example/settings.env.example"));
    let code = code(&github, &manifest()).await;
    // The case of a login does not matter.
    let (output, succeeded) = run_script(&github, &code, &OWNER.to_uppercase(), file.path()).await;
    assert!(succeeded, "{output}");
    let text = fs::read_to_string(&file).unwrap();
    let lines_of =
        |name: &str| text.lines().filter(|line| line.starts_with(name)).collect::<Vec<_>>();
    assert_eq!(
        lines_of("github_oauth_client_secret="),
        ["github_oauth_client_secret=client-secret"]
    );
    assert_eq!(lines_of("github_app_client_id="), ["github_app_client_id=Iv23client"]);
    assert_eq!(lines_of("github_app_private_key=-----BEGIN").len(), 1);
    assert_eq!(lines_of("platform_url=").len(), 1);
}

#[tokio::test]
async fn another_owners_app_or_an_invalid_secret_changes_no_file() {
    let original = format!("SPIN_VARIABLE_PLATFORM_URL={PLATFORM}\n");
    let file = settings_file(&original);
    let mut manifest = manifest();
    manifest["name"] = json!("\u{1b}]0;x\u{7}");
    let cases = [
        ("client-secret", "somebody-else", "belongs to"),
        ("it's", OWNER, "no secret of an App"),
        ("two\nlines", OWNER, "no secret of an App"),
        ("", OWNER, "no secret of an App"),
    ];
    for (secret, owner, reason) in cases {
        let github = start(secret).await;
        let code = code(&github, &manifest).await;
        let (output, succeeded) = run_script(&github, &code, owner, file.path()).await;
        assert!(!succeeded && output.contains(reason), "{secret:?}, {owner}: {output}");
        assert_eq!(fs::read_to_string(&file).unwrap(), original);
    }

    // A file without settings is rejected before the code is used. Control characters in the App's name
    // are not printed.
    let github = start("client-secret").await;
    let code = code(&github, &manifest).await;
    let (output, succeeded) = run_script(&github, &code, OWNER, settings_file("").path()).await;
    assert!(!succeeded && output.contains("sets no platform_url"), "{output}");
    let (output, succeeded) = run_script(&github, &code, OWNER, file.path()).await;
    assert!(succeeded && output.starts_with("Made ?]0;x?: http"), "{output:?}");
}

/// All tests pass with the permissions and events of the simulated App.
#[tokio::test]
async fn the_manifest_requests_the_permissions_and_events_of_the_simulated_app() {
    let github = start_with_app_and(GitHubOptions::default()).await;
    let token = support::app::app_jwt(-60, 500);
    let app = github.request(Method::GET, "/app").bearer_auth(token).send().await.unwrap();
    let app: Value = app.json().await.unwrap();
    let manifest = manifest();
    assert_eq!(manifest["default_permissions"], app["permissions"]);
    assert_eq!(manifest["default_events"], app["events"]);
    assert_eq!(manifest["callback_urls"], json!([format!("{PLATFORM}/api/v1/auth/callback")]));
    let hook = format!("{PLATFORM}/api/v1/webhooks/github");
    assert_eq!(manifest["hook_attributes"]["url"], hook);
    assert_eq!(register(&github, &json!({ "name": "no address" })).await.status(), 422);
}
