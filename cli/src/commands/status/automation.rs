//! What a push does with a service, in sentences.

use crate::{
    api::{
        Received,
        services::{AutomaticBuilds, AutomaticDeployments, Service},
    },
    output::{Style, time::date},
    text,
};
use serde_json::Value;

/// A sentence, with its style: what is wrong is a warning.
pub type Line = (Style, String);

/// What a push does, and the faults of nokube.toml in the branch.
pub fn with_faults(service: &Received<Service>) -> Vec<Line> {
    let mut lines = lines(service);
    lines.extend(config_file_faults(&service.json));
    lines
}

fn lines(service: &Service) -> Vec<Line> {
    let builds = service.automatic_builds.as_ref();
    let Some(builds) = builds.filter(|_| service.build_on_push) else { return Vec::new() };
    let mut lines = vec![builds_line(builds)];
    lines.extend(
        service.automatic_deployments.as_ref().map(|it| deployments_line(&service.name, it)),
    );
    let problem = service.automatic_deployments.as_ref().and_then(|it| it.problem.as_ref());
    lines.extend(problem.map(|problem| {
        let message = &problem.message;
        (
            Style::Warning,
            text!(
                "The newest build could not be deployed: {message}",
                "Le dernier build n’a pas pu être déployé : {message}"
            ),
        )
    }));
    match service.previews.as_str() {
        "build" => lines
            .push(plain(text!("Pull requests are built.", "Les pull requests sont construites."))),
        "deploy" => lines.push(plain(text!(
            "Pull requests have previews.",
            "Les pull requests ont des prévisualisations."
        ))),
        _ => {}
    }
    lines
}

/// The faults of nokube.toml in the branch. `service` is as received: an older platform does not read that file.
fn config_file_faults(service: &Value) -> Vec<Line> {
    let file = service.get("config_file");
    let faults = file.and_then(|file| file.get("errors")).and_then(Value::as_array);
    let fault = |fault: &Value| {
        let text = |name| fault.get(name).and_then(Value::as_str).unwrap_or_default();
        let number = |name| fault.get(name).and_then(Value::as_u64).unwrap_or_default();
        let place = format!("nokube.toml:{}:{}", number("line"), number("column"));
        (Style::Bad, format!("{place}: {}: {}", text("field"), text("detail")))
    };
    faults.into_iter().flatten().map(fault).collect()
}

fn plain(text: String) -> Line {
    (Style::Plain, text)
}

fn builds_line(builds: &AutomaticBuilds) -> Line {
    let AutomaticBuilds { enabled_by, confirmed_until, problem, .. } = builds;
    match problem {
        Some(problem) => {
            let problem = problem_text(problem);
            (
                Style::Warning,
                text!("A push is not built: {problem}", "Un push n’est pas construit : {problem}"),
            )
        }
        None => {
            let until = date(*confirmed_until);
            plain(text!(
                "A push is built, in the name of {enabled_by} (until {until}).",
                "Un push est construit, au nom de {enabled_by} (jusqu’au {until})."
            ))
        }
    }
}

/// Why a push is not built, and what to do (docs/automation.md).
fn problem_text(problem: &str) -> String {
    match problem {
        "invalid_config_file" => text!(
            "nokube.toml in the branch is missing or invalid",
            "nokube.toml manque dans la branche, ou est invalide"
        ),
        "branch_missing" => text!("the branch does not exist", "la branche n’existe pas"),
        "repository_missing" => text!("the repository does not exist", "le dépôt n’existe pas"),
        "repository_archived" => text!("the repository is archived", "le dépôt est archivé"),
        "app_not_installed" => text!(
            "the GitHub App is not installed on the repository",
            "l’application GitHub n’est pas installée sur le dépôt"
        ),
        "no_access" | "not_a_member" | "blocked" => text!(
            "that person may not do it any more; `nokube services set SERVICE --build-on-push on` continues in your name",
            "cette personne n’en a plus le droit ; `nokube services set SERVICE --build-on-push on` continue en votre nom"
        ),
        "confirmation_required" => text!(
            "nobody has confirmed it for 90 days; `nokube services set SERVICE --build-on-push on` does",
            "personne ne l’a confirmé depuis 90 jours ; `nokube services set SERVICE --build-on-push on` le fait"
        ),
        other => other.to_owned(),
    }
}

fn deployments_line(service: &str, deployments: &AutomaticDeployments) -> Line {
    match deployments.state.as_str() {
        "active" => {
            plain(text!("What it builds is deployed.", "Ce qui est construit est déployé."))
        }
        "paused" => (
            Style::Warning,
            text!(
                "Automatic deployment is paused since a rollback or a stop: nokube resume {service}",
                "Le déploiement automatique est en pause depuis un retour arrière ou un arrêt : nokube resume {service}"
            ),
        ),
        "not_configured" => (
            Style::Warning,
            text!(
                "Nothing is deployed automatically before the first time: nokube deploy {service}",
                "Rien n’est déployé automatiquement avant la première fois : nokube deploy {service}"
            ),
        ),
        "other_image" => (
            Style::Warning,
            text!(
                "An image that is no build of it is not replaced automatically: nokube deploy {service}",
                "Une image qui n’est pas un de ses builds n’est pas remplacée automatiquement : nokube deploy {service}"
            ),
        ),
        "deleted" => (
            Style::Warning,
            text!(
                "It was deleted, and is not deployed again automatically: nokube deploy {service}",
                "Il a été supprimé, et n’est pas redéployé automatiquement : nokube deploy {service}"
            ),
        ),
        other => plain(other.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::status::service::tests::service;
    use serde_json::json;

    fn texts(fields: Value) -> Vec<String> {
        lines(&service(fields)).into_iter().map(|(_, text)| text).collect()
    }

    fn builds(problem: Value) -> Value {
        json!({
            "enabled_by": "alice", "enabled_at": "2026-01-01T00:00:00Z", "confirmed_until": "2026-04-01T00:00:00Z",
            "problem": problem, "commit_statuses": "active", "github_deployments": "active",
        })
    }

    #[test]
    fn what_a_push_does() {
        assert!(texts(json!({ "build_on_push": false })).is_empty());
        let all = texts(json!({
            "build_on_push": true, "automatic_builds": builds(Value::Null), "previews": "deploy",
            "automatic_deployments": { "state": "paused", "paused": null, "problem": { "build_id": "b", "message": "no room" } },
        }));
        let expected = [
            "A push is built, in the name of alice (until 2026-04-01).",
            "Automatic deployment is paused since a rollback or a stop: nokube resume shop",
            "The newest build could not be deployed: no room",
            "Pull requests have previews.",
        ];
        assert_eq!(all, expected);
    }

    #[test]
    fn faults_of_the_file_in_the_branch_have_their_place() {
        let fault = json!({ "line": 3, "column": 5, "field": "services.web.build.context", "detail": "must be a text" });
        let service = json!({ "config_file": { "commit_sha": "1f0d2c9", "errors": [fault] } });
        let expected = "nokube.toml:3:5: services.web.build.context: must be a text";
        assert_eq!(config_file_faults(&service), [(Style::Bad, expected.to_owned())]);
        assert!(config_file_faults(&json!({ "config_file": null })).is_empty());
    }

    #[test]
    fn a_reason_of_a_newer_platform_is_shown_as_it_is() {
        let lines = texts(
            json!({ "build_on_push": true, "automatic_builds": builds(json!("moon_phase")) }),
        );
        assert_eq!(lines, ["A push is not built: moon_phase"]);
    }
}
