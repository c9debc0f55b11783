// Translates the API's field errors, which are English. The common ones have a French text here; the others are
// shown in English.
import type { Language } from "./language";

type Rule = [pattern: RegExp, french: string];

const rules: Rule[] = [
  [/^is required$/, "est obligatoire"],
  [/^is required, unless build_id names a build$/, "est obligatoire"],
  [/^is required with storage_path$/, "est obligatoire avec le chemin du volume"],
  [/^is required with storage_size$/, "est obligatoire avec la taille du volume"],
  [/^must be a whole number from (\d+) to (\d+)$/, "doit être un nombre entier de $1 à $2"],
  [/^must be a whole number above 0$/, "doit être un nombre entier positif"],
  [/^must be true or false$/, "doit être vrai ou faux"],
  [/^must be a string$/, "doit être un texte"],
  [/^must be https:\/\/(\S+)\/OWNER\/REPOSITORY$/, "doit avoir la forme https://$1/PROPRIETAIRE/DEPOT"],
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
  [/^must be 1 with storage: .*/, "doit être 1 avec un volume : un volume ne sert qu’une instance à la fois"],
  [/^must be false with storage: .*/, "est impossible avec un volume : il ne sert qu’une instance à la fois"],
  [/^must be at most (\S+) on this platform$/, "doit être au plus $1 sur cette plateforme"],
  [/^must be an absolute path such as .*/, "doit être un chemin absolu, par exemple /var/lib/data"],
  [/^must be none: a worker takes no requests$/, "doit être « aucune » : une tâche de fond ne reçoit pas de requêtes"],
  [/^must be false: this platform has no certificates.*/, "est impossible : cette plateforme n’a pas de certificats"],
  [/^must be named with letters, digits and '_'.*/, "le nom doit se composer de lettres, de chiffres et de « _ », sans chiffre au début"],
  [/^must be a single line$/, "doit tenir sur une seule ligne"],
  [/^is among env_vars too; .*/, "est aussi parmi les variables ; retirez l’un des deux"],
  [/^is for services with exposure_type external only$/, "n’est possible qu’avec l’exposition Internet"],
  [/^is external, which this platform does not allow now$/, "l’exposition Internet n’est plus permise sur cette plateforme"],
  [/^cannot be read: there is no such repository on (\S+?), .*/, "illisible : ce dépôt n’existe pas sur $1, ou il est privé et vous n’y avez pas accès"],
  [/^must be an image such as .*/, "doit être une image, par exemple nginx:1.29 ou ghcr.io/acme/boutique:latest"],
  [/^the service (\S+) is deployed$/, "le service $1 est déployé"],
  [/^is no build of yours$/, "n’est pas un de vos builds"],
  [/^has not ended yet; .*/, "n’est pas terminé ; déployez-le ensuite"],
  [/^made no image: .*/, "n’a pas produit d’image"],
  [/^belongs to another project already$/, "appartient déjà à un autre projet"],
  [/^nobody with the name '([^']*)' has signed in here yet$/, "personne du nom de « $1 » ne s’est encore connecté ici"],
  [/^is the owner; .*/, "est le propriétaire, et le reste"],
  [/^cannot be combined with custom_domain$/, "ne se combine pas avec un domaine propre"],
  [/^names that begin with BUILDKIT_ .*/, "les noms en BUILDKIT_ et BUILDX_ sont réservés"],
];

/** The text of a field error in `language` if there is a translation, with the language of the result. */
export function translateFieldError(detail: string, language: Language): { text: string; language: Language } {
  if (language === "en") return { text: detail, language };
  for (const [pattern, french] of rules) {
    if (pattern.test(detail)) return { text: detail.replace(pattern, french), language };
  }
  return { text: detail, language: "en" };
}
