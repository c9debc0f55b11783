// The texts about automatic deployment, previews of pull requests and promotion, in French.

export const automation = {
  title: "Déploiement automatique",
  enable: "Déployer ce qu’un push a construit",
  enableHint:
    "Un build qu’un push a démarré est déployé dès qu’il réussit, avec la configuration et les secrets actuels du service, en votre nom. Un build démarré à la main ne l’est pas. Après un retour arrière ou un arrêt, plus rien ne l’est jusqu’à ce que quelqu’un reprenne.",
  off: "Désactivé : un build n’est déployé que si quelqu’un clique.",
  badge: "Automatique",
  deployedAutomatically: "Déployé à la suite d’un push.",
  states: {
    active: "Activé : ce qu’un push construit est déployé.",
    paused: "Le déploiement automatique est en pause",
    not_configured: "Rien n’est déployé automatiquement",
    other_image: "Rien n’est déployé automatiquement",
    deleted: "Rien n’est déployé automatiquement",
  },
  whatToDo: {
    active: "",
    paused: "Un push est encore construit, mais pas déployé. Reprendre déploie le build du dernier push, sauf s’il l’a déjà été : un build dont quelqu’un est revenu ne l’est pas de nouveau, le suivant l’est.",
    not_configured: "Le service n’a jamais été déployé et n’a pas de configuration enregistrée. Déployez-le une fois : ensuite, ce qu’un push construit est déployé.",
    other_image: "Quelqu’un a déployé une image qui n’est pas un build de ce service. Elle n’est pas remplacée. Pour continuer avec les builds, déployez-en un.",
    deleted: "Quelqu’un a supprimé le déploiement. Il n’est pas recréé automatiquement. Pour continuer, déployez un build du service.",
  },
  pausedSinceRollback: (by: string, at: string) => `En pause depuis le retour arrière de ${by}, ${at}.`,
  pausedSinceStop: (by: string, at: string) => `En pause depuis que ${by} a arrêté le service, ${at}.`,
  staysStopped: "Sinon, le service reste arrêté : démarrez-le, ou poussez un commit.",
  resume: "Reprendre",
  resumed: "Le déploiement automatique a repris.",
  deploy: "Déployer",
  notDeployed: "Le dernier build n’a pas pu être déployé",
  githubDeployments: "Déploiements chez GitHub",
  githubDeploymentsOf: {
    active: "GitHub les affiche, aussi dans chaque pull request.",
    no_push_permission: "Aucun : la personne qui a activé ces builds ne peut pas pousser dans le dépôt.",
    waiting_for_approval: "En attente : le propriétaire du dépôt doit approuver chez GitHub la nouvelle permission de l’application, « Deployments ».",
    unknown: "Aucun pour l’instant.",
  },
};

export const previews = {
  title: "Prévisualisations des pull requests",
  modes: { off: "Aucune", build: "Construire", deploy: "Construire et déployer" },
  modeHints: {
    off: "Une pull request ne démarre rien.",
    build: "Chaque pull request est construite et GitHub montre le résultat. Rien n’est déployé.",
    deploy: "Chaque pull request tourne aussi à sa propre adresse, séparée du service : une seule instance, sans volume, sans accès aux autres services du projet.",
  },
  whoDecides:
    "Qui peut pousser une branche dans ce dépôt décide de ce qui est construit et de ce qui tourne dans les prévisualisations. Une pull request d’un fork attend qu’un développeur du projet approuve son commit.",
  baseBranches: "Branches de base",
  baseBranchesHint: (branch: string) =>
    `Une par ligne. Seules comptent les pull requests vers ces branches. Si le champ est vide : ${branch === "" ? "la branche par défaut" : branch}`,
  variables: "Variables des prévisualisations",
  variablesHint:
    "Une ligne par variable : CLÉ=valeur. Une prévisualisation n’a pas les variables du service, mais celles-ci, PR_NUMBER et PREVIEW_URL.",
  secrets: "Secrets donnés aux prévisualisations",
  secretsHint:
    "Un nom par ligne, comme il est enregistré pour le service. Le code d’une pull request peut lire ces secrets, et aucun autre : n’en nommez aucun de la production.",
  off: "Désactivées : une pull request ne démarre rien.",
  empty: "Aucune pull request pour l’instant.",
  waitingForApproval:
    "GitHub ne montre pas encore les pull requests de ce dépôt privé : son propriétaire doit approuver chez GitHub la nouvelle permission de l’application, « Pull requests ».",
  limits: (limit: number, days: number) =>
    `Au plus ${limit} à la fois, dans tous les projets du propriétaire. Chacune se termine quand sa pull request est fermée, ou ${days} jours après le dernier push.`,
  badge: "Prévisualisation",
  pullRequest: (n: number) => `Pull request #${n}`,
  of: (n: number, service: string) => `Pull request #${n} de ${service}`,
  fork: "d’un fork",
  noTitle: "sans titre",
  into: "vers",
  ends: (time: string) => `jusqu’au ${time}`,
  approvedBy: (login: string) => `commit approuvé par ${login}`,
  showDeployment: "Voir le déploiement",
  deleteHint: "La prévisualisation est retirée du cluster. Un nouveau push sur la pull request la recrée.",
  states: {
    waiting_for_capacity: "Attend une place libre",
    building: "Build en cours",
    build_failed: "Build échoué",
    built: "Construite",
    deploying: "Déploiement en cours",
    running: "En service",
    failed: "En échec",
    stopped: "Arrêtée",
    not_affected: "Rien à construire",
    skipped: "Sautée",
    waiting: "En attente",
    ended: "Terminée",
  },
  approve: "Approuver ce commit",
  approveNamed: (n: number) => `Approuver ce commit de la pull request #${n}`,
  approveTitle: (sha: string, n: number) => `Approuver le commit ${sha} de la pull request #${n} ?`,
  stranger:
    "Ce code vient d’un fork : son auteur n’a peut-être aucun droit sur le dépôt ni sur ce projet. Lisez d’abord tous les changements.",
  approveHint: {
    off: "",
    build: "L’approuver le construit, avec les arguments de build du service.",
    deploy: "L’approuver le construit, avec les arguments de build du service, puis le lance avec les variables et les secrets des prévisualisations.",
  },
  onlyThisCommit: "Seul ce commit est approuvé : le suivant attendra de nouveau.",
  readChanges: "Lire les changements chez GitHub",
};

export const promotion = {
  promote: "Promouvoir vers…",
  title: (name: string) => `Promouvoir ${name} vers un autre projet`,
  hint: "Ce qui tourne ici y est déployé : la même image et la même configuration, avec ses variables. Les secrets, l’adresse et le volume ne suivent pas : ce service garde les siens.",
  replaces: "Si un service de ce nom y existe déjà, son image, sa configuration et ses variables sont remplacées.",
  project: "Projet",
  service: "Nom du service dans ce projet",
  noProject: "Il n’y a pas d’autre projet où vous pouvez déployer.",
  submit: "Promouvoir",
  promoted: "Promu",
  from: (revision: number, project: number) => `depuis la révision ${revision} du projet ${project}`,
};
