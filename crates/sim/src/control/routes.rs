//! The control API. It has no authentication: it listens on this machine only.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::faults::Fault;
use crate::model::HoldAt;
use crate::model::dispatch::NewRun;
use crate::model::run::Conclusion;
use crate::model::world::RepositorySettings;
use crate::sim::Control;
use crate::webhooks::WebhookRule;

/// Every route, with what it takes in its body.
pub fn router(control: Control) -> Router {
    Router::new()
        .route("/", get(state))
        .route("/faults", get(faults).post(add_fault).delete(clear_faults))
        .route("/requests", get(requests).delete(clear_requests))
        .route("/runs", get(runs).post(add_run))
        .route("/runs/hold", post(hold))
        .route("/runs/release", post(release_all))
        .route("/runs/outcomes", post(outcomes))
        .route("/runs/{id}/{change}", post(change_run))
        .route("/webhooks", get(deliveries).put(set_webhook))
        .route("/webhooks/rules", post(add_rule).delete(clear_rules))
        .route("/webhooks/release", post(release_webhooks))
        .route("/webhooks/ping", post(ping))
        .route("/webhooks/{id}/redeliver", post(redeliver))
        .route("/repositories/{owner}/{name}", post(set_repository))
        .route("/packages/{namespace}/{name}", post(set_package))
        .route("/settings", post(settings))
        .with_state(control)
}

type Sim = State<Control>;

async fn state(State(sim): Sim) -> Json<Value> {
    Json(json!({
        "busy": sim.is_busy(), "runs": sim.runs(), "deliveries": sim.deliveries(),
        "requests": sim.requests().len(), "faults": sim.faults(),
    }))
}

async fn faults(State(sim): Sim) -> Json<Vec<Fault>> {
    Json(sim.faults())
}

/// One fault or a list of them.
async fn add_fault(State(sim): Sim, Json(fault): Json<OneOrMore<Fault>>) -> StatusCode {
    match fault {
        OneOrMore::One(fault) => sim.fault(fault),
        OneOrMore::More(faults) => faults.into_iter().for_each(|fault| sim.fault(fault)),
    }
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore<T> {
    One(T),
    More(Vec<T>),
}

async fn clear_faults(State(sim): Sim) -> StatusCode {
    sim.clear_faults();
    StatusCode::NO_CONTENT
}

async fn requests(State(sim): Sim) -> Json<Value> {
    Json(json!(sim.requests()))
}

async fn clear_requests(State(sim): Sim) -> StatusCode {
    sim.clear_requests();
    StatusCode::NO_CONTENT
}

async fn runs(State(sim): Sim) -> Json<Value> {
    Json(json!(sim.runs()))
}

async fn add_run(State(sim): Sim, Json(run): Json<NewRun>) -> Json<Value> {
    Json(json!({"id": sim.add_run(run)}))
}

#[derive(Deserialize)]
struct Hold {
    at: Option<HoldAt>,
}

async fn hold(State(sim): Sim, Json(hold): Json<Hold>) -> StatusCode {
    sim.hold_runs(hold.at);
    StatusCode::NO_CONTENT
}

async fn release_all(State(sim): Sim) -> StatusCode {
    sim.release_all();
    StatusCode::NO_CONTENT
}

async fn outcomes(State(sim): Sim, Json(next): Json<Vec<Conclusion>>) -> StatusCode {
    next.into_iter().for_each(|outcome| sim.next_outcome(outcome));
    StatusCode::NO_CONTENT
}

/// `release`, `cancel`, `rerun`, or the conclusion that the run ends with at once.
async fn change_run(State(sim): Sim, Path((id, change)): Path<(u64, String)>) -> StatusCode {
    let done = match change.as_str() {
        "release" => sim.release(id),
        "cancel" => sim.cancel_in_github(id),
        "rerun" => sim.rerun_in_github(id),
        other => match serde_json::from_value::<Conclusion>(json!(other)) {
            Ok(conclusion) => sim.finish(id, conclusion),
            Err(_) => false,
        },
    };
    if done { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND }
}

async fn deliveries(State(sim): Sim) -> Json<Value> {
    Json(json!(sim.deliveries()))
}

#[derive(Deserialize)]
struct Target {
    url: String,
    #[serde(default)]
    secret: String,
}

async fn set_webhook(State(sim): Sim, Json(target): Json<Target>) -> StatusCode {
    sim.set_webhook(&target.url, &target.secret);
    StatusCode::NO_CONTENT
}

async fn add_rule(State(sim): Sim, Json(rule): Json<WebhookRule>) -> StatusCode {
    sim.webhooks(rule);
    StatusCode::NO_CONTENT
}

async fn clear_rules(State(sim): Sim) -> StatusCode {
    sim.clear_webhook_rules();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct Release {
    /// In this order; without it all, in the order of happening.
    ids: Option<Vec<u64>>,
}

async fn release_webhooks(State(sim): Sim, Json(release): Json<Release>) -> StatusCode {
    match release.ids {
        Some(ids) => sim.release_webhooks_in_order(&ids),
        None => sim.release_webhooks(),
    }
    StatusCode::NO_CONTENT
}

async fn ping(State(sim): Sim) -> StatusCode {
    sim.ping();
    StatusCode::NO_CONTENT
}

async fn redeliver(State(sim): Sim, Path(id): Path<u64>) -> StatusCode {
    if sim.redeliver(id) { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND }
}

async fn set_repository(
    State(sim): Sim,
    Path((owner, name)): Path<(String, String)>,
    Json(settings): Json<RepositorySettings>,
) -> StatusCode {
    sim.set_repository(&format!("{owner}/{name}"), settings);
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PackageSettings {
    private: Option<bool>,
    delete_tag: Option<String>,
    /// Pushes an image under this tag, as somebody outside NoKube may.
    push: Option<String>,
}

async fn set_package(
    State(sim): Sim,
    Path((namespace, name)): Path<(String, String)>,
    Json(settings): Json<PackageSettings>,
) -> Json<Value> {
    let name = format!("{namespace}/{name}");
    if let Some(private) = settings.private {
        sim.set_private_package(&name, private);
    }
    if let Some(tag) = settings.delete_tag {
        sim.delete_tag(&name, &tag);
    }
    let digest = settings.push.map(|tag| sim.push_image(&name, &tag));
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

async fn settings(State(sim): Sim, Json(settings): Json<Settings>) -> StatusCode {
    if let Some(step) = settings.step_ms {
        sim.set_step(std::time::Duration::from_millis(step));
    }
    if let Some(on) = settings.dispatch_204 {
        sim.set_dispatch_204(on);
    }
    if let Some(offset) = settings.clock_offset {
        sim.set_clock_offset(offset);
    }
    if let Some(limit) = settings.rate_limit {
        sim.set_rate_limit(limit);
    }
    if settings.revoke_tokens {
        sim.revoke_tokens();
    }
    StatusCode::NO_CONTENT
}
