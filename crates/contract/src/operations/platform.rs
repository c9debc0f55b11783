//! Health, readiness, metrics, routes and GitHub's webhooks.

use crate::{examples, operation::Operation, schemas};
use nokube_domain::{
    ProblemKind,
    access::AccessPolicy,
    responses::{Readiness, Routes, WebhookResponse},
    scope::Scope,
};
use serde_json::json;
use utoipa::openapi::HttpMethod::{Get, Post};

pub fn all() -> Vec<Operation> {
    vec![
        Operation::new(Get, "/health", "readHealth", AccessPolicy::Public, "Check that the platform is running")
            .any_query()
            .text_response(200, "The platform is running.", "alive\n"),
        Operation::new(Get, "/ready", "readReadiness", AccessPolicy::Public, "Check that the platform is ready")
            .any_query()
            .description(
                "Checks all settings, who may sign in, and whether GitHub, the registry and the \
                 cluster respond and accept the platform's credentials. Invalid settings are reported \
                 to everybody. Of the other checks, administrators (or a token with the scope \
                 `metrics`) see the details, everybody else only the result. The result is cached \
                 for some seconds.",
            )
            .json_response::<Readiness>(200, "The platform is ready.", examples::ready())
            .json_response::<Readiness>(
                503,
                "The platform is not ready. `checks` says why.",
                examples::not_ready(),
            ),
        Operation::new(
            Get,
            "/metrics",
            "readMetrics",
            AccessPolicy::Administrator(Scope::Metrics),
            "Read metrics for Prometheus",
        )
        .rate_limited()
        .description(
            "Gauges in the Prometheus text format: projects, unfinished builds, and deployments by their \
             last stored status. Only the newest ones are counted; `nokube_metrics_complete` tells \
             whether these are all. Requests are not counted here: each writes a line to the log. An \
             administrator's API token needs the scope `metrics`, which allows nothing else.",
        )
        .text_response(200, "The gauges.", examples::METRICS),
        Operation::new(
            Get,
            "/api/v1/routes",
            "listRoutes",
            AccessPolicy::SignedIn(Scope::Read),
            "List all routes",
        )
        .description("Each with its access policy.")
        .json_response::<Routes>(200, "The routes.", examples::routes())
        .problem(ProblemKind::UpstreamUnavailable, "The component builds does not answer."),
        Operation::new(
            Post,
            "/api/v1/webhooks/github",
            "receiveWebhook",
            AccessPolicy::Signature,
            "Receive a webhook from GitHub",
        )
        .any_query()
        .description(
            "Called by GitHub. Handles `workflow_run`, `workflow_job`, `package` and `ping`; other \
             events are ignored. After a 2xx response the event's data is stored. The body must have \
             at most 1 MiB.",
        )
        .required_header_parameter("X-GitHub-Event", schemas::string_up_to(100), "The name of the event.")
        .any_json_body(json!({ "zen": "Keep it logically awesome." }))
        .json_response::<WebhookResponse>(
            200,
            "The event was received.",
            json!({ "outcome": "stored", "reason": null }),
        ),
    ]
}
