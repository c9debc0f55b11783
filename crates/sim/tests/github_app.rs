//! The App that an operator registers with `ops/github-app`: the form, the code, the settings.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)] // Tests.

mod support;

use nokube_sim::Options;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use support::app::{app_key, app_world_with};
use support::{SECRET, World};
use tempfile::NamedTempFile;

const PAGE: &str = include_str!("../../../ops/github-app/index.html");
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../ops/github-app/settings");
const OWNER: &str = "nokube";
const PLATFORM: &str = "https://nokube.example.org";

/// What the page sends, filled in as its script does.
fn manifest() -> Value {
    let template = PAGE.split("id=\"template\">").nth(1).unwrap();
    let template = template.split("</script>").next().unwrap();
    let filled = template.replace("PLATFORM_URL", PLATFORM).replace("APP_NAME", "Ours");
    serde_json::from_str(&filled).unwrap()
}

async fn register(world: &World, manifest: &Value) -> reqwest::Response {
    let form = [("manifest", manifest.to_string())];
    let form = reqwest::Url::parse_with_params("https://form.test", form).unwrap();
    let request = world.request(Method::POST, "/settings/apps/new");
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    request.body(form.query().unwrap().to_owned()).send().await.unwrap()
}

/// The code that the browser comes back with.
async fn code(world: &World, manifest: &Value) -> String {
    let back = register(world, manifest).await;
    assert_eq!(back.status(), 302);
    let back = reqwest::Url::parse(back.headers()["location"].to_str().unwrap()).unwrap();
    assert_eq!(back.origin().ascii_serialization(), PLATFORM);
    back.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned()
}

/// Runs the script: what it said, and whether it was content.
async fn settings(world: &World, code: &str, owner: &str, file: &Path) -> (String, bool) {
    let mut script = Command::new(SCRIPT);
    script.args([code, owner]).arg(file).env("GITHUB_API_URL", world.sim.url());
    let done = tokio::task::spawn_blocking(move || script.output().unwrap()).await.unwrap();
    let said = [done.stdout, done.stderr].concat();
    (String::from_utf8(said).unwrap(), done.status.success())
}

async fn world(client_secret: &str) -> World {
    let oauth = Some(("Iv23client".to_owned(), client_secret.to_owned()));
    app_world_with(Options { oauth, ..Options::default() }).await
}

/// Settings that were begun, in a file that others may read.
fn begun(text: &str) -> NamedTempFile {
    let file = NamedTempFile::new().unwrap();
    fs::write(&file, text).unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
    file
}

#[tokio::test]
async fn an_operator_registers_the_app_and_its_secrets_are_in_the_settings() {
    let world = world("client-secret").await;
    let file = begun(&format!(
        "SPIN_VARIABLE_PLATFORM_URL={PLATFORM}\nSPIN_VARIABLE_GITHUB_WEBHOOK_SECRET='of before'\n\
         # mine\nSPIN_VARIABLE_REGISTRY=ghcr.io"
    ));
    let code = code(&world, &manifest()).await;
    let (said, content) = settings(&world, &code, OWNER, file.path()).await;
    assert!(content && said.starts_with("Made Ours: http"), "{said}");

    let text = fs::read_to_string(&file).unwrap();
    let kept =
        format!("SPIN_VARIABLE_PLATFORM_URL={PLATFORM}\n# mine\nSPIN_VARIABLE_REGISTRY=ghcr.io\n");
    let set = text.strip_prefix(&kept).unwrap_or_else(|| panic!("{text}"));
    let set: BTreeMap<_, _> = set
        .lines()
        .map(|line| line.split_once('=').unwrap())
        .map(|(name, value)| (name, value.strip_prefix('\'').unwrap().strip_suffix('\'').unwrap()))
        .collect();
    assert_eq!(set.len(), 5);
    assert_eq!(set["SPIN_VARIABLE_GITHUB_APP_CLIENT_ID"], "Iv23client");
    assert_eq!(set["SPIN_VARIABLE_GITHUB_OAUTH_CLIENT_ID"], "Iv23client");
    assert_eq!(set["SPIN_VARIABLE_GITHUB_OAUTH_CLIENT_SECRET"], "client-secret");
    assert_eq!(set["SPIN_VARIABLE_GITHUB_WEBHOOK_SECRET"], SECRET);
    let key = set["SPIN_VARIABLE_GITHUB_APP_PRIVATE_KEY"].replace("\\n", "\n");
    assert_eq!(key.trim(), app_key().trim());
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);

    // A code is good for once, and what it gave is not lost by another try.
    let (said, content) = settings(&world, &code, OWNER, file.path()).await;
    assert!(!content && said.contains("GitHub answers 404"), "{said}");
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
}

#[tokio::test]
async fn the_settings_of_spinkube_are_filled_in() {
    let world = world("client-secret").await;
    let file = begun(include_str!("../../../ops/spinkube/example/settings.env.example"));
    let code = code(&world, &manifest()).await;
    // Logins are alike in any case.
    let (said, content) = settings(&world, &code, &OWNER.to_uppercase(), file.path()).await;
    assert!(content, "{said}");
    let text = fs::read_to_string(&file).unwrap();
    let of = |name: &str| text.lines().filter(|line| line.starts_with(name)).collect::<Vec<_>>();
    assert_eq!(of("github_oauth_client_secret="), ["github_oauth_client_secret=client-secret"]);
    assert_eq!(of("github_app_client_id="), ["github_app_client_id=Iv23client"]);
    assert_eq!(of("github_app_private_key=-----BEGIN").len(), 1);
    assert_eq!(of("platform_url=").len(), 1);
}

#[tokio::test]
async fn what_is_not_the_operators_own_app_changes_no_file() {
    let begun_with = format!("SPIN_VARIABLE_PLATFORM_URL={PLATFORM}\n");
    let file = begun(&begun_with);
    let mut named = manifest();
    named["name"] = json!("\u{1b}]0;x\u{7}");
    let cases = [
        ("client-secret", "somebody-else", "belongs to"),
        ("it's", OWNER, "no secret of an App"),
        ("two\nlines", OWNER, "no secret of an App"),
        ("", OWNER, "no secret of an App"),
    ];
    for (secret, owner, why) in cases {
        let world = world(secret).await;
        let code = code(&world, &named).await;
        let (said, content) = settings(&world, &code, owner, file.path()).await;
        assert!(!content && said.contains(why), "{secret:?}, {owner}: {said}");
        assert_eq!(fs::read_to_string(&file).unwrap(), begun_with);
    }

    // No code is spent on a file that holds no settings; and a name is no order to the terminal.
    let world = world("client-secret").await;
    let code = code(&world, &named).await;
    let (said, content) = settings(&world, &code, OWNER, begun("").path()).await;
    assert!(!content && said.contains("sets no platform_url"), "{said}");
    let (said, content) = settings(&world, &code, OWNER, file.path()).await;
    assert!(content && said.starts_with("Made ?]0;x?: http"), "{said:?}");
}

/// What the simulated App has, with which every other test passes, is what the manifest asks for.
#[tokio::test]
async fn the_manifest_asks_for_what_is_used_and_no_more() {
    let world = app_world_with(Options::default()).await;
    let token = support::app::app_jwt(-60, 500);
    let app = world.request(Method::GET, "/app").bearer_auth(token).send().await.unwrap();
    let app: Value = app.json().await.unwrap();
    let manifest = manifest();
    assert_eq!(manifest["default_permissions"], app["permissions"]);
    assert_eq!(manifest["default_events"], app["events"]);
    assert_eq!(manifest["callback_urls"], json!([format!("{PLATFORM}/api/v1/auth/callback")]));
    let hook = format!("{PLATFORM}/api/v1/webhooks/github");
    assert_eq!(manifest["hook_attributes"]["url"], hook);
    assert_eq!(register(&world, &json!({ "name": "no address" })).await.status(), 422);
}
