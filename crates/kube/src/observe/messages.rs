//! Kubernetes' failures as messages for developers: what is wrong and what to change.

use super::pod::Terminated;
use nokube_domain::deployments::ErrorCode;

pub(super) fn image_name(image: &str) -> String {
    format!("'{image}' is not a valid image name. Check it.")
}

pub(super) fn out_of_memory(limit: Option<&str>) -> String {
    let limit = limit.map(|limit| format!(" of {limit}")).unwrap_or_default();
    format!(
        "The program needs more memory than its limit{limit} and was killed. Raise memory_limit, or \
         have it use less."
    )
}

pub(super) fn crash(terminated: &Terminated) -> String {
    let code = terminated.exit_code;
    let hint = match code {
        0 => "It ended without an error, but a service has to keep running.",
        126 | 127 => {
            "Its start command cannot be run: is it in the image, and executable? The fields command \
             and args give another one."
        }
        137 => "It was killed: by its liveness check, or for its memory.",
        139 => "It crashed with a segmentation fault.",
        143 => "It was stopped with SIGTERM, as when its liveness check fails.",
        _ => "Its log says why.",
    };
    let output = terminated.message.trim();
    let output = if output.is_empty() { String::new() } else { format!(" It said: {output}") };
    format!("The program ends right after its start, with exit code {code}. {hint}{output}")
}

/// Says whether the name, the tag or the access is wrong. Registries report it in the status and code of their
/// response, which `detail` contains.
pub(super) fn image_pull(image: &str, detail: &str) -> String {
    // The image's name may contain any of these words, so it is removed first.
    let lower = detail.replace(image, "").to_ascii_lowercase();
    let contains_any = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let why = if contains_any(&["unauthorized", "denied", "forbidden", "authentication"]) {
        "the registry denies access: the image is private, or its name is wrong. A public image, \
         or one that was built here, can be pulled"
    } else if contains_any(&["manifest unknown", "not found"]) {
        "the registry has no such image or tag. Check both"
    } else if contains_any(&["too many requests", "toomanyrequests", "rate limit"]) {
        "the registry's rate limit is exceeded. Wait, or use an image from another registry"
    } else if contains_any(&["no such host", "timeout", "connection refused", "dial tcp", "tls"]) {
        "the registry cannot be reached from the cluster. Check the host in its name"
    } else if contains_any(&["no match for platform", "no matching manifest", "exec format"]) {
        "it was not built for the cluster's processors"
    } else {
        "the registry rejects the request. Check the image's name and tag"
    };
    format!("The image {image} cannot be pulled: {why}.")
}

pub(super) fn container_config(detail: &str) -> String {
    if detail.contains("runAsNonRoot") || detail.contains("non-numeric user") {
        return "The image runs as root, which this platform does not allow. Add 'USER 1000' (a \
                number) to its Dockerfile and build it again."
            .into();
    }
    if detail.contains("configmap") || detail.contains("secret") {
        return format!(
            "Its variables or secrets are not in the cluster any more ({detail}). Deploy it again, \
             with the values of its secrets."
        );
    }
    format!("The container cannot be created: {detail}.")
}

/// The exit code of the launcher in images that were made by buildpacks, if it cannot start a program.
///
/// <https://github.com/buildpacks/spec/blob/main/platform.md#launcher>
pub(super) const LAUNCHER_EXIT_CODE: i32 = 82;

const GIVE_LAUNCHER_ARGS: &str = "Give it in the field args, one word per item, such as \
                                  [\"node\", \"server.js\"]: buildpacks run what is there.";

/// The message if the launcher of buildpacks has no program to run, or cannot find it.
pub(super) fn launcher_failure() -> String {
    format!(
        "The image was made by buildpacks, which found no default process in the source, or no such \
         program: so there is no program to run. {GIVE_LAUNCHER_ARGS} Or add a Procfile to the source."
    )
}

/// The message if `detail`, the container runtime's, is about the program to run.
pub(super) fn start_command(detail: &str) -> Option<String> {
    let lower = detail.to_ascii_lowercase();
    let contains_any = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if contains_any(&["no command specified", "no default process"]) {
        return Some(
            "The image does not say which program to run. Give it in the field command, one word \
             per item, such as [\"node\", \"server.js\"]."
                .into(),
        );
    }
    let is_exec = contains_any(&["exec: ", "exec /"]);
    let cannot_run =
        ["executable file not found", "no such file", "permission denied", "is a directory"];
    (is_exec && contains_any(&cannot_run)).then(|| {
        format!(
            "Its start command cannot be run: it is not in the image, or not executable ({}). Give \
             another one in the field command, or in args if the image was made by buildpacks: each \
             word is an item of its own, and there is no shell.",
            detail.trim()
        )
    })
}

/// `detail` is the scheduler's, such as `0/3 nodes are available: 3 Insufficient memory.`.
pub(super) fn unschedulable(detail: &str) -> String {
    let is_short_of = |resource: &str| detail.contains(&format!("Insufficient {resource}"));
    let advice = match (is_short_of("cpu"), is_short_of("memory")) {
        (true, true) => {
            "There is not enough CPU and memory: lower cpu_request, memory_request or replicas, or \
             ask the administrator for more machines."
        }
        (true, false) => {
            "There is not enough CPU: lower cpu_request or replicas, or ask the administrator for \
             more machines."
        }
        (false, true) => {
            "There is not enough memory: lower memory_request or replicas, or ask the administrator \
             for more machines."
        }
        _ if detail.contains("PersistentVolumeClaim") || detail.contains("volume") => {
            "Its volume is not ready or is on another machine. If that does not change, ask the \
             administrator."
        }
        _ => "Tell the administrator.",
    };
    format!("No machine of the cluster can take it. {advice} ({})", detail.trim())
}

pub(super) fn pod_failed(reason: &str, detail: &str) -> String {
    match reason {
        "Evicted" => format!("The machine ran out of a resource and evicted it: {detail}"),
        _ => format!("Kubernetes ended it: {reason} {detail}").trim_end().to_owned(),
    }
}

/// Code and message for pods that cannot be created: quota, pod security, limits and other admission.
pub(super) fn failed_create(detail: &str) -> (ErrorCode, String) {
    if let Some((_, quota)) = detail.split_once("exceeded quota: ") {
        let message = format!(
            "The project's quota does not allow more ({quota}). Ask for less, stop another service, \
             or ask the administrator for more."
        );
        return (ErrorCode::Quota, message);
    }
    if let Some((_, violation)) = detail.split_once("violates PodSecurity ") {
        let advice = if violation.contains("runAsNonRoot") {
            " Add 'USER 1000' to the image's Dockerfile and build it again."
        } else {
            ""
        };
        let message =
            format!("This platform's rules for pods do not allow it: {violation}.{advice}");
        return (ErrorCode::PodSecurity, message);
    }
    if detail.contains("maximum") || detail.contains("minimum") {
        let message = format!("It asks for more or less than the platform allows: {detail}.");
        return (ErrorCode::Limits, message);
    }
    (ErrorCode::FailedCreate, format!("The cluster cannot create pods for it: {detail}."))
}
