//! What is wrong with a deployment, and what to do about it. The platform says it in English; the French texts are here,
//! by code. A field is called as in nokube.toml.

use crate::{
    api::deployments::{Issue, ObjectFault},
    language::Language,
    output::clean,
};

/// Code, what is wrong, what to do.
const FRENCH: [(&str, &str, &str); 28] = [
    (
        "refused",
        "Le cluster a refusé une partie du déploiement.",
        "Corrigez, puis déployez de nouveau ; rien n’est à supprimer avant.",
    ),
    (
        "cluster_unreachable",
        "Le cluster ne répond pas.",
        "L’état affiché est le dernier connu ; il est mis à jour dès que le cluster répond.",
    ),
    (
        "interrupted",
        "La mise à jour du cluster n’est pas terminée.",
        "Elle est retentée automatiquement.",
    ),
    (
        "removed",
        "Quelqu’un a retiré ce service du cluster, en tout ou en partie.",
        "Déployez-le de nouveau.",
    ),
    (
        "changed_by_others",
        "Quelqu’un a modifié ce service directement dans le cluster.",
        "Déployez-le de nouveau, avec ce changement ou sans lui.",
    ),
    (
        "image_pull",
        "L’image ne peut pas être téléchargée.",
        "Vérifiez son nom et son étiquette, et qu’elle est publique ou construite ici.",
    ),
    ("image_name", "Ce nom d’image n’est pas valable.", "Corrigez-le."),
    (
        "container_config",
        "Le conteneur ne peut pas être préparé.",
        "Le détail dit ce qui manque. Corrigez-le, puis déployez de nouveau.",
    ),
    (
        "start_command",
        "On ne sait pas quel programme lancer, ou il n’est pas dans l’image.",
        "Donnez-le dans command, ou dans args si ce sont des buildpacks qui ont fait l’image.",
    ),
    (
        "crash",
        "Le programme s’est arrêté.",
        "Un service doit continuer de tourner. Ses logs disent pourquoi il s’est arrêté.",
    ),
    (
        "out_of_memory",
        "Le programme a dépassé sa limite de mémoire et a été arrêté.",
        "Augmentez memory_limit, ou faites-lui en utiliser moins.",
    ),
    (
        "unschedulable",
        "Aucune machine du cluster ne peut prendre cette instance.",
        "S’il manque de la place, réduisez les ressources réservées ou replicas. Sinon, prévenez l’administrateur.",
    ),
    (
        "pod_failed",
        "L’instance a été arrêtée.",
        "Le détail dit pourquoi. Le cluster en crée une autre.",
    ),
    (
        "not_ready",
        "Le programme tourne, mais ne répond pas à ses vérifications de santé.",
        "Écoute-t-il sur container_port et sur toutes les adresses (0.0.0.0) ? Les chemins des vérifications sont-ils justes ?",
    ),
    (
        "quota",
        "Le quota du projet est atteint.",
        "Réduisez les ressources demandées, arrêtez un autre service, ou prévenez l’administrateur.",
    ),
    (
        "pod_security",
        "Les règles de sécurité de la plateforme n’autorisent pas cette image.",
        "Faites tourner le programme sans être root : « USER 1000 » (un nombre) dans le Dockerfile.",
    ),
    (
        "limits",
        "La demande dépasse ce que la plateforme autorise.",
        "Réduisez les ressources demandées.",
    ),
    (
        "failed_create",
        "Le cluster ne crée pas d’instances.",
        "Le détail dit pourquoi. S’il ne s’agit pas de votre configuration, prévenez l’administrateur.",
    ),
    (
        "node_lost",
        "Une machine du cluster ne répond plus.",
        "Le cluster crée ses instances ailleurs après quelques minutes. Si cela dure, prévenez l’administrateur.",
    ),
    (
        "node_error",
        "Une machine du cluster a un problème.",
        "Ce n’est pas votre programme. Si cela dure, prévenez l’administrateur.",
    ),
    (
        "evicted",
        "Une machine à court de ressources a arrêté l’instance.",
        "Le cluster en crée une autre. Si cela se répète, réservez autant de mémoire que le programme en utilise.",
    ),
    (
        "volume",
        "Le volume n’est pas encore disponible.",
        "Attendez un moment. Si cela dure, prévenez l’administrateur.",
    ),
    (
        "admission_denied",
        "Une règle du cluster refuse les instances.",
        "Le détail la nomme. Changez ce qu’elle refuse, ou demandez à l’administrateur.",
    ),
    (
        "admission_unavailable",
        "Un contrôle du cluster ne répond pas ; sans lui, aucune instance n’est créée.",
        "Attendez un moment. Si cela dure, prévenez l’administrateur.",
    ),
    (
        "gateway_not_ready",
        "L’entrée du cluster n’est pas prête : l’adresse ne répond pas.",
        "Le service lui-même n’y est pour rien. Prévenez l’administrateur.",
    ),
    (
        "route_rejected",
        "L’entrée du cluster n’accepte pas la route de ce service : l’adresse ne répond pas.",
        "Le détail dit pourquoi. Prévenez l’administrateur, ou choisissez une autre adresse.",
    ),
    (
        "address_changed",
        "Ce service a encore son ancienne adresse : l’administrateur a changé les adresses des services.",
        "Déployez-le de nouveau pour qu’il prenne la nouvelle.",
    ),
    (
        "certificate_not_ready",
        "Le certificat de l’adresse n’est pas encore prêt.",
        "Attendez quelques minutes. Si vous avez choisi le domaine, vérifiez que son DNS mène à cette plateforme.",
    ),
];

/// What is wrong, in one sentence.
pub fn message(issue: &Issue) -> String {
    clean(french(issue).map_or(issue.message.as_str(), |(message, _)| message)).into_owned()
}

/// What to do about it.
pub fn action(issue: &Issue) -> String {
    clean(french(issue).map_or(issue.action.as_str(), |(_, action)| action)).into_owned()
}

/// What is wrong, what to do, and what the other system says, each in a line.
pub fn lines(issue: &Issue) -> Vec<String> {
    let object = issue.object.as_deref().map(|object| format!(" ({object})")).unwrap_or_default();
    let mut lines = vec![format!("{}{}", message(issue), clean(&object))];
    lines.push(format!("  {}", action(issue)));
    let detail = issue.detail.as_deref().unwrap_or_default();
    lines.extend(detail.lines().map(|line| format!("  {}", clean(line))));
    lines
}

/// What the cluster has rejected.
pub fn fault(fault: &ObjectFault) -> String {
    let ObjectFault { kind, name, field, detail } = fault;
    let field = field.as_ref().map(|field| format!(" ({field})")).unwrap_or_default();
    clean(&format!("{kind} {name}{field}: {detail}")).into_owned()
}

fn french(issue: &Issue) -> Option<(&'static str, &'static str)> {
    if Language::current() != Language::French {
        return None;
    }
    let (_, message, action) = FRENCH.iter().find(|(code, ..)| *code == issue.code)?;
    Some((message, action))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn every_code_of_the_contract_has_a_french_text() {
        let contract: Value =
            serde_json::from_str(include_str!("../../../docs/api/openapi.json")).unwrap();
        let codes =
            contract["components"]["schemas"]["DeploymentErrorCode"]["enum"].as_array().unwrap();
        let mut expected: Vec<_> = codes.iter().map(|code| code.as_str().unwrap()).collect();
        let mut translated = FRENCH.map(|(code, ..)| code);
        expected.sort_unstable();
        translated.sort_unstable();
        assert_eq!(translated.as_slice(), expected);
    }

    #[test]
    fn an_issue_says_what_is_wrong_what_to_do_and_what_the_program_said() {
        let issue = Issue {
            code: "crash".into(),
            message: "The program has ended with status 1.".into(),
            action: "Its log says why.".into(),
            detail: Some("Error: no such file\nat main".into()),
            object: Some("Pod web-7d4b9-x2x9z".into()),
            temporary: false,
        };
        let expected = [
            "The program has ended with status 1. (Pod web-7d4b9-x2x9z)",
            "  Its log says why.",
            "  Error: no such file",
            "  at main",
        ];
        assert_eq!(lines(&issue), expected);
    }
}
