//! Deployments.

use crate::{
    examples,
    operation::Operation,
    requests::{NewDeployment, Rollback},
    schemas,
};
use nokube_domain::{
    ProblemKind, Reason, Role,
    access::AccessPolicy,
    deployments::{DeploymentCreated, DeploymentView},
    responses::{ClusterEvents, DeploymentPage, DryRun, Manifests, PodLine, Revisions},
    scope::Scope,
};
use serde_json::json;
use utoipa::openapi::{
    HttpMethod::{Delete, Get, Post},
    Required,
};

const VIEWER: AccessPolicy = AccessPolicy::Role(Role::Viewer, Scope::Read);
const DEVELOPER: AccessPolicy = AccessPolicy::Role(Role::Developer, Scope::Deploy);
const STILL_DELETING: &str = "What it had before is still being removed. Try again in a moment.";
const EVENTS_EXAMPLE: &str = "retry: 1000\n\nevent: log\nid: 2025-08-18T10:35:05.123456789Z\n\
                      data: {\"pod\":\"frontend-6f7d8c9b5-x2x4z\",\
                      \"at\":\"2025-08-18T10:35:05.123456789Z\",\
                      \"line\":\"listening on 3000\"}\n\n";

/// Adds the responses of an operation that creates a revision.
fn creates_revision(operation: Operation) -> Operation {
    operation
        .json_response::<DeploymentCreated>(
            202,
            "The revision was applied to the cluster. Poll the deployment at the URL in `Location`.",
            examples::deployment_created(),
        )
        .response_header("Location")
        .problem(ProblemKind::Conflict, STILL_DELETING)
        .calls_cluster()
}

pub fn all() -> Vec<Operation> {
    let one = "/api/v1/deployments/{deployment}";
    vec![
        creates_revision(
            Operation::new(Post, "/api/v1/deploy", "deploy", DEVELOPER, "Deploy a service")
                .description(
                    "Creates the deployment of a service or a new revision of it. Running pods are \
                     replaced one by one, without downtime. The request contains the complete \
                     configuration; omitted fields have their defaults. With `dry_run` nothing is \
                     changed, and the response shows what would change.",
                )
                .query_flag("dry_run", "Only show what would change.")
                .json_body::<NewDeployment>(examples::new_deployment())
                .json_response::<DryRun>(
                    200,
                    "With `dry_run`: what would happen to each Kubernetes object.",
                    examples::dry_run(),
                ),
        )
        .problem(ProblemKind::Forbidden, "username must be yours (testuser) or the project's owner's.")
        .conflict(Reason::TooManyServices, "The project has 30 services, which is the most that this platform allows. Delete one first.")
        .problem(ProblemKind::InProgress, "'frontend' is being deployed for the first time.")
        .problem(ProblemKind::Invalid, "build_id: is no build of yours"),
        Operation::new(
            Get,
            "/api/v1/projects/{project}/deployments",
            "listDeployments",
            VIEWER,
            "List a project's deployments",
        )
        .description(
            "Newest first, with their current status in the cluster, without their pods and \
             conditions.",
        )
        .paginated()
        .json_response::<DeploymentPage>(200, "A page of deployments.", examples::deployment_page())
        .calls_cluster(),
        Operation::new(Get, one, "readDeployment", VIEWER, "Read a deployment")
            .description(
                "The current state in the cluster: the status (`pending`, `deploying`, `running`, \
                 `failed` or `stopped`), the pods, and in `error_message` what is wrong and what to \
                 do. While the cluster is unreachable, the last observed state; `observed_at` is \
                 its time.",
            )
            .json_response::<DeploymentView>(200, "The deployment.", examples::deployment())
            .calls_cluster(),
        Operation::new(
            Delete,
            one,
            "deleteDeployment",
            DEVELOPER,
            "Delete a deployment",
        )
        .description("Deletes all its objects from the cluster. Volumes are kept unless `volumes` is set.")
        .query_flag("volumes", "Also delete its volumes.")
        .empty_response(204, "The deployment was deleted.")
        .problem(ProblemKind::Conflict, STILL_DELETING)
        .calls_cluster(),
        Operation::new(
            Get,
            "/api/v1/deployments/{deployment}/manifests",
            "readManifests",
            VIEWER,
            "Read the manifests of a deployment",
        )
        .description("YAML for each kind of object. Values of secrets are hidden.")
        .json_response::<Manifests<'_>>(200, "The manifests.", examples::manifests()),
        Operation::new(
            Get,
            "/api/v1/deployments/{deployment}/logs",
            "readDeploymentLogs",
            VIEWER,
            "Read or follow a deployment's logs",
        )
        .description(
            "The logs of all pods or of one, as plain text. With `Accept: text/event-stream` the \
             response is a stream with a `log` event for each line, including lines of pods that \
             start later. A stream ends after 25 seconds; `EventSource` in a browser reconnects and \
             continues where it stopped.",
        )
        .query_parameter("pod", schemas::string_up_to(253), "Only the log of this pod.")
        .query_parameter("tail", schemas::integer(1, 5_000, Some(200)), "Number of lines of each pod.")
        .query_parameter("since", schemas::integer(1, 2_592_000, None), "Only lines of the last so many seconds.")
        .query_flag("previous", "The logs of the containers before their last restart.")
        .query_flag("timestamps", "In plain text: start each line with its time.")
        .header_parameter("Last-Event-ID", schemas::string_up_to(64), "The `id` of the last event that you received.")
        .rate_limited()
        .log_response(
            "The logs.",
            "listening on 3000\n",
            EVENTS_EXAMPLE,
            |schemas| json!({ "log": schemas.add::<PodLine<'_>>() }),
        )
        .problem(ProblemKind::Invalid, "pod: is no pod of this deployment now")
        .calls_cluster(),
        Operation::new(
            Get,
            "/api/v1/deployments/{deployment}/events",
            "listEvents",
            VIEWER,
            "List the Kubernetes events of a deployment",
        )
        .description("Newest first, at most 100. The cluster keeps them for about an hour.")
        .json_response::<ClusterEvents<'_>>(200, "The events.", examples::cluster_events())
        .calls_cluster(),
        Operation::new(
            Get,
            "/api/v1/deployments/{deployment}/revisions",
            "listRevisions",
            VIEWER,
            "List the releases that can be rolled back to",
        )
        .description(
            "Each with its complete configuration in the format of `POST /api/v1/deploy`; secrets \
             without their values.",
        )
        .json_response::<Revisions>(200, "The releases, newest first.", examples::revisions()),
        creates_revision(
            Operation::new(
                Post,
                "/api/v1/deployments/{deployment}/rollback",
                "rollback",
                DEVELOPER,
                "Roll back to an earlier release",
            )
            .description(
                "Restores its image and configuration. Without a body: the newest release that \
                 differs from the current one.",
            )
            .body::<Rollback>(
                &["application/json"],
                Required::False,
                json!({ "revision": 3 }),
            ),
        )
        .conflict(Reason::NoEarlierRelease, "There is no earlier release to roll back to.")
        .conflict(Reason::SecretsLost, "The values of API_KEY are not in the cluster. Deploy again with them.")
        .problem(
            ProblemKind::Invalid,
            "revision: must be one of the retained releases, 4, 3 (see …/revisions)",
        ),
        creates_revision(
            Operation::new(
                Post,
                "/api/v1/deployments/{deployment}/restart",
                "restart",
                DEVELOPER,
                "Restart a deployment",
            )
            .description("Replaces the pods by new ones of the same release, without downtime."),
        )
        .conflict(Reason::DeploymentStopped, "The deployment is stopped. Start it instead."),
        creates_revision(
            Operation::new(
                Post,
                "/api/v1/deployments/{deployment}/stop",
                "stop",
                DEVELOPER,
                "Stop a deployment",
            )
            .description("Removes the pods. Address, configuration and volumes are kept."),
        ),
        creates_revision(
            Operation::new(
                Post,
                "/api/v1/deployments/{deployment}/start",
                "start",
                DEVELOPER,
                "Start a deployment",
            )
            .description(
                "Starts as many pods as before. Also restores objects that were removed from the \
                 cluster.",
            ),
        ),
    ]
}
