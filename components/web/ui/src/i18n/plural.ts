// Plural forms.
import type { Language } from "./language";

const rules: Record<Language, Intl.PluralRules> = { fr: new Intl.PluralRules("fr"), en: new Intl.PluralRules("en") };

/** `one` or `other`, whichever the language uses with `n`. */
export function plural(language: Language, n: number, one: string, other: string): string {
  return rules[language].select(n) === "one" ? one : other;
}
