//! Statuses and steps in the person's language. What a newer platform adds is shown as it is.

use crate::{
    api::{
        builds::{BuildStatus, Step},
        deployments::DeploymentStatus,
    },
    language::Language,
    text,
};

/// Steps of the builder's workflow, and GitHub's own first and last one.
const FRENCH_STEPS: [(&str, &str); 18] = [
    ("Set up job", "Préparer la machine"),
    ("Check the request", "Vérifier la demande"),
    ("Get a token for the private source", "Obtenir l’accès au code privé"),
    ("Check out the source", "Récupérer le code"),
    ("Fetch submodules and LFS files", "Récupérer les sous-modules et les fichiers de Git LFS"),
    ("Prepare the build", "Préparer le build"),
    ("Warn about submodules", "Signaler les sous-modules"),
    ("Warn about LFS files", "Signaler les fichiers de Git LFS"),
    ("Restore the cache", "Reprendre le cache"),
    ("Set up the builder", "Préparer le constructeur"),
    ("Set up Buildpacks", "Préparer les buildpacks"),
    ("Build the image", "Construire l’image"),
    ("Build the image from source", "Construire l’image à partir du code"),
    ("Replace the cache", "Renouveler le cache"),
    ("Save the cache", "Garder le cache"),
    ("Log in to the registry", "Se connecter au registre"),
    ("Push the image", "Publier l’image"),
    ("Complete job", "Terminer"),
];

/// Why a build failed, by `error_code`. `step_failed` is not among them: the message shows the name of the step.
const FRENCH_BUILD_ERRORS: [(&str, &str); 11] = [
    ("refused", "GitHub n’a pas accepté le build."),
    (
        "never_started",
        "GitHub n’a pas démarré le build à temps. Relancez-le ; si cela se répète, regardez l’état de GitHub ou prévenez l’administrateur.",
    ),
    (
        "no_capacity",
        "Le build a attendu trop longtemps une place libre. Relancez-le quand d’autres builds sont terminés.",
    ),
    ("timed_out", "Le build a dépassé la durée permise et a été arrêté. Voyez les logs."),
    (
        "startup_failure",
        "GitHub n’a pas pu démarrer le constructeur. L’administrateur trouve la raison sur la page de l’exécution.",
    ),
    (
        "action_required",
        "GitHub attend une approbation dans le dépôt du constructeur. L’administrateur peut la donner.",
    ),
    ("run_deleted", "L’exécution a été supprimée chez GitHub avant sa fin. Relancez le build."),
    ("not_run", "GitHub n’a pas exécuté le build. Relancez-le."),
    (
        "builder_outdated",
        "Le constructeur n’accepte pas cette demande. Il est sans doute plus ancien que la plateforme : l’administrateur doit recopier le workflow du constructeur. Voyez les logs.",
    ),
    (
        "source_incomplete",
        "Un sous-module ou un fichier de Git LFS est illisible. Un build lit son propre dépôt et les dépôts publics, mais aucun autre dépôt privé. Les logs disent lequel.",
    ),
    ("run_failed", "Le build a échoué. Voyez les logs."),
];

pub fn build_status(status: &BuildStatus) -> String {
    match status.as_str() {
        BuildStatus::PENDING => text!("pending", "en attente"),
        BuildStatus::BUILDING => text!("building", "en cours"),
        BuildStatus::SUCCESS => text!("succeeded", "réussi"),
        BuildStatus::FAILED => text!("failed", "échoué"),
        BuildStatus::CANCELLED => text!("cancelled", "annulé"),
        other => other.to_owned(),
    }
}

pub fn deployment_status(status: &DeploymentStatus) -> String {
    match status.as_str() {
        DeploymentStatus::PENDING => text!("pending", "en attente"),
        DeploymentStatus::DEPLOYING => text!("deploying", "déploiement en cours"),
        DeploymentStatus::RUNNING => text!("running", "en service"),
        DeploymentStatus::DEGRADED => text!("degraded", "dégradé"),
        DeploymentStatus::FAILED => text!("failed", "en échec"),
        DeploymentStatus::STOPPED => text!("stopped", "arrêté"),
        other => other.to_owned(),
    }
}

/// The status of a build or of a deployment.
pub fn any(status: &str) -> String {
    let build = build_status(&BuildStatus(status.to_owned()));
    match build == status {
        true => deployment_status(&DeploymentStatus(status.to_owned())),
        false => build,
    }
}

pub fn step_status(step: &Step) -> String {
    match step.status.as_str() {
        "pending" => text!("pending", "en attente"),
        "running" => text!("running", "en cours"),
        "success" => text!("succeeded", "réussie"),
        "failed" => text!("failed", "échouée"),
        "cancelled" => text!("cancelled", "annulée"),
        "skipped" => text!("skipped", "ignorée"),
        other => other.to_owned(),
    }
}

/// The name of a step of a build.
pub fn step_name(name: &str) -> String {
    if Language::current() == Language::English {
        return name.to_owned();
    }
    // GitHub's name for the cleanup of an earlier step.
    let cleaned_up = name.strip_prefix("Post ").and_then(|name| french(&FRENCH_STEPS, name));
    match (cleaned_up, french(&FRENCH_STEPS, name)) {
        (Some(cleaned_up), _) => format!("Nettoyage : {cleaned_up}"),
        (None, Some(name)) => name.to_owned(),
        (None, None) => name.to_owned(),
    }
}

/// Why a build failed: `message` is the platform's own sentence.
pub fn build_error(code: Option<&str>, message: &str) -> String {
    let french = code.and_then(|code| french(&FRENCH_BUILD_ERRORS, code));
    match (Language::current(), code, french) {
        // Only GitHub's own words say why.
        (Language::French, Some("refused"), Some(french)) => format!("{french} {message}"),
        (Language::French, _, Some(french)) => french.to_owned(),
        _ => message.to_owned(),
    }
}

fn french(table: &[(&'static str, &'static str)], key: &str) -> Option<&'static str> {
    table.iter().find(|(english, _)| *english == key).map(|(_, french)| *french)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The page has the same table, and its test compares that with the builder's workflow.
    #[test]
    fn the_steps_are_those_that_the_page_knows() {
        let page = include_str!("../../../components/web/ui/src/i18n/api-codes.ts");
        let table = |name: &str| {
            let (_, rest) =
                page.split_once(&format!("export const {name}: Translations = {{")).unwrap();
            rest.split_once("};").unwrap().0.to_owned()
        };
        let steps = table("buildSteps");
        let keys: Vec<_> = steps.lines().filter_map(|line| line.trim().split('"').nth(1)).collect();
        assert_eq!(keys, FRENCH_STEPS.map(|(english, _)| english));
        let errors = table("buildErrorCodes");
        for (code, _) in FRENCH_BUILD_ERRORS {
            assert!(errors.contains(&format!("  {code}:")), "{code}");
        }
        assert_eq!(
            errors
                .lines()
                .filter(|line| line.starts_with("  ")
                    && line.contains(':')
                    && !line.starts_with("   "))
                .count(),
            FRENCH_BUILD_ERRORS.len()
        );
    }

    #[test]
    fn what_a_newer_platform_says_is_shown_as_it_is() {
        assert_eq!(build_status(&BuildStatus("verifying".into())), "verifying");
        assert_eq!(deployment_status(&DeploymentStatus("paused".into())), "paused");
        assert_eq!(step_name("Sign the image"), "Sign the image");
        assert_eq!(build_error(Some("new_code"), "Something new."), "Something new.");
        assert_eq!(build_error(None, "Something new."), "Something new.");
    }
}
