// The API's field errors and warnings in the user's language. One without a French text is shown in English.
import { withFieldLabels } from "./field-names";
import { rules, type Rule } from "./field-error-rules";
import type { Language } from "./language";

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
  [
    /^The volume keeps its size of (\S+): .* asks for (\S+)\.$/,
    "Le volume garde sa taille de $1 : un volume ne rétrécit pas. La demande est de $2.",
  ],
  [
    /^The cluster had this service already, as deployment (\S+), .*/,
    "Le cluster avait déjà ce service, sous le nom de déploiement $1, que la plateforme ne connaît plus : ses données ont été perdues ou restaurées. Il a été repris, avec son adresse et ses instances.",
  ],
  [
    /^The volume cannot grow later: its storage class '([^']*)' .*/,
    "Le volume ne pourra pas grandir : sa classe de stockage, « $1 », ne le permet pas (allowVolumeExpansion).",
  ],
];

interface Translated {
  text: string;
  language: Language;
}

/** The place of an error in the configuration file, before its text. */
const FILE_PLACE = /^(nokube\.toml:\d+:\d+: (?:[\w.-]+: )?)(.+)$/s;

/** The text of a field error in `language` if there is a translation, with the language of the result. */
export function translateFieldError(detail: string, language: Language): Translated {
  const [, place, atPlace] = FILE_PLACE.exec(detail) ?? [];
  if (place !== undefined && atPlace !== undefined) {
    const { text, language: translated } = translateFieldError(atPlace, language);
    return { text: place + text, language: translated };
  }
  // The suggestion comes off first: the rules for the rest may end with `.*`.
  const [, error = detail, meant] = /^(.*); did you mean (.+)\?$/s.exec(detail) ?? [];
  const translated = translateByRules(rules, error, language);
  if (meant === undefined) return translated;
  if (translated.language === "en") return { text: `${translated.text}; did you mean ${meant}?`, language: "en" };
  return { text: `${translated.text} ; peut-être ${meant} ?`, language };
}

/** The same for a warning about a deployment. */
export function translateWarning(warning: string, language: Language): Translated {
  return translateByRules(warningRules, warning, language);
}

function translateByRules(rules: readonly Rule[], text: string, language: Language): Translated {
  if (language === "en") return { text: withFieldLabels(text), language };
  for (const [pattern, french] of rules) {
    if (pattern.test(text)) return { text: text.replace(pattern, french), language };
  }
  return { text, language: "en" };
}
