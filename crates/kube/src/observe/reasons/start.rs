//! Reasons why a container cannot be created or started.

use super::{Outlook, Row, Source};
use nokube_domain::deployments::ErrorCode;

const GIVE_COMMAND: &str = "Give another one in the field command, or in args if the image was made \
                            by buildpacks: each word is an item of its own, and there is no shell.";

const fn permanent(
    id: &'static str,
    texts: &'static [&'static str],
    message: &'static str,
    action: &'static str,
) -> Row {
    Row {
        id,
        source: Source::Start,
        reasons: &[],
        texts,
        code: ErrorCode::ContainerConfig,
        outlook: Outlook::Permanent,
        message,
        action,
    }
}

const fn temporary(
    id: &'static str,
    texts: &'static [&'static str],
    message: &'static str,
    action: &'static str,
) -> Row {
    Row {
        code: ErrorCode::NodeError,
        outlook: Outlook::Temporary,
        ..permanent(id, texts, message, action)
    }
}

pub(super) const ROWS: &[Row] = &[
    permanent(
        "start-root",
        &["image will run as root", "breaks non-root policy"],
        "The image runs as root, which this platform does not allow.",
        "Add 'USER 1000' (a number) to its Dockerfile and build it again.",
    ),
    permanent(
        "start-named-user",
        &["non-numeric user"],
        "The USER of the image is a name. This platform does not allow root, and only a number shows \
         that it is another user.",
        "Write the user's number, such as 'USER 1000', into its Dockerfile and build it again.",
    ),
    permanent(
        "start-missing-variables",
        &["configmap \"*not found", "secret \"*not found", "couldn't find key"],
        "Its variables or secrets are not in the cluster any more.",
        "Deploy it again, with the values of its secrets.",
    ),
    temporary(
        "start-cache",
        &["failed to sync secret cache", "failed to sync configmap cache"],
        "The machine cannot read its variables or secrets yet.",
        "Kubernetes tries again by itself.",
    ),
    Row {
        code: ErrorCode::StartCommand,
        ..permanent(
            "start-no-command",
            &["no command specified", "no default process"],
            "The image does not say which program to run.",
            "Give it in the field command, one word per item, such as [\"node\", \"server.js\"].",
        )
    },
    Row {
        code: ErrorCode::StartCommand,
        ..permanent(
            "start-exec-format",
            &["exec format error"],
            "{program} cannot be run: it was built for other processors, or it is a script without \
             an interpreter in its first line.",
            "Build the image for the platform of the cluster's machines, such as linux/amd64.",
        )
    },
    Row {
        code: ErrorCode::StartCommand,
        ..permanent(
            "start-command",
            &[
                "executable file not found",
                "exec: *no such file",
                "exec /*no such file",
                "exec: *permission denied",
                "exec /*permission denied",
                "exec: *is a directory",
                "exec: *not a directory",
            ],
            "Its start command cannot be run: it is not in the image, or not executable.",
            GIVE_COMMAND,
        )
    },
    permanent(
        "start-user-unknown",
        &["unable to find user", "unable to find group", "no matching entries in passwd"],
        "The USER of the image does not exist in the image.",
        "Create the user in its Dockerfile, or write a number, and build it again.",
    ),
    permanent(
        "start-working-directory",
        &["chdir to cwd", "container init: mkdir"],
        "The working directory of the image cannot be used by the image's user.",
        "Create the WORKDIR in its Dockerfile, for the image's USER, and build it again.",
    ),
    Row {
        code: ErrorCode::OutOfMemory,
        ..permanent(
            "start-memory",
            &["oom-killed", "memory limit too low"],
            "{program} cannot be started within its memory limit{limit}.",
            "Raise memory_limit.",
        )
    },
    temporary(
        "start-disk-full",
        &["no space left on device", "disk quota exceeded"],
        "The container cannot be created: the disk of the machine is full.",
        "Kubernetes tries again by itself. If that does not help, tell the administrator.",
    ),
    Row {
        code: ErrorCode::Volume,
        ..temporary(
            "start-mount",
            &["error mounting", "failed to mount", "subpath"],
            "The container cannot be created: a volume or file cannot be mounted in it.",
            "Check the path of the volume: it must not be a file of the image. If that does not \
             help, tell the administrator.",
        )
    },
    temporary(
        "start-runtime-busy",
        &[
            "deadline exceeded",
            "deadlineexceeded",
            "timed out",
            "is reserved for",
            "reserve container name",
        ],
        "The container cannot be created yet: the machine's container runtime does not respond in \
         time.",
        "Kubernetes tries again by itself. If that does not help, tell the administrator.",
    ),
    Row {
        code: ErrorCode::ContainerConfig,
        ..temporary(
            "start-other",
            &[],
            "The container cannot be created.",
            "Kubernetes tries again by itself. What the container runtime says is below.",
        )
    },
];
