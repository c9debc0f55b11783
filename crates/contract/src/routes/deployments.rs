//! Deployments.

use crate::{
    examples,
    operation::Operation,
    requests::{NewDeployment, Rollback},
    schemas,
};
use nokube_domain::{
    ProblemKind, Reason, Role,
    access::Demand,
    answer::{ClusterEvents, DeploymentPage, DryRun, Manifests, PodLine, Revisions},
    deploy::{DeploymentCreated, DeploymentView},
    scope::Scope,
};
use serde_json::json;
use utoipa::openapi::{
    HttpMethod::{Delete, Get, Post},
    Required,
};

const VIEWER: Demand = Demand::Role(Role::Viewer, Scope::Read);
const DEVELOPER: Demand = Demand::Role(Role::Developer, Scope::Deploy);
const LEAVING: &str = "What it had before is still being removed. Try again in a moment.";
const EVENTS: &str = "retry: 1000\n\nevent: log\nid: 2025-08-18T10:35:05.123456789Z\n\
                      data: {\"pod\":\"frontend-6f7d8c9b5-x2x4z\",\
                      \"at\":\"2025-08-18T10:35:05.123456789Z\",\
                      \"line\":\"listening on 3000\"}\n\n";

/// Whatever makes a revision.
fn revision(operation: Operation) -> Operation {
    operation
        .json::<DeploymentCreated>(
            202,
            "The cluster was told; follow it at its `Location`.",
            examples::deployment_created(),
        )
        .with("Location")
        .or(ProblemKind::Conflict, LEAVING)
        .asks_cluster()
}

pub fn all() -> Vec<Operation> {
    let one = "/api/v1/deployments/{deployment}";
    vec![
        revision(
            Operation::new(Post, "/api/v1/deploy", "deploy", DEVELOPER, "Deploy a service")
                .about(
                    "The service's first deployment, or another revision of it: what runs is \
                     replaced copy by copy, without a gap. The request says the whole \
                     configuration; what is left out has its default. With `dry_run` nothing is \
                     changed, and the answer tells what would be.",
                )
                .flag("dry_run", "Only tell what would change.")
                .body::<NewDeployment>(examples::new_deployment())
                .json::<DryRun>(
                    200,
                    "With `dry_run`: what would become of each object of the cluster.",
                    examples::dry_run(),
                ),
        )
        .or(ProblemKind::Forbidden, "username must be yours (testuser) or the project's owner's.")
        .unless(Reason::TooManyServices, "The project has 30 services, which is the most that this platform allows. Delete one first.")
        .or(ProblemKind::InProgress, "'frontend' is just being deployed for the first time.")
        .or(ProblemKind::Invalid, "build_id: is no build of yours"),
        Operation::new(
            Get,
            "/api/v1/projects/{project}/deployments",
            "listDeployments",
            VIEWER,
            "List a project's deployments",
        )
        .about(
            "Newest first, with what the cluster shows of them; without their pods and \
             conditions.",
        )
        .page()
        .json::<DeploymentPage>(200, "A page of them.", examples::deployment_page())
        .asks_cluster(),
        Operation::new(Get, one, "readDeployment", VIEWER, "Read a deployment")
            .about(
                "As the cluster shows it now: `pending`, `deploying`, `running`, `failed` or \
                 `stopped`, its pods (the running copies of the program), and in `error_message` \
                 what is wrong and what to do. While the cluster is away, what was last seen, \
                 with `observed_at`.",
            )
            .json::<DeploymentView>(200, "The deployment.", examples::deployment())
            .asks_cluster(),
        Operation::new(
            Delete,
            one,
            "deleteDeployment",
            DEVELOPER,
            "Take a deployment out of the cluster",
        )
        .about("Everything that was made for it; what it has stored only with `volumes`.")
        .flag("volumes", "Delete what it has stored, too.")
        .empty(204, "It is gone.")
        .or(ProblemKind::Conflict, LEAVING)
        .asks_cluster(),
        Operation::new(
            Get,
            "/api/v1/deployments/{deployment}/manifests",
            "readManifests",
            VIEWER,
            "Read what the cluster was told",
        )
        .about("YAML by kind of object, with the values of secrets hidden.")
        .json::<Manifests<'_>>(200, "The manifests.", examples::manifests()),
        Operation::new(
            Get,
            "/api/v1/deployments/{deployment}/logs",
            "readDeploymentLogs",
            VIEWER,
            "Read or follow what the program writes",
        )
        .about(
            "Of all its pods or of one, as text. With `Accept: text/event-stream` it is \
             followed, each line a `log` event; pods that come meanwhile join in. A stream ends \
             after 25 seconds; a browser's `EventSource` comes back by itself and goes on where \
             it was.",
        )
        .query("pod", schemas::short(253), "Only this pod's.")
        .query("tail", schemas::whole(1, 5_000, Some(200)), "So many lines of each pod.")
        .query("since", schemas::whole(1, 2_592_000, None), "Only of the last so many seconds.")
        .flag("previous", "Of the run before the program's last restart.")
        .flag("timestamps", "As text: each line begins with its time.")
        .header("Last-Event-ID", schemas::short(64), "The `id` of the last event that you have.")
        .limited()
        .log(
            "The log.",
            "listening on 3000\n",
            EVENTS,
            |schemas| json!({ "log": schemas.add::<PodLine<'_>>() }),
        )
        .or(ProblemKind::Invalid, "pod: is no pod of this deployment now")
        .asks_cluster(),
        Operation::new(
            Get,
            "/api/v1/deployments/{deployment}/events",
            "listEvents",
            VIEWER,
            "List what the cluster noted",
        )
        .about("Newest first, at most 100. The cluster forgets them after an hour or so.")
        .json::<ClusterEvents<'_>>(200, "The events.", examples::cluster_events())
        .asks_cluster(),
        Operation::new(
            Get,
            "/api/v1/deployments/{deployment}/revisions",
            "listRevisions",
            VIEWER,
            "List the releases that can be rolled back to",
        )
        .about(
            "Each with its whole configuration in the words of a request; secrets without their \
             values.",
        )
        .json::<Revisions>(200, "Newest first.", examples::revisions()),
        revision(
            Operation::new(
                Post,
                "/api/v1/deployments/{deployment}/rollback",
                "rollback",
                DEVELOPER,
                "Go back to an earlier release",
            )
            .about(
                "Image and configuration. Without a body: the newest that differs from what runs.",
            )
            .body_as::<Rollback>(
                &["application/json"],
                Required::False,
                json!({ "revision": 3 }),
            ),
        )
        .unless(Reason::NoEarlierRelease, "There is no earlier release to go back to.")
        .unless(Reason::SecretsLost, "The values of API_KEY are not in the cluster. Deploy again with them.")
        .or(
            ProblemKind::Invalid,
            "revision: must be one of the kept releases, 4, 3 (see …/revisions)",
        ),
        revision(
            Operation::new(
                Post,
                "/api/v1/deployments/{deployment}/restart",
                "restart",
                DEVELOPER,
                "Restart",
            )
            .about("New pods of the same release, without a gap."),
        )
        .unless(Reason::DeploymentStopped, "The deployment is stopped. Start it instead."),
        revision(
            Operation::new(
                Post,
                "/api/v1/deployments/{deployment}/stop",
                "stop",
                DEVELOPER,
                "Stop",
            )
            .about("No pods; address, configuration and storage stay."),
        ),
        revision(
            Operation::new(
                Post,
                "/api/v1/deployments/{deployment}/start",
                "start",
                DEVELOPER,
                "Start",
            )
            .about(
                "As many pods as before. Also brings back what somebody removed from the cluster.",
            ),
        ),
    ]
}
