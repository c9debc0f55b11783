//! Reasons why a container has ended.
//!
//! A text starts with `exit code N: `. Codes above 128 are those of signals: 128 and the signal's number.

use super::{Outlook, Row, Source};
use nokube_domain::deployments::ErrorCode;

const LOG: &str = "Its log says why.";

const fn exit(
    id: &'static str,
    texts: &'static [&'static str],
    message: &'static str,
    action: &'static str,
) -> Row {
    Row {
        id,
        source: Source::Exit,
        reasons: &[],
        texts,
        code: ErrorCode::Crash,
        outlook: Outlook::PermanentIfRepeated,
        message,
        action,
    }
}

pub(super) const ROWS: &[Row] = &[
    Row {
        reasons: &["OOMKilled"],
        code: ErrorCode::OutOfMemory,
        ..exit(
            "exit-memory",
            &[],
            "{program} needs more memory than its limit{limit} and was killed {duration}.",
            "Raise memory_limit, or have it use less.",
        )
    },
    Row {
        reasons: &["ContainerStatusUnknown"],
        code: ErrorCode::NodeLost,
        outlook: Outlook::Temporary,
        ..exit(
            "exit-unknown",
            &[],
            "The machine does not know any more what became of {program}.",
            "Kubernetes replaces the pod. If that does not help, tell the administrator.",
        )
    },
    exit("exit-code-unknown", &["unknown exit code"], "{program} ends again and again.", LOG),
    exit(
        "exit-0",
        &["exit code 0:"],
        "{program} ends {duration}, with exit code 0. It ended without an error, but a service has \
         to keep running.",
        "Have it run in the foreground. The log shows what it did.",
    ),
    Row {
        code: ErrorCode::StartCommand,
        // https://github.com/buildpacks/spec/blob/main/platform.md#launcher
        ..exit(
            "exit-launcher",
            &["exit code 82:"],
            "The image was made by buildpacks, which found no default process in the source, or no \
             such program: so there is no program to run.",
            "Give it in the field args, one word per item, such as [\"node\", \"server.js\"]: \
             buildpacks run what is there. Or add a Procfile to the source.",
        )
    },
    exit(
        "exit-command",
        &["exit code 126:", "exit code 127:"],
        "{program} ends {duration}, with exit code {exit_code}. Its start command cannot be run: is \
         it in the image, and executable?",
        "The fields command and args give another one.",
    ),
    exit(
        "exit-abort",
        &["exit code 134:"],
        "{program} ends {duration}, with exit code 134: it aborted (SIGABRT).",
        LOG,
    ),
    exit(
        "exit-kill",
        &["exit code 137:"],
        "{program} ends {duration}, with exit code 137. It was killed: by a check that failed, or \
         for memory of its machine.",
        "See its events and its log.",
    ),
    exit(
        "exit-segfault",
        &["exit code 132:", "exit code 135:", "exit code 139:"],
        "{program} ends {duration}, with exit code {exit_code}. It crashed: with a segmentation \
         fault, or with an instruction that the machine does not have.",
        LOG,
    ),
    exit(
        "exit-term",
        &["exit code 143:"],
        "{program} ends {duration}, with exit code 143. It was stopped with SIGTERM, as when a check \
         fails.",
        "See its events and its log.",
    ),
    Row {
        source: Source::Log,
        code: ErrorCode::StartCommand,
        ..exit(
            "log-exec-format",
            &["exec format error"],
            "The program cannot be run: it was built for other processors, or it is a script without \
             an interpreter in its first line.",
            "Build the image for the platform of the cluster's machines, such as linux/amd64.",
        )
    },
    exit("exit-other", &[], "{program} ends {duration}, with exit code {exit_code}.", LOG),
];
