//! The platform itself, and what GitHub tells it.

use crate::{examples, operation::Operation, schemas};
use nokube_domain::{
    ProblemKind,
    access::Demand,
    answer::{Readiness, Routes, WebhookAnswer},
    scope::Scope,
};
use serde_json::json;
use utoipa::openapi::HttpMethod::{Get, Post};

pub fn all() -> Vec<Operation> {
    vec![
        Operation::new(Get, "/health", "readHealth", Demand::Public, "Is it alive")
            .any_query()
            .text(200, "It is.", "alive\n"),
        Operation::new(Get, "/ready", "readReadiness", Demand::Public, "Is everything set up")
            .any_query()
            .about(
                "Every setting, who may sign in, and whether GitHub, the registry and the \
                 cluster answer and let the platform do its work. Everybody is told which settings \
                 are wrong; of the rest, administrators (or a token with the scope `metrics`) are told \
                 why, others whether it is well. What was found is told again for some seconds.",
            )
            .json::<Readiness>(200, "It is.", examples::ready())
            .json::<Readiness>(
                503,
                "It is not; `checks` say what is missing.",
                examples::not_ready(),
            ),
        Operation::new(
            Get,
            "/metrics",
            "readMetrics",
            Demand::Administrator(Scope::Metrics),
            "Read gauges for Prometheus",
        )
        .limited()
        .about(
            "Prometheus' text format: projects, builds under way, deployments by the status that was \
             last seen. Of many, the newest are looked at; `nokube_metrics_complete` says whether \
             these are all. Requests are not counted here but in the log, a line each. An administrator's API \
             token with the scope `metrics` will do, and is good for nothing else.",
        )
        .text(200, "The gauges.", examples::METRICS),
        Operation::new(
            Get,
            "/api/v1/routes",
            "listRoutes",
            Demand::SignedIn(Scope::Read),
            "List every route",
        )
        .about("With what each demands of its caller.")
        .json::<Routes>(200, "The routes.", examples::routes())
        .or(ProblemKind::UpstreamUnavailable, "The component builds does not answer."),
        Operation::new(
            Post,
            "/api/v1/webhooks/github",
            "receiveWebhook",
            Demand::Signature,
            "Take GitHub's webhooks",
        )
        .any_query()
        .about(
            "GitHub calls it: `workflow_run`, `workflow_job`, `package` and `ping`; other events \
             are ignored. A 2xx says that what the event tells is stored. At most 1 MiB.",
        )
        .required_header("X-GitHub-Event", schemas::short(100), "The event's name.")
        .any_body(json!({ "zen": "Keep it logically awesome." }))
        .json::<WebhookAnswer>(
            200,
            "It was taken.",
            json!({ "outcome": "stored", "reason": null }),
        ),
    ]
}
