// What a number makes of a word.
import type { Language } from ".";

const rules: Record<Language, Intl.PluralRules> = { fr: new Intl.PluralRules("fr"), en: new Intl.PluralRules("en") };

export function plural(language: Language, n: number, one: string, other: string): string {
  return rules[language].select(n) === "one" ? one : other;
}
