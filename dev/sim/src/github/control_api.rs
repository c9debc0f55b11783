//! The control API: the methods of [`GitHubControl`] over HTTP. It has no authentication, so it
//! must listen on a local address only.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::control::GitHubControl;
use super::model::HoldPoint;
use super::model::dispatch::UnrelatedRun;
use super::model::repositories::RepositorySettings;
use super::model::run::Conclusion;
use super::webhooks::WebhookRule;
use crate::traffic::fault::Fault;

/// All routes.
pub fn router(control: GitHubControl) -> Router {
    Router::new()
        .route("/", get(state))
        .route("/faults", get(faults).post(add_fault).delete(clear_faults))
        .route("/requests", get(requests).delete(clear_requests))
        .route("/runs", get(runs).post(add_run))
        .route("/runs/hold", post(hold_runs))
        .route("/runs/release", post(release_all))
        .route("/runs/outcomes", post(set_next_conclusions))
        .route("/runs/{id}/{change}", post(change_run))
        .route("/webhooks", get(deliveries).put(set_webhook))
        .route("/webhooks/rules", post(add_webhook_rule).delete(clear_webhook_rules))
        .route("/webhooks/release", post(release_webhooks))
        .route("/webhooks/ping", post(ping))
        .route("/webhooks/{id}/redeliver", post(redeliver))
        .route("/repositories/{owner}/{name}", post(set_repository))
        .route("/packages/{namespace}/{name}", post(change_package))
        .route("/settings", post(change_settings))
        .with_state(control)
}

type Control = State<GitHubControl>;

async fn state(State(github): Control) -> Json<Value> {
    Json(json!({
        "busy": github.is_busy(), "runs": github.runs(), "deliveries": github.deliveries(),
        "requests": github.requests().len(), "faults": github.faults(),
    }))
}

async fn faults(State(github): Control) -> Json<Vec<Fault>> {
    Json(github.faults())
}

/// The body is one fault or a list of them.
async fn add_fault(State(github): Control, Json(fault): Json<OneOrMore<Fault>>) -> StatusCode {
    match fault {
        OneOrMore::One(fault) => github.add_fault(fault),
        OneOrMore::More(faults) => faults.into_iter().for_each(|fault| github.add_fault(fault)),
    }
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore<T> {
    One(T),
    More(Vec<T>),
}

async fn clear_faults(State(github): Control) -> StatusCode {
    github.clear_faults();
    StatusCode::NO_CONTENT
}

async fn requests(State(github): Control) -> Json<Value> {
    Json(json!(github.requests()))
}

async fn clear_requests(State(github): Control) -> StatusCode {
    github.clear_requests();
    StatusCode::NO_CONTENT
}

async fn runs(State(github): Control) -> Json<Value> {
    Json(json!(github.runs()))
}

async fn add_run(State(github): Control, Json(run): Json<UnrelatedRun>) -> Json<Value> {
    Json(json!({"id": github.add_run(run)}))
}

#[derive(Deserialize)]
struct Hold {
    at: Option<HoldPoint>,
}

async fn hold_runs(State(github): Control, Json(hold): Json<Hold>) -> StatusCode {
    github.hold_runs(hold.at);
    StatusCode::NO_CONTENT
}

async fn release_all(State(github): Control) -> StatusCode {
    github.release_all();
    StatusCode::NO_CONTENT
}

async fn set_next_conclusions(
    State(github): Control,
    Json(conclusions): Json<Vec<Conclusion>>,
) -> StatusCode {
    conclusions.into_iter().for_each(|conclusion| github.set_next_conclusion(conclusion));
    StatusCode::NO_CONTENT
}

/// `change` is `release`, `cancel`, `rerun`, or a conclusion: then the run is completed immediately with it.
async fn change_run(State(github): Control, Path((id, change)): Path<(u64, String)>) -> StatusCode {
    let is_done = match change.as_str() {
        "release" => github.release_run(id),
        "cancel" => github.cancel_in_github(id),
        "rerun" => github.rerun_in_github(id),
        other => match serde_json::from_value::<Conclusion>(json!(other)) {
            Ok(conclusion) => github.finish_run(id, conclusion),
            Err(_) => false,
        },
    };
    if is_done { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND }
}

async fn deliveries(State(github): Control) -> Json<Value> {
    Json(json!(github.deliveries()))
}

#[derive(Deserialize)]
struct Target {
    url: String,
    #[serde(default)]
    secret: String,
}

async fn set_webhook(State(github): Control, Json(target): Json<Target>) -> StatusCode {
    github.set_webhook(&target.url, &target.secret);
    StatusCode::NO_CONTENT
}

async fn add_webhook_rule(State(github): Control, Json(rule): Json<WebhookRule>) -> StatusCode {
    github.add_webhook_rule(rule);
    StatusCode::NO_CONTENT
}

async fn clear_webhook_rules(State(github): Control) -> StatusCode {
    github.clear_webhook_rules();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct Release {
    /// Ids of held deliveries in the order to send. Without it all are sent, oldest first.
    ids: Option<Vec<u64>>,
}

async fn release_webhooks(State(github): Control, Json(release): Json<Release>) -> StatusCode {
    match release.ids {
        Some(ids) => github.release_webhooks_in_order(&ids),
        None => github.release_webhooks(),
    }
    StatusCode::NO_CONTENT
}

async fn ping(State(github): Control) -> StatusCode {
    github.ping();
    StatusCode::NO_CONTENT
}

async fn redeliver(State(github): Control, Path(id): Path<u64>) -> StatusCode {
    if github.redeliver(id) { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND }
}

async fn set_repository(
    State(github): Control,
    Path((owner, name)): Path<(String, String)>,
    Json(settings): Json<RepositorySettings>,
) -> StatusCode {
    github.set_repository(&format!("{owner}/{name}"), settings);
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PackageSettings {
    private: Option<bool>,
    delete_tag: Option<String>,
    /// Pushes a new image under this tag, as if another program than NoKube's builder had pushed it.
    push: Option<String>,
}

async fn change_package(
    State(github): Control,
    Path((namespace, name)): Path<(String, String)>,
    Json(settings): Json<PackageSettings>,
) -> Json<Value> {
    let name = format!("{namespace}/{name}");
    if let Some(private) = settings.private {
        github.set_package_private(&name, private);
    }
    if let Some(tag) = settings.delete_tag {
        github.delete_tag(&name, &tag);
    }
    let digest = settings.push.map(|tag| github.push_image(&name, &tag));
    Json(json!({"digest": digest}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    step_ms: Option<u64>,
    dispatch_204: Option<bool>,
    clock_offset: Option<i64>,
    rate_limit: Option<u64>,
    #[serde(default)]
    revoke_tokens: bool,
}

async fn change_settings(State(github): Control, Json(settings): Json<Settings>) -> StatusCode {
    if let Some(step) = settings.step_ms {
        github.set_step(std::time::Duration::from_millis(step));
    }
    if let Some(enabled) = settings.dispatch_204 {
        github.set_dispatch_204(enabled);
    }
    if let Some(offset) = settings.clock_offset {
        github.set_clock_offset(offset);
    }
    if let Some(limit) = settings.rate_limit {
        github.set_rate_limit(limit);
    }
    if settings.revoke_tokens {
        github.revoke_tokens();
    }
    StatusCode::NO_CONTENT
}
