//! Kubernetes' reasons in words that a developer understands and can act upon.

use super::{ContainerStatus, Terminated, Waiting, pods::Trouble};

/// A program that fails this often in a row will not come up by itself.
const CRASHES: u32 = 2;

/// What a container's state says is wrong, if anything.
pub(super) fn container(
    waiting: Option<&Waiting>,
    ended: Option<&Terminated>,
    status: &ContainerStatus,
    image: &str,
    memory_limit: Option<&str>,
) -> Option<Trouble> {
    let trouble = |code, reason: &str, message: String, stuck| {
        Some(Trouble { code, reason: reason.to_owned(), message, stuck })
    };
    let reason = waiting.map(|waiting| waiting.reason.as_str()).unwrap_or_default();
    let told = waiting.map(|waiting| waiting.message.as_str()).unwrap_or_default();
    match reason {
        "ErrImagePull" | "ImagePullBackOff" | "ErrImageNeverPull" | "RegistryUnavailable" => {
            return trouble("image_pull", reason, pull(image, told), true);
        }
        "InvalidImageName" | "ErrImageInspect" => {
            let message = format!("'{image}' is no image that can be pulled. Check its name.");
            return trouble("image_name", reason, message, true);
        }
        "CreateContainerConfigError" | "CreateContainerError" | "RunContainerError" => {
            return trouble("container_config", reason, config(told), true);
        }
        _ => {}
    }
    let Some(ended) = ended else {
        let message = "The program ends again and again right after its start. Its log says why.";
        let crashed = reason == "CrashLoopBackOff";
        return if crashed { trouble("crash", reason, message.into(), true) } else { None };
    };
    let crashed = status.restart_count >= CRASHES || reason == "CrashLoopBackOff";
    if ended.reason == "OOMKilled" {
        let limit = memory_limit.map(|limit| format!(" of {limit}")).unwrap_or_default();
        let message = format!(
            "The program needs more memory than its limit{limit} and was killed. Raise \
             memory_limit, or have it use less."
        );
        let up_again = status.state.running.is_some() && status.ready;
        return trouble("out_of_memory", "OOMKilled", message, crashed && !up_again);
    }
    // One that is up again, or ends well, is no trouble.
    if status.state.running.is_some() && status.ready {
        return None;
    }
    if status.state.running.is_some() && !crashed {
        return None;
    }
    let reason = if reason.is_empty() { ended.reason.as_str() } else { reason };
    trouble("crash", reason, crash(ended), crashed)
}

fn crash(ended: &Terminated) -> String {
    let code = ended.exit_code;
    let hint = match code {
        0 => "It ended by itself, as if its work were done; a service has to go on running.",
        126 | 127 => "Its start command cannot be run: is it in the image, and executable?",
        137 => "It was killed: by its liveness check, or for its memory.",
        139 => "It crashed with a segmentation fault.",
        143 => "It was told to end, as when its liveness check fails.",
        _ => "Its log says why.",
    };
    let said = ended.message.trim();
    let said = if said.is_empty() { String::new() } else { format!(" It said: {said}") };
    format!("The program ends right after its start, with exit code {code}. {hint}{said}")
}

/// Which of name, rights and tag is wrong: registries say it in their answer's status and code.
fn pull(image: &str, told: &str) -> String {
    // Its name may hold any word.
    let lower = told.replace(image, "").to_ascii_lowercase();
    let any = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let why = if any(&["unauthorized", "denied", "forbidden", "authentication"]) {
        "the registry does not let us: the image is private, or its name is wrong. A public image, \
         or one that was built here, can be pulled"
    } else if any(&["manifest unknown", "not found"]) {
        "the registry has no such image or tag. Check both"
    } else if any(&["too many requests", "toomanyrequests", "rate limit"]) {
        "the registry answers no more requests for now (its rate limit). Wait, or take the image \
         from another registry"
    } else if any(&["no such host", "timeout", "connection refused", "dial tcp", "tls"]) {
        "its registry cannot be reached from the cluster. Check the host in its name"
    } else if any(&["no match for platform", "no matching manifest", "exec format"]) {
        "it was not built for the cluster's processors"
    } else {
        "the registry refuses. Check its name and tag"
    };
    format!("The image {image} cannot be pulled: {why}.")
}

fn config(told: &str) -> String {
    if told.contains("runAsNonRoot") || told.contains("non-numeric user") {
        return "The image runs as root, which this platform does not allow. Add 'USER 1000' (a \
                number) to its Dockerfile and build it again."
            .into();
    }
    if told.contains("configmap") || told.contains("secret") {
        return format!(
            "Its variables or secrets are not in the cluster any more ({told}). Deploy it again, \
             with the values of its secrets."
        );
    }
    if told.contains("executable file not found") || told.contains("no such file") {
        return format!("Its start command is not in the image ({told}).");
    }
    format!("The container cannot be made: {told}.")
}

/// What is lacking, out of the scheduler's `0/3 nodes are available: 3 Insufficient memory.`.
pub(super) fn unschedulable(told: &str) -> String {
    let lacks = |what: &str| told.contains(&format!("Insufficient {what}"));
    let advice = match (lacks("cpu"), lacks("memory")) {
        (true, true) => {
            "There is not enough CPU and memory: lower cpu_request, memory_request or \
                         replicas, or ask the administrator for more machines."
        }
        (true, false) => {
            "There is not enough CPU: lower cpu_request or replicas, or ask the \
                          administrator for more machines."
        }
        (false, true) => {
            "There is not enough memory: lower memory_request or replicas, or ask the \
                          administrator for more machines."
        }
        _ if told.contains("PersistentVolumeClaim") || told.contains("volume") => {
            "Its volume is not ready or is on another machine. If that goes on, ask the \
             administrator."
        }
        _ => "Tell the administrator.",
    };
    format!("No machine of the cluster can take it. {advice} ({})", told.trim())
}

pub(super) fn pod_failed(reason: &str, told: &str) -> String {
    match reason {
        "Evicted" => format!("The machine ran out of something and ended it: {told}"),
        _ => format!("It was ended: {reason} {told}").trim_end().to_owned(),
    }
}

/// Why no pod can be made at all: quota, pod security, and what else admission says.
pub(super) fn failed_create(told: &str) -> (&'static str, String) {
    if let Some((_, quota)) = told.split_once("exceeded quota: ") {
        let message = format!(
            "The project's quota does not allow more ({quota}). Ask for less, stop another service, \
             or ask the administrator for more."
        );
        return ("quota", message);
    }
    if let Some((_, why)) = told.split_once("violates PodSecurity ") {
        let advice = if why.contains("runAsNonRoot") {
            " Add 'USER 1000' to the image's Dockerfile and build it again."
        } else {
            ""
        };
        return (
            "pod_security",
            format!("This platform's rules for pods do not allow it: {why}.{advice}"),
        );
    }
    if told.contains("maximum") || told.contains("minimum") {
        return ("limits", format!("It asks for more or less than the platform allows: {told}."));
    }
    ("failed_create", format!("The cluster makes no pods for it: {told}."))
}
