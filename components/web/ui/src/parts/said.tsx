// What the API says: in the reader's language where that is known, else in English and marked so.
import { useSpeech } from "../i18n";
import { word, type Words } from "../i18n/words";

interface SaidProps {
  /** In the reader's language, if it is known. */
  words?: string | undefined;
  text: string | null;
}

export function Said({ words, text }: SaidProps) {
  const { language } = useSpeech();
  if (words !== undefined) return <>{words}</>;
  return <span lang={language === "en" ? undefined : "en"}>{text}</span>;
}

/** What a key means in the reader's language. */
export function useWord(): (table: Words, key: string | null | undefined) => string | undefined {
  const { language } = useSpeech();
  return (table, key) => word(table, key, language);
}
