// The texts about projects, their services and members, in French.
import { plural } from "./plural";

export const projects = {
  title: "Projets",
  new: "Nouveau projet",
  name: "Nom du projet",
  nameHint: "Lettres minuscules, chiffres et tirets. Il fait partie du nom des images et des adresses ; il ne change plus.",
  description: "Description",
  create: "Créer le projet",
  empty: "Aucun projet pour l’instant. Créez le premier : il regroupe vos services.",
  owner: (name: string) => `Propriétaire : ${name}`,
};

export const invitation = {
  title: (by: string, project: string) => `${by} vous invite à rejoindre le projet « ${project} »`,
  roles: {
    developer: "En tant que développeur, vous pourrez tout voir, construire et déployer.",
    viewer: "En tant que lecteur, vous pourrez tout voir, sans rien changer.",
  },
  until: (time: string) => `L’invitation est valable jusqu’au ${time}.`,
  accept: "Accepter",
  acceptNamed: (project: string) => `Accepter l’invitation au projet ${project}`,
  decline: "Refuser",
  declineNamed: (project: string) => `Refuser l’invitation au projet ${project}`,
  closed: "Cette invitation n’est plus valable : elle a expiré ou a été retirée. Demandez-en une autre.",
};

export const project = {
  services: "Services",
  noServices: "Aucun service pour l’instant.",
  firstSteps: "Ajoutez-en un : indiquez où se trouve son code, construisez son image, puis déployez-la.",
  addService: "Ajouter un service",
  readOnly: (owner: string) =>
    `Vous pouvez consulter ce projet. Pour y changer quelque chose, demandez à son propriétaire, ${owner}.`,
  builds: "Builds",
  noBuilds: "Aucun build pour l’instant.",
  newBuild: "Nouveau build",
  deployImage: "Déployer une image existante",
  settings: "Réglages du projet",
  revision: (n: number) => `révision ${n}`,
  pods: (ready: number, total: number) =>
    `${ready} / ${total} ${plural("fr", total, "instance prête", "instances prêtes")}`,
};

export const service = {
  new: "Nouveau service",
  title: (name: string) => `Source de ${name}`,
  exists: (name: string) => `Le service « ${name} » a déjà une source : elle sera remplacée.`,
  saveAndBuild: "Enregistrer et construire",
  source: "Source",
  defaultBranch: "branche par défaut",
  notSaved: "pas enregistrée",
  save: "Enregistrer la source",
  saveNamed: (name: string) => `Enregistrer la source de ${name}`,
  edit: "Modifier",
  editNamed: (name: string) => `Modifier la source de ${name}`,
  build: "Construire",
  buildNamed: (name: string) => `Construire ${name}`,
  lastBuild: "Dernier build",
  deploy: "Déployer",
  deployNamed: (name: string) => `Déployer ${name}`,
  deployment: "Déploiement",
  showDeployment: "Voir le déploiement",
  remove: "Retirer la source",
  removeTitle: (name: string) => `Retirer la source de ${name} ?`,
  removeHint: "Le service ne pourra plus être construit en un clic, et ses prévisualisations se terminent. Ses builds sont conservés, et ce qui tourne continue de tourner.",
};

export const settings = {
  title: "Réglages du projet",
  details: "À propos",
  repository: "Dépôt (URL)",
  framework: "Framework",
  members: "Membres",
  role: "Rôle",
  roles: { owner: "propriétaire", developer: "développeur", viewer: "lecteur" },
  rolesHint: "Un lecteur voit tout ; un développeur construit et déploie aussi.",
  username: "Nom d’utilisateur",
  usernameHint:
    "La personne doit s’être connectée ici au moins une fois ; son nom est sur sa page Compte. Elle répond à l’invitation sur sa page Projets.",
  inviteTitle: "Inviter quelqu’un",
  invite: "Inviter",
  invited: (name: string) => `${name} est invité et peut accepter sur sa page Projets.`,
  invitations: "Invitations en attente",
  invitedBy: (by: string, until: string) => `invité par ${by}, jusqu’au ${until}`,
  withdraw: "Retirer",
  withdrawNamed: (name: string) => `Retirer l’invitation de ${name}`,
  remove: (name: string) => `Retirer ${name}`,
  leave: "Quitter le projet",
  auditLog: "Historique",
  delete: "Supprimer le projet",
  deleteHint: "Supprime le projet. Ses services et ses builds en cours doivent d’abord être arrêtés, ou l’être en même temps.",
  takeDown: "Arrêter aussi ce qui tourne et annuler les builds en cours",
  volumes: "Supprimer aussi les volumes et leurs données (définitif)",
  confirmName: (name: string) => `Pour confirmer, saisissez « ${name} »`,
  ownerOnly: (owner: string) => `Seul le propriétaire, ${owner}, peut modifier ces réglages.`,
};
