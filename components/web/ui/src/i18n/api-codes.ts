// French texts for the API's stable keys: problem reasons, error codes of builds, build steps and event reasons. English
// readers see the API's own English text, and texts of third parties are never translated.
import type { Language } from "./language";
import { lookup } from "./lookup";
import type { NoLog, ProblemReason } from "../api/types";

export type Translations = Readonly<Record<string, string>>;

/** The French text of `key`; `undefined` in English, or if there is none. */
export function translate(table: Translations, key: string | null | undefined, language: Language): string | undefined {
  return language === "fr" && key ? lookup(table, key) : undefined;
}

/** `reason` of a problem. */
export const problemReasons: Record<ProblemReason, string> = {
  role_too_small: "Votre rôle dans ce projet ne le permet pas. Demandez à son propriétaire.",
  blocked: "Un administrateur a retiré votre accès.",
  project_exists: "Vous avez déjà un projet de ce nom. Choisissez-en un autre.",
  too_many_projects: "Vous avez autant de projets que cette plateforme en permet.",
  project_in_use: "Quelque chose de ce projet est en cours. Arrêtez-le d’abord, ou cochez la case qui le fait.",
  too_many_tokens: "Vous avez autant de jetons que cette plateforme en permet. Révoquez ceux qui ne servent plus.",
  build_ended: "Le build est déjà terminé.",
  build_under_way: "Le build est encore en cours. Attendez, ou annulez-le d’abord.",
  too_many_services: "Il y a autant de services que cette plateforme en permet, ou qu’un push sur ce dépôt peut construire. Retirez-en un d’abord.",
  too_many_members: "Ce projet a atteint le nombre maximal de membres et d’invitations. Retirez d’abord quelqu’un.",
  too_many_invitations: "Cette personne a trop d’invitations en attente. Attendez qu’elle y réponde, ou retirez l’une des vôtres.",
  invitations_declined: "Cette personne a refusé plusieurs de vos invitations cette semaine. Réessayez la semaine prochaine.",
  too_many_memberships: "Vous avez été membre d’autant de projets que cette plateforme en permet.",
  deployment_stopped: "Le service est arrêté. Démarrez-le.",
  not_paused: "Le déploiement automatique n’est pas en pause.",
  pull_request_changed: "La pull request a changé entre-temps : elle a un autre commit, ou elle est fermée. Relisez-la d’abord.",
  config_file: "La configuration vient du nokube.toml de la branche. Changez-la là-bas.",
  no_earlier_release: "Il n’y a pas de révision antérieure à laquelle revenir.",
  needs_github_app: "Il y faut une application GitHub, et cette plateforme utilise un jeton.",
  secrets_lost: "Le cluster n’a plus les secrets de cette révision. Déployez de nouveau, avec leurs valeurs.",
};

/** `error_code` of a build. */
export const buildErrorCodes: Translations = {
  refused: "GitHub n’a pas accepté le build.",
  never_started:
    "GitHub n’a pas démarré le build à temps. Relancez-le ; si cela se répète, regardez l’état de GitHub ou prévenez l’administrateur.",
  no_capacity:
    "Le build a attendu trop longtemps une place libre. Relancez-le quand d’autres builds sont terminés.",
  timed_out: "Le build a dépassé la durée permise et a été arrêté. Voyez les logs.",
  startup_failure: "GitHub n’a pas pu démarrer le constructeur. L’administrateur trouve la raison sur la page de l’exécution.",
  action_required: "GitHub attend une approbation dans le dépôt du constructeur. L’administrateur peut la donner.",
  run_deleted: "L’exécution a été supprimée chez GitHub avant sa fin. Relancez le build.",
  not_run: "GitHub n’a pas exécuté le build. Relancez-le.",
  builder_outdated:
    "Le constructeur n’accepte pas cette demande. Il est sans doute plus ancien que la plateforme : l’administrateur doit recopier le workflow du constructeur. Voyez les logs.",
  source_incomplete:
    "Un sous-module ou un fichier de Git LFS est illisible. Un build lit son propre dépôt et les dépôts publics, mais aucun autre dépôt privé. Les logs disent lequel.",
  run_failed: "Le build a échoué. Voyez les logs.",
};

/** `code` of a build's warning. */
export const buildWarnings: Translations = {
  submodules_not_fetched:
    "Le dépôt a des sous-modules Git, que ce build n’a pas récupérés : leurs dossiers sont vides. Si l’image en a besoin, refaites le build avec l’option « Récupérer les sous-modules Git ».",
  lfs_not_fetched:
    "Le dépôt a des fichiers dans Git LFS, que ce build n’a pas récupérés : à leur place il y a des pointeurs. Si l’image en a besoin, refaites le build avec l’option « Récupérer les fichiers de Git LFS ».",
};

/** Steps of the builder's workflow (`builder/.github/workflows`), and GitHub's own first and last step. */
export const buildSteps: Translations = {
  "Set up job": "Préparer la machine",
  "Check the request": "Vérifier la demande",
  "Get a token for the private source": "Obtenir l’accès au code privé",
  "Check out the source": "Récupérer le code",
  "Fetch submodules and LFS files": "Récupérer les sous-modules et les fichiers de Git LFS",
  "Prepare the build": "Préparer le build",
  "Warn about submodules": "Signaler les sous-modules",
  "Warn about LFS files": "Signaler les fichiers de Git LFS",
  "Restore the cache": "Reprendre le cache",
  "Set up the builder": "Préparer le constructeur",
  "Set up Buildpacks": "Préparer les buildpacks",
  "Build the image": "Construire l’image",
  "Build the image from source": "Construire l’image à partir du code",
  "Replace the cache": "Renouveler le cache",
  "Save the cache": "Garder le cache",
  "Log in to the registry": "Se connecter au registre",
  "Push the image": "Publier l’image",
  "Complete job": "Terminer",
};

/** GitHub's prefix for the cleanup of an earlier step. */
const POST_PREFIX = "Post ";

/** The French name of a step of the builder's workflow; `undefined` as in `translate`. */
export function translateStepName(name: string, language: Language): string | undefined {
  const cleanedUp = name.startsWith(POST_PREFIX) ? translate(buildSteps, name.slice(POST_PREFIX.length), language) : undefined;
  return cleanedUp ? `Nettoyage : ${cleanedUp}` : translate(buildSteps, name, language);
}

/** Why a pod has no log. */
export const noLogReasons: Record<NoLog, string> = {
  not_yet: "(Pas encore de logs.)",
  gone: "(L’instance n’est plus là.)",
  withheld: "(Le cluster ne donne pas ces logs pour l’instant.)",
};

/** Kubernetes' event reasons. Event messages are not translated. */
export const eventReasons: Translations = {
  Scheduled: "Placée sur une machine",
  FailedScheduling: "Aucune machine ne convient",
  Pulling: "Téléchargement de l’image",
  Pulled: "Image téléchargée",
  Created: "Conteneur créé",
  Started: "Programme démarré",
  Killing: "Arrêt du programme",
  BackOff: "Nouvel essai après une pause",
  Failed: "Échec",
  Unhealthy: "Vérification de santé sans réponse",
  SuccessfulCreate: "Instance créée",
  SuccessfulDelete: "Instance retirée",
  FailedCreate: "Instance refusée",
  FailedMount: "Volume pas encore monté",
  ScalingReplicaSet: "Nombre d’instances changé",
  ErrImageNeverPull: "Image absente de la machine",
  InspectFailed: "Nom d’image non valable",
  FailedCreatePodSandBox: "Instance pas encore préparée",
  FailedAttachVolume: "Volume pas encore rattaché",
  SuccessfulAttachVolume: "Volume rattaché",
  ProvisioningFailed: "Volume pas encore créé",
  ProvisioningSucceeded: "Volume créé",
  WaitForFirstConsumer: "Le volume attend l’instance",
  Evicted: "Instance arrêtée par sa machine",
  Preempted: "Instance arrêtée au profit d’une autre",
  NodeNotReady: "Machine sans réponse",
  TaintManagerEviction: "Instance retirée de sa machine",
  SuccessfulRescale: "Nombre d’instances adapté à la charge",
  FailedGetResourceMetric: "Charge inconnue",
};
