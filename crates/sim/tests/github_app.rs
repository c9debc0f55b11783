//! The App that an operator registers with `ops/github-app`: the form, the code, the settings.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // Tests.

mod support;

use nokube_sim::Options;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::process::{Command, Output};
use support::app::{app_key, app_world_with};
use support::{SECRET, World};

const PAGE: &str = include_str!("../../../ops/github-app/index.html");
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../ops/github-app/settings");
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

async fn settings(world: &World, code: &str) -> Output {
    let mut script = Command::new(SCRIPT);
    script.arg(code).env("GITHUB_API_URL", world.sim.url());
    tokio::task::spawn_blocking(move || script.output().unwrap()).await.unwrap()
}

#[tokio::test]
async fn an_operator_registers_the_app_and_gets_its_settings() {
    let oauth = Some(("Iv23client".to_owned(), "client-secret".to_owned()));
    let world = app_world_with(Options { oauth, ..Options::default() }).await;
    let back = register(&world, &manifest()).await;
    assert_eq!(back.status(), 302);
    let back = reqwest::Url::parse(back.headers()["location"].to_str().unwrap()).unwrap();
    assert_eq!(back.origin().ascii_serialization(), PLATFORM);
    let code = back.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();

    let told = settings(&world, &code).await;
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    let lines = String::from_utf8(told.stdout).unwrap();
    let set: BTreeMap<_, _> = lines
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

    // A code is good for once.
    let again = settings(&world, &code).await;
    assert!(!again.status.success() && again.stdout.is_empty());
    let why = String::from_utf8_lossy(&again.stderr);
    assert!(why.contains("GitHub answers 404"), "{why}");
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
