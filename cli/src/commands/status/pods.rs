//! The pods of a deployment in a table.

use crate::{
    api::deployments::Pod,
    output::{Style, Table, table::Cell, time::ago},
    text,
};

pub fn table(pods: &[Pod]) -> Table {
    let mut table = Table::new([
        text!("pod", "instance"),
        text!("ready", "prête"),
        text!("restarts", "redémarrages"),
        text!("started", "démarrée"),
        String::new(),
    ]);
    for pod in pods {
        table.row([
            pod.name.as_str().into(),
            ready(pod),
            pod.restarts.to_string().into(),
            pod.started_at.map(ago).unwrap_or_default().into(),
            Cell::styled(notes(pod), Style::Faint),
        ]);
    }
    table
}

fn ready(pod: &Pod) -> Cell {
    match pod.ready {
        true => Cell::styled(text!("yes", "oui"), Style::Good),
        false => Cell::styled(text!("no", "non"), Style::Warning),
    }
}

/// The reason of Kubernetes, and whether it is of an earlier release.
fn notes(pod: &Pod) -> String {
    let is_ending = pod.reason.as_deref() == Some("Terminating");
    let earlier = !pod.current && !is_ending;
    let notes =
        [pod.reason.clone(), earlier.then(|| text!("earlier release", "révision antérieure"))];
    notes.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn pod(fields: Value) -> Pod {
        let mut pod = json!({
            "name": "web-1", "phase": "Running", "ready": true, "current": true, "restarts": 0, "reason": null,
            "message": null, "started_at": null,
        });
        pod.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        serde_json::from_value(pod).unwrap()
    }

    #[test]
    fn a_pod_has_its_reason_and_an_earlier_one_says_so() {
        let pods = [
            pod(json!({})),
            pod(
                json!({ "name": "web-2", "ready": false, "restarts": 4, "reason": "CrashLoopBackOff" }),
            ),
            pod(json!({ "name": "web-3", "current": false })),
            pod(
                json!({ "name": "web-4", "current": false, "ready": false, "reason": "Terminating" }),
            ),
        ];
        let expected = "POD    READY  RESTARTS  STARTED\n\
                        web-1  yes    0\n\
                        web-2  no     4                  CrashLoopBackOff\n\
                        web-3  yes    0                  earlier release\n\
                        web-4  no     0                  Terminating\n";
        assert_eq!(table(&pods).render(false), expected);
    }
}
