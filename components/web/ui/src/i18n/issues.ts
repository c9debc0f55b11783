// What can be wrong with a deployment, in the user's language: the French texts by `code` of the API's `issues`.
import type { Issue } from "../api/types";
import { withFieldLabels } from "./field-names";
import type { Language } from "./language";
import { lookup } from "./lookup";

export interface IssueText {
  /** What is wrong. */
  message: string;
  /** What to do. */
  action: string;
}

/** The text of an issue, with its language. Without a French text it is the API's own, which is English. */
export function translateIssue(issue: Issue, language: Language): IssueText & { language: Language } {
  const french = language === "fr" ? lookup(issueTexts, issue.code) : undefined;
  if (french) return { ...french, language };
  const { message, action } = issue;
  if (language !== "en") return { message, action, language: "en" };
  return { message: withFieldLabels(message), action: withFieldLabels(action), language };
}

export const issueTexts: Readonly<Record<string, IssueText>> = {
  refused: {
    message: "Le cluster a refusé une partie du déploiement.",
    action: "Corrigez, puis déployez de nouveau ; rien n’est à supprimer avant.",
  },
  cluster_unreachable: {
    message: "Le cluster ne répond pas.",
    action: "L’état affiché est le dernier connu ; il est mis à jour dès que le cluster répond.",
  },
  interrupted: {
    message: "La mise à jour du cluster n’est pas terminée.",
    action: "Elle est retentée automatiquement.",
  },
  removed: {
    message: "Quelqu’un a retiré ce service du cluster, en tout ou en partie.",
    action: "Appliquez de nouveau le déploiement.",
  },
  changed_by_others: {
    message: "Quelqu’un a modifié ce service directement dans le cluster.",
    action: "Appliquez de nouveau le déploiement pour revenir à votre configuration, ou déployez-le avec ce changement.",
  },
  image_pull: {
    message: "L’image ne peut pas être téléchargée.",
    action: "Vérifiez son nom et son étiquette, et qu’elle est publique ou construite ici.",
  },
  image_name: { message: "Ce nom d’image n’est pas valable.", action: "Corrigez-le." },
  container_config: {
    message: "Le conteneur ne peut pas être préparé.",
    action: "Le détail dit ce qui manque. Corrigez-le, puis déployez de nouveau, avec la valeur des secrets.",
  },
  start_command: {
    message: "On ne sait pas quel programme lancer, ou il n’est pas dans l’image.",
    action: "Donnez-le sous « Programme à lancer », dans les options du formulaire.",
  },
  crash: {
    message: "Le programme s’est arrêté.",
    action: "Un service doit continuer de tourner. Ses logs disent pourquoi il s’est arrêté.",
  },
  out_of_memory: {
    message: "Le programme a dépassé sa limite de mémoire et a été arrêté.",
    action: "Augmentez « RAM maximum », ou faites-lui en utiliser moins.",
  },
  unschedulable: {
    message: "Aucune machine du cluster ne peut prendre cette instance.",
    action: "S’il manque de la place, réduisez les ressources réservées ou les replicas. Sinon, prévenez l’administrateur.",
  },
  pod_failed: { message: "L’instance a été arrêtée.", action: "Le détail dit pourquoi. Le cluster en crée une autre." },
  not_ready: {
    message: "Le programme tourne, mais ne répond pas à ses vérifications de santé.",
    action:
      "Écoute-t-il sur le port du conteneur et sur toutes les adresses (0.0.0.0) ? Le chemin de la vérification est-il juste ? Le détail dit quelle vérification échoue, et ce qui est revenu.",
  },
  quota: {
    message: "Le quota du projet est atteint.",
    action: "Réduisez les ressources demandées, arrêtez un autre service, ou prévenez l’administrateur.",
  },
  pod_security: {
    message: "Les règles de sécurité de la plateforme n’autorisent pas cette image.",
    action: "Faites tourner le programme sans être root : « USER 1000 » (un nombre) dans le Dockerfile.",
  },
  limits: { message: "La demande dépasse ce que la plateforme autorise.", action: "Réduisez les ressources demandées." },
  failed_create: {
    message: "Le cluster ne crée pas d’instances.",
    action: "Le détail dit pourquoi. S’il ne s’agit pas de votre configuration, prévenez l’administrateur.",
  },
  node_lost: {
    message: "Une machine du cluster ne répond plus.",
    action: "Le cluster crée ses instances ailleurs après quelques minutes. Si cela dure, prévenez l’administrateur.",
  },
  node_error: {
    message: "Une machine du cluster a un problème.",
    action: "Ce n’est pas votre programme. Si cela dure, prévenez l’administrateur.",
  },
  evicted: {
    message: "Une machine à court de ressources a arrêté l’instance.",
    action: "Le cluster en crée une autre. Si cela se répète, réservez autant de mémoire que le programme en utilise.",
  },
  volume: {
    message: "Le volume n’est pas encore disponible.",
    action: "Attendez un moment. Si cela dure, prévenez l’administrateur.",
  },
  admission_denied: {
    message: "Une règle du cluster refuse les instances.",
    action: "Le détail la nomme. Changez ce qu’elle refuse, ou demandez à l’administrateur.",
  },
  admission_unavailable: {
    message: "Un contrôle du cluster ne répond pas ; sans lui, aucune instance n’est créée.",
    action: "Attendez un moment. Si cela dure, prévenez l’administrateur.",
  },
  gateway_not_ready: {
    message: "L’entrée du cluster n’est pas prête : l’adresse ne répond pas.",
    action: "Le service lui-même n’y est pour rien. Prévenez l’administrateur.",
  },
  route_rejected: {
    message: "L’entrée du cluster n’accepte pas la route de ce service : l’adresse ne répond pas.",
    action: "Le détail dit pourquoi. Prévenez l’administrateur, ou choisissez une autre adresse.",
  },
  address_changed: {
    message: "Ce service a encore son ancienne adresse : l’administrateur a changé les adresses des services.",
    action: "Appliquez de nouveau le déploiement pour qu’il prenne la nouvelle.",
  },
  certificate_not_ready: {
    message: "Le certificat de l’adresse n’est pas encore prêt.",
    action: "Attendez quelques minutes. Si vous avez choisi le domaine, vérifiez que son DNS mène à cette plateforme.",
  },
};
