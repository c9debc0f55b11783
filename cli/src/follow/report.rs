//! How a build or a deployment ended, for people: what went wrong, the end of the log, and what to do next.

use super::{
    Follow, Followed, Verdict, build,
    deployment::{failed_pod, is_unreachable, phase},
    issues,
};
use crate::{
    Exit, Outcome,
    api::{
        builds::{Build, BuildStatus},
        deployments::{Deployment, DeploymentStatus},
    },
    output::Style,
    text,
};
use std::time::Duration;

/// How many lines of a log are shown.
const LOG_LINES: usize = 30;

impl Follow<'_> {
    /// Says how a build ended.
    pub async fn report_build(&self, service: &str, ended: &Build) -> Outcome {
        let (id, phase) = (&ended.build_id, build::phase(ended));
        self.board.remove(service);
        for warning in &ended.warnings {
            self.board.styled_note(Style::Warning, &format!("{service}: {}", warning.message));
        }
        if ended.status.is_success() {
            let (branch, commit) = (&ended.branch, build::short(&ended.commit_sha));
            let line = format!("{service}: {phase} ({branch} {commit})");
            self.board.styled_note(Style::Good, &line);
            return Outcome::Done;
        }
        self.board.styled_note(Style::Bad, &format!("{service}: build {id}: {phase}"));
        if ended.status.as_str() == BuildStatus::FAILED {
            build::failure(ended).iter().for_each(|line| self.board.note(line));
            self.print_log(&format!("/api/v1/builds/{id}/logs"), &[]).await;
        }
        self.board.note(&text!(
            "The whole log: nokube build logs {id}. Build it again: nokube build retry {id}",
            "Tous les logs : nokube build logs {id}. Relancer : nokube build retry {id}"
        ));
        Outcome::Failed(Exit::BuildFailed)
    }

    /// Says how a deployment ended, which was followed for `timeout` at most.
    pub async fn report_deployment(
        &self,
        service: &str,
        followed: &Followed,
        timeout: Duration,
    ) -> Outcome {
        let deployment = &followed.deployment.typed;
        let shown = self.board.remove(service);
        for warning in &deployment.warnings {
            self.board.styled_note(Style::Warning, &format!("{service}: {warning}"));
        }
        let line = format!("{service}: {}", phase(deployment));
        if followed.verdict == Verdict::Ready {
            if shown.as_deref() != Some(line.as_str()) {
                self.board.styled_note(Style::Good, &line);
            }
            return Outcome::Done;
        }
        self.board.styled_note(Style::Bad, &line);
        if followed.verdict == Verdict::Waiting {
            let seconds = timeout.as_secs();
            self.board.note(&text!(
                "It is not ready after {seconds} seconds. The platform goes on: nokube status {service}",
                "Il n’est pas prêt après {seconds} secondes. La plateforme continue : nokube status {service}"
            ));
        }
        let issues = deployment.issues.iter().flat_map(issues::lines);
        issues
            .chain(deployment.errors.iter().map(issues::fault))
            .for_each(|line| self.board.note(&line));
        self.print_pod_log(deployment).await;
        self.board.note(&next(service, deployment));
        Outcome::Failed(Exit::DeploymentFailed)
    }

    /// Prints the end of the log of the pod that says most about a failure.
    async fn print_pod_log(&self, deployment: &Deployment) {
        let Some(pod) = failed_pod(deployment) else { return };
        let path = format!("/api/v1/deployments/{}/logs", deployment.deployment_id);
        // What the program wrote before it ended is in the log of the container before.
        let previous = (pod.restarts > 0).to_string();
        let tail = LOG_LINES.to_string();
        self.print_log(&path, &[("pod", &pod.name), ("tail", &tail), ("previous", &previous)])
            .await;
    }

    /// Prints the end of a log. Without one, nothing: it only helps.
    async fn print_log(&self, path: &str, query: &[(&'static str, &str)]) {
        let mut request = self.client.get(path).header("accept", "text/plain");
        for (name, value) in query {
            request = request.query(name, value);
        }
        let Ok(answer) = request.send().await else { return };
        for line in last_lines(&answer.text(), LOG_LINES) {
            self.board.styled_note(Style::Faint, &format!("  {line}"));
        }
    }
}

fn next(service: &str, deployment: &Deployment) -> String {
    if deployment.status.as_str() == DeploymentStatus::DEGRADED {
        return text!(
            "The release before still serves requests. Correct it and deploy again, or: nokube rollback {service}",
            "La révision précédente répond encore. Corrigez et redéployez, ou : nokube rollback {service}"
        );
    }
    if deployment.status.is_running() && is_unreachable(deployment) {
        return text!(
            "The service runs, but requests do not reach its address. Look again: nokube status {service}",
            "Le service tourne, mais son adresse n’est pas joignable. Pour voir la suite : nokube status {service}"
        );
    }
    text!(
        "More: nokube status {service}, nokube logs {service}, nokube events {service}",
        "En savoir plus : nokube status {service}, nokube logs {service}, nokube events {service}"
    )
}

/// The last lines that are not empty at the end.
fn last_lines(text: &str, count: usize) -> Vec<&str> {
    let lines: Vec<_> = text.trim_end().lines().collect();
    lines.get(lines.len().saturating_sub(count)..).unwrap_or_default().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::follow::deployment::tests::deployment;
    use serde_json::json;

    #[test]
    fn the_end_of_a_log_is_shown() {
        assert_eq!(last_lines("a\nb\nc\n\n", 2), ["b", "c"]);
        assert_eq!(last_lines("a", 2), ["a"]);
        assert_eq!(last_lines("", 2), Vec::<&str>::new());
    }

    #[test]
    fn what_to_do_depends_on_whether_an_older_release_serves() {
        let degraded = deployment(json!({"status": "degraded"}));
        assert!(next("shop", &degraded).contains("nokube rollback shop"));
        let unreachable = deployment(json!({"status": "running", "reachable": "no"}));
        assert!(next("shop", &unreachable).contains("do not reach its address"));
        assert!(
            next("shop", &deployment(json!({"status": "failed"}))).contains("nokube logs shop")
        );
    }
}
