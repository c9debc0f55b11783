// Texts of the API: translated if there is a translation, else in English with `lang="en"`.
import { useI18n } from "../i18n";
import { translate, type Translations } from "../i18n/api-codes";

interface ApiTextProps {
  translation?: string | undefined;
  /** The API's own text, in English. */
  text: string | null;
}

export function ApiText({ translation, text }: ApiTextProps) {
  const { language } = useI18n();
  if (translation !== undefined) return <>{translation}</>;
  return <span lang={language === "en" ? undefined : "en"}>{text}</span>;
}

/** `translate` in the user's language. */
export function useTranslate(): (table: Translations, key: string | null | undefined) => string | undefined {
  const { language } = useI18n();
  return (table, key) => translate(table, key, language);
}
