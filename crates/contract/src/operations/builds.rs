//! Builds.

use crate::{examples, operation::Operation, problems, requests::NewBuild, schemas};
use nokube_domain::{
    ProblemKind, ProjectId, Reason, Role,
    access::AccessPolicy,
    builds::{BuildCreated, BuildRequest, BuildView, Status, StepView},
    responses::{BuildPage, BuildsByStatus},
    scope::Scope,
};
use serde_json::json;
use utoipa::{
    PartialSchema,
    openapi::HttpMethod::{Delete, Get, Post},
};

const VIEWER: AccessPolicy = AccessPolicy::Role(Role::Viewer, Scope::Read);
const DEVELOPER: AccessPolicy = AccessPolicy::Role(Role::Developer, Scope::Build);

const IDEMPOTENCY_KEY: &str = "A string of your choice (1 to 255 visible ASCII characters). Requests \
                               that repeat the key and the content are executed once. A different \
                               request with the same key is rejected.";
const EVENTS_EXAMPLE: &str = "retry: 1000\n\nevent: step\nid: 1.0.0\ndata: {\"number\":5,…}\n\n\
                      event: log\nid: 1.0.1\ndata: \"#1 building\"\n\n\
                      event: end\nid: 1.1.0\ndata: \"success\"\n\n";

/// Adds the parameters and the response of a list of builds.
fn build_list(operation: Operation) -> Operation {
    let page = json!({
        "builds": [examples::build_in_list()], "total": 1, "limit": 50, "offset": 0,
    });
    let by_status = json!({ "builds": [examples::build_in_list()], "next": "1-12" });
    operation
        .paginated()
        .query_parameter(
            "status",
            Status::schema(),
            "Only builds with this status. The response then contains `next` instead of `total`.",
        )
        .query_parameter(
            "next",
            schemas::string_matching("^[0-9]+-[0-9]+([.][0-9]+-[0-9]+)*$"),
            "With `status`: the value of `next` in the previous page.",
        )
        .one_of_response::<BuildPage, BuildsByStatus>(
            200,
            "A page of builds.",
            [("all", page), ("by-status", by_status)],
        )
        .problem(
            ProblemKind::Invalid,
            "status: must be pending, building, success, failed or cancelled",
        )
}

pub fn all() -> Vec<Operation> {
    let one = "/api/v1/builds/{build}";
    vec![
        Operation::new(Post, "/api/v1/builds", "createBuild", DEVELOPER, "Build an image")
            .description(
                "Starts a build at GitHub and responds without waiting for its end. Poll the build at \
                 the URL in `Location`.",
            )
            .header_parameter("Idempotency-Key", schemas::string_matching("^[!-~]{1,255}$"), IDEMPOTENCY_KEY)
            .json_body::<NewBuild>(examples::new_build())
            .json_response::<BuildCreated>(202, "The build was requested.", examples::build_created())
            .response_header("Location")
            .problem(ProblemKind::Invalid, "service_name: is required")
            .problem(
                ProblemKind::InProgress,
                "The same request is being carried out; ask again in a moment.",
            )
            .calls_github(),
        build_list(
            Operation::new(Get, "/api/v1/builds", "listBuilds", VIEWER, "List builds")
                .description("The builds of all your projects, newest first, without their steps.")
                .query_parameter("project_id", ProjectId::schema(), "Only builds of this project.")
                .add_problem(problems::blocked()),
        ),
        build_list(
            Operation::new(
                Get,
                "/api/v1/projects/{project}/builds",
                "listProjectBuilds",
                VIEWER,
                "List a project's builds",
            )
            .description("Newest first, without their steps."),
        ),
        Operation::new(Get, one, "readBuild", VIEWER, "Read a build")
            .description(
                "The status changes from `pending` to `building` and then to `success`, `failed` or \
                 `cancelled`. Poll every few seconds until then. `error_message` says what went \
                 wrong and what to do.",
            )
            .json_response::<BuildView>(200, "The build.", examples::build())
            .calls_github(),
        Operation::new(
            Get,
            "/api/v1/builds/{build}/request",
            "readBuildRequest",
            DEVELOPER,
            "Read the request of a build",
        )
        .description("In the format of `POST /api/v1/builds`, so that it can be changed and sent again.")
        .json_response::<BuildRequest>(200, "The request.", examples::build_request()),
        Operation::new(Delete, one, "cancelBuild", DEVELOPER, "Cancel a build")
            .description(
                "The status becomes `cancelled` when GitHub has stopped the build. The build may also \
                 end in another way before that.",
            )
            .json_response::<BuildView>(
                202,
                "The cancellation was requested, or the build was cancelled.",
                examples::build_cancelling(),
            )
            .conflict(Reason::BuildEnded, "The build has ended already; there is nothing to cancel.")
            .calls_github(),
        Operation::new(
            Post,
            "/api/v1/builds/{build}/retry",
            "retryBuild",
            DEVELOPER,
            "Retry a build",
        )
        .description("Starts another attempt of a failed or cancelled build, with the same commit.")
        .header_parameter("Idempotency-Key", schemas::string_matching("^[!-~]{1,255}$"), IDEMPOTENCY_KEY)
        .ignores_body()
        .json_response::<BuildView>(202, "Another attempt was requested.", examples::build_retried())
        .conflict(Reason::BuildEnded, "The build has succeeded. Start a new build.")
        .conflict(Reason::BuildUnderWay, "The build is still under way. Cancel it first, or wait.")
        .problem(ProblemKind::InProgress, "Another request is doing this now.")
        .calls_github(),
        Operation::new(
            Get,
            "/api/v1/builds/{build}/logs",
            "readBuildLogs",
            VIEWER,
            "Read or follow a build's log",
        )
        .description(
            "Plain text: the log, or the steps while the build is running. With `Accept: \
             text/event-stream` the response is a stream of the events `status` (the build, when \
             its status changes), `step` (when a step changes), `log` (a line of the log of a job \
             that has ended) and `end` (the final status). A stream ends after 25 seconds; \
             `EventSource` in a browser reconnects and continues where it stopped.",
        )
        .header_parameter("Last-Event-ID", schemas::string_up_to(64), "The `id` of the last event that you received.")
        .rate_limited()
        .log_response("The log.", "[success] Build and push the image\n", EVENTS_EXAMPLE, |schemas| {
            json!({
                "status": schemas.add::<BuildView>(),
                "step": schemas.add::<StepView>(),
                "log": schemas::string(),
                "end": schemas.add::<Status>(),
            })
        })
        .problem(
            ProblemKind::NotFound,
            "The log is not there any more: GitHub keeps logs for a limited time only.",
        )
        .calls_github(),
    ]
}
