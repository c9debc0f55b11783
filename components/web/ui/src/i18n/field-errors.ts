// Translates the API's field errors, which are English. The common ones have a French text here; the others are
// shown in English.
import type { Language } from "./language";

type Rule = [pattern: RegExp, french: string];

/** For texts without a suggestion. */
export const rules: readonly Rule[] = [
  [/^is required$/, "est obligatoire"],
  [/^is required, unless build_id names a build$/, "est obligatoire"],
  [/^is required with storage_path$/, "est obligatoire avec le chemin du volume"],
  [/^is required with storage_size$/, "est obligatoire avec la taille du volume"],
  [/^must be a whole number from (\d+) to (\d+)$/, "doit être un nombre entier de $1 à $2"],
  [/^must be a whole number above 0$/, "doit être un nombre entier positif"],
  [/^must be true or false$/, "doit être vrai ou faux"],
  [/^must be a string$/, "doit être un texte"],
  [/^must be https:\/\/(\S+)\/OWNER\/REPOSITORY$/, "doit avoir la forme https://$1/PROPRIETAIRE/DEPOT"],
  [/^must be the name of a branch or a tag, or a commit$/, "doit être le nom d’une branche ou d’une étiquette, ou un commit"],
  [/^must be a branch, a tag or a commit, not a URL$/, "doit être une branche, une étiquette ou un commit, pas une URL"],
  [/^(\S+) has no branch, tag or commit '(.*)'$/, "$1 n’a pas de branche, d’étiquette ni de commit « $2 »"],
  [/^has no default branch: .*/, "n’a pas de branche par défaut : nommez la branche à construire"],
  [/^is empty: push something first$/, "est vide : poussez-y d’abord quelque chose"],
  [/^must be a path in the repository; .*/, "doit être un chemin du dépôt ; « . » est sa racine"],
  [/^must be a path in the repository, not a URL$/, "doit être un chemin du dépôt, pas une URL"],
  [/^must be relative to the root of the repository, .*/, "doit être relatif à la racine du dépôt, sans « / » au début"],
  [/^must have '\/' between directories, .*/, "doit séparer les dossiers par « / », sans barre oblique inversée"],
  [/^must stay inside the repository, without '\.\.'$/, "doit rester dans le dépôt, sans « .. »"],
  [/^must be the path of a file in the repository, .*/, "doit être le chemin d’un fichier du dépôt, pas d’un dossier"],
  [/^(?:cannot be used with|is used only when) (\S+?)(?: is)?:? (true|false); leave one of the two out$/, "contredit $1 : $2 ; retirez l’un des deux"],
  [/^cannot be used with dockerfile_path; .*/, "ne se combine pas avec le chemin d’un Dockerfile ; retirez l’un des deux"],
  [
    /^must not hold credentials; .* It must be (\S+)\/OWNER\/REPOSITORY$/,
    "ne doit pas contenir d’identifiants ; un dépôt privé est lu par l’application GitHub. La forme est $1/PROPRIETAIRE/DEPOT",
  ],
  [/^must be an https URL without credentials$/, "doit être une URL https sans identifiants"],
  [/^must have at most (\d+) characters( and no control characters)?$/, "doit avoir au plus $1 caractères"],
  [/^must have at most (\d+) bytes( together)?$/, "doit avoir au plus $1 octets en tout"],
  [/^must have at most (\d+) KiB together$/, "doit avoir au plus $1 Kio en tout"],
  [
    /^must be (a DNS label: )?1 to (\d+) lower-case letters, digits and (single )?hyphens, .*/,
    "doit avoir de 1 à $2 lettres minuscules, chiffres et tirets, sans tiret au début ni à la fin",
  ],
  [/^must have 1 to (\d+) characters$/, "doit avoir de 1 à $1 caractères"],
  [/^must begin with a letter: .*/, "doit commencer par une lettre"],
  [/^must not be more than (\w+)$/, "ne doit pas dépasser $1"],
  [/^must not be more than (\w+), (\S+)$/, "ne doit pas dépasser $1, $2"],
  [/^must be 1 with storage: .*/, "doit être 1 avec un volume : un volume ne sert qu’une instance à la fois"],
  [/^must be false with storage: .*/, "est impossible avec un volume : il ne sert qu’une instance à la fois"],
  [/^must be at most (\S+) on this platform$/, "doit être au plus $1 sur cette plateforme"],
  [/^must be at most (\S+) on this platform \(.* cores\)$/, "doit être au plus $1 sur cette plateforme (un nombre sans unité compte des cœurs)"],
  [/^must be at most (\S+) on this platform \(.* bytes\)$/, "doit être au plus $1 sur cette plateforme (un nombre sans unité compte des octets)"],
  [/^must be at least (\S+)$/, "doit être au moins $1"],
  [/^must be at least (\S+) \(.* cores\)$/, "doit être au moins $1 (un nombre sans unité compte des cœurs)"],
  [/^must be at least (\S+) \(.* bytes\)$/, "doit être au moins $1 (un nombre sans unité compte des octets)"],
  [/^must be an amount of CPU such as .*/, "doit être une quantité de CPU, par exemple 500m (un demi-cœur) ou 2"],
  [/^must be an amount of bytes such as .*/, "doit être une quantité d’octets, par exemple 128Mi ou 1Gi"],
  [/^has no effect without enable_autoscaling; .*/, "n’a pas d’effet sans mise à l’échelle automatique ; retirez-le"],
  [/^must be from min_replicas to max_replicas with .*/, "doit être entre le minimum et le maximum de la mise à l’échelle automatique, qui décide du nombre"],
  [/^has no effect without health_check_enabled; .*/, "n’a pas d’effet sans vérifications de santé ; retirez-le"],
  [/^has no effect on a worker without .*/, "n’a pas d’effet sur une tâche de fond sans port ni chemin à vérifier ; retirez-le"],
  [/^has no effect on a service that receives no requests; .*/, "n’a pas d’effet sur un service qui ne reçoit pas de requêtes ; retirez-le"],
  [/^must be a list of strings, one for each word$/, "doit être une liste de textes, un par mot"],
  [/^must have at most (\d+) items$/, "doit avoir au plus $1 mots"],
  [/^must have at most (\d+) KiB, command and args together$/, "commande et arguments doivent avoir au plus $1 Kio en tout"],
  [/^must begin with the name of a program$/, "doit commencer par le nom d’un programme"],
  [/^must not contain a NUL character$/, "ne doit pas contenir de caractère NUL"],
  [/^has a quote that is not closed$/, "a des guillemets qui ne sont pas fermés"],
  [/^must be an absolute path such as .*/, "doit être un chemin absolu, par exemple /var/lib/data"],
  [/^must be none: a worker takes no requests$/, "doit être « aucune » : une tâche de fond ne reçoit pas de requêtes"],
  [/^must be false: this platform has no certificates.*/, "est impossible : cette plateforme n’a pas de certificats"],
  [
    /^must have a name of at most 253 letters, .*/,
    "le nom doit se composer d’au plus 253 lettres, chiffres, « _ », « - » et « . », sans chiffre ni « .. » au début",
  ],
  [/^must be a single line$/, "doit tenir sur une seule ligne"],
  [/^is among env_vars too; .*/, "est aussi parmi les variables ; retirez l’un des deux"],
  [/^is for services with exposure_type external only$/, "n’est possible qu’avec l’exposition Internet"],
  [/^is external, which this platform does not allow now$/, "l’exposition Internet n’est plus permise sur cette plateforme"],
  [
    /^cannot be read: there is no such repository on (\S+), or it is private and either .* or (\S+) may not read it$/,
    "illisible : ce dépôt n’existe pas sur $1, ou il est privé et l’application GitHub de la plateforme n’y est pas installée, ou $2 n’y a pas accès",
  ],
  [/^must be in lower case: only the tag .*/, "doit être en minuscules : seule l’étiquette d’une image peut avoir des majuscules"],
  [/^must have a tag of .*/, "doit avoir une étiquette d’au plus 128 lettres, chiffres, « _ », « . » et « - », qui ne commence ni par « . » ni par « - »"],
  [/^must be an image tag: .*/, "doit être une étiquette d’image : au plus 128 lettres, chiffres, « _ », « . » et « - », qui ne commence ni par « . » ni par « - »"],
  [/^must not begin with 'build-': .*/, "ne doit pas commencer par « build- » : ces étiquettes sont celles de la plateforme"],
  [/^must have a complete digest after the @.*/, "doit avoir après « @ » une empreinte complète, « sha256: » et 64 chiffres hexadécimaux"],
  [/^must have an image's path after the registry, .*/, "doit avoir après le registre le chemin d’une image, par exemple ghcr.io/acme/boutique:latest"],
  [/^must be a host such as .*/, "doit être un nom d’hôte, par exemple boutique.example.org, sans https:// ni port"],
  [/^is not one that this platform allows$/, "n’est pas un domaine que cette plateforme permet"],
  [/^must be a single host: not a wildcard$/, "doit être un seul hôte, sans « * »"],
  [/^must be the name of a host, not an IP address$/, "doit être un nom d’hôte, pas une adresse IP"],
  [/^must be in its ASCII form \(Punycode\), .*/, "doit être dans sa forme ASCII (Punycode), celle qu’envoient les navigateurs"],
  [/^must be a path such as (\S+), .*/, "doit être un chemin, par exemple $1"],
  [/^must be an image such as .*/, "doit être une image, par exemple nginx:1.29 ou ghcr.io/acme/boutique:latest"],
  [/^the service (\S+) is deployed$/, "le service $1 est déployé"],
  [/^is no build of yours$/, "n’est pas un de vos builds"],
  [/^has not ended yet; .*/, "n’est pas terminé ; déployez-le ensuite"],
  [/^made no image: .*/, "n’a pas produit d’image"],
  [/^belongs to another project already$/, "appartient déjà à un autre projet"],
  [/^nobody with the name '([^']*)' has signed in here yet$/, "personne du nom de « $1 » ne s’est encore connecté ici"],
  [/^is the owner; .*/, "est le propriétaire, et le reste"],
  [/^cannot be combined with custom_domain$/, "ne se combine pas avec un domaine propre"],
  [/^must be named with letters, digits and '_', no digit first$/, "le nom doit se composer de lettres, de chiffres et de « _ », sans chiffre au début"],
  [/^names that begin with BUILDKIT_ .*/, "les noms en BUILDKIT_ et BUILDX_ sont réservés"],
];

/** Warnings about the configuration of a deployment. Those from the cluster are not translated. */
const warningRules: Rule[] = [
  [
    /^The variable PORT is not (\d+), the container_port, .*/,
    "La variable PORT n’est pas $1, le port du conteneur, où arrivent les requêtes. Si le programme écoute sur PORT, il n’en reçoit aucune : mettez le même nombre, ou retirez PORT.",
  ],
  [
    /^The secret PORT is not (\d+), the container_port, .*/,
    "Le secret PORT n’est pas $1, le port du conteneur, où arrivent les requêtes. Si le programme écoute sur PORT, il n’en reçoit aucune : mettez le même nombre, ou retirez PORT.",
  ],
  [
    /^The (?:variable|secret) PORT is not (\d+), the health_check_port, .*/,
    "PORT n’est pas $1, le port des vérifications de santé. Si le programme écoute sur PORT, elles échouent : mettez le même nombre, ou retirez PORT.",
  ],
  [
    /^The first item of command contains a space\. .*/,
    "Le premier mot de la commande contient un espace : il est pris en entier pour le nom du programme. Retirez les guillemets qui l’entourent.",
  ],
];

interface Translated {
  text: string;
  language: Language;
}

/** The text of a field error in `language` if there is a translation, with the language of the result. */
export function translateFieldError(detail: string, language: Language): Translated {
  // The suggestion comes off first: the rules for the rest may end with `.*`.
  const [, error = detail, meant] = /^(.*); did you mean (.+)\?$/s.exec(detail) ?? [];
  const translated = translateByRules(rules, error, language);
  if (meant === undefined) return translated;
  if (translated.language === "en") return { text: detail, language: "en" };
  return { text: `${translated.text} ; peut-être ${meant} ?`, language };
}

/** The same for a warning about a deployment. */
export function translateWarning(warning: string, language: Language): Translated {
  return translateByRules(warningRules, warning, language);
}

function translateByRules(rules: readonly Rule[], text: string, language: Language): Translated {
  if (language === "en") return { text, language };
  for (const [pattern, french] of rules) {
    if (pattern.test(text)) return { text: text.replace(pattern, french), language };
  }
  return { text, language: "en" };
}
