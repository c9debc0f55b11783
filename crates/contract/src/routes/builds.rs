//! Builds.

use crate::{examples, operation::Operation, problems, requests::NewBuild, schemas};
use nokube_domain::{
    ProblemKind, ProjectId, Reason, Role,
    access::Demand,
    answer::{BuildPage, BuildsByStatus},
    build::{BuildCreated, BuildRequest, BuildView, Status, StepView},
    scope::Scope,
};
use serde_json::json;
use utoipa::{
    PartialSchema,
    openapi::HttpMethod::{Delete, Get, Post},
};

const VIEWER: Demand = Demand::Role(Role::Viewer, Scope::Read);
const DEVELOPER: Demand = Demand::Role(Role::Developer, Scope::Build);

pub const KEY: &str = "A text of your choice (1 to 255 visible ASCII characters). The same \
                       request with the same key may be sent again and is carried out once; \
                       another request with it is refused.";
const EVENTS: &str = "retry: 1000\n\nevent: step\nid: 1.0.0\ndata: {\"number\":5,…}\n\n\
                      event: log\nid: 1.0.1\ndata: \"#1 building\"\n\n\
                      event: end\nid: 1.1.0\ndata: \"success\"\n\n";

/// The parameters and the answer of a list.
fn list(operation: Operation) -> Operation {
    let page = json!({
        "builds": [examples::build_in_list()], "total": 1, "limit": 50, "offset": 0,
    });
    let by_status = json!({ "builds": [examples::build_in_list()], "next": "1-12" });
    operation
        .page()
        .query(
            "status",
            Status::schema(),
            "Only builds with this status; then the answer holds `next` in place of `total`.",
        )
        .query(
            "next",
            schemas::like("^[0-9]+-[0-9]+([.][0-9]+-[0-9]+)*$"),
            "With `status`: the `next` of the page before.",
        )
        .either::<BuildPage, BuildsByStatus>(
            200,
            "A page of them.",
            [("all", page), ("by-status", by_status)],
        )
        .or(ProblemKind::Invalid, "status: must be pending, building, success, failed or cancelled")
}

pub fn all() -> Vec<Operation> {
    let one = "/api/v1/builds/{build}";
    vec![
        Operation::new(Post, "/api/v1/builds", "createBuild", DEVELOPER, "Build an image")
            .about(
                "Asks GitHub to build the source into an image, and answers at once. Follow the \
                 build at its `Location`.",
            )
            .header("Idempotency-Key", schemas::like("^[!-~]{1,255}$"), KEY)
            .body::<NewBuild>(examples::new_build())
            .json::<BuildCreated>(202, "It was asked for.", examples::build_created())
            .with("Location")
            .or(ProblemKind::Invalid, "service_name: is required")
            .or(
                ProblemKind::InProgress,
                "The same request is being carried out; ask again in a moment.",
            )
            .asks_github(),
        list(
            Operation::new(Get, "/api/v1/builds", "listBuilds", VIEWER, "List builds")
                .about("Of all your projects, newest first; without their steps.")
                .query("project_id", ProjectId::schema(), "Only this project's.")
                .or_as(problems::blocked()),
        ),
        list(
            Operation::new(
                Get,
                "/api/v1/projects/{project}/builds",
                "listProjectBuilds",
                VIEWER,
                "List a project's builds",
            )
            .about("Newest first; without their steps."),
        ),
        Operation::new(Get, one, "readBuild", VIEWER, "Read a build")
            .about(
                "Its status goes from `pending` over `building` to `success`, `failed` or \
                 `cancelled`. Ask again every few seconds until then; `error_message` says what \
                 went wrong and what to do.",
            )
            .json::<BuildView>(200, "The build.", examples::build())
            .asks_github(),
        Operation::new(
            Get,
            "/api/v1/builds/{build}/request",
            "readBuildRequest",
            DEVELOPER,
            "Read what was asked for",
        )
        .about("As a request that asks for it again; change what has to be changed.")
        .json::<BuildRequest>(200, "The request.", examples::build_request()),
        Operation::new(Delete, one, "cancelBuild", DEVELOPER, "Cancel a build")
            .about(
                "The status says `cancelled` once GitHub has stopped it; it may have ended \
                 before.",
            )
            .json::<BuildView>(
                202,
                "It was asked to stop, or has stopped.",
                examples::build_cancelling(),
            )
            .unless(Reason::BuildEnded, "The build has ended already; there is nothing to cancel.")
            .asks_github(),
        Operation::new(
            Post,
            "/api/v1/builds/{build}/retry",
            "retryBuild",
            DEVELOPER,
            "Try a build again",
        )
        .about("Another attempt of a build that failed or was cancelled, of the same commit.")
        .header("Idempotency-Key", schemas::like("^[!-~]{1,255}$"), KEY)
        .ignores_body()
        .json::<BuildView>(202, "Another attempt was asked for.", examples::build_retried())
        .unless(Reason::BuildEnded, "The build has succeeded. Ask for a new build.")
        .unless(Reason::BuildUnderWay, "The build is still under way. Cancel it first, or wait.")
        .or(ProblemKind::InProgress, "Somebody is just doing that.")
        .asks_github(),
        Operation::new(
            Get,
            "/api/v1/builds/{build}/logs",
            "readBuildLogs",
            VIEWER,
            "Read or follow a build's log",
        )
        .about(
            "As text; while it runs, its steps. With `Accept: text/event-stream` it is followed: \
             `status` (the build, when its status changes), `step` (when one changes), `log` (a \
             line, once a job has ended) and `end` (the last status). A stream ends after 25 \
             seconds; a browser's `EventSource` comes back by itself and goes on where it was.",
        )
        .header("Last-Event-ID", schemas::short(64), "The `id` of the last event that you have.")
        .limited()
        .log("The log.", "[success] Build and push the image\n", EVENTS, |schemas| {
            json!({
                "status": schemas.add::<BuildView>(),
                "step": schemas.add::<StepView>(),
                "log": schemas::text(),
                "end": schemas.add::<Status>(),
            })
        })
        .or(
            ProblemKind::NotFound,
            "The log is not there any more: GitHub keeps logs for a limited time only.",
        )
        .asks_github(),
    ]
}
