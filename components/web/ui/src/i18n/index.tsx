// The language of the page: the user's choice, else the browser's preference, else French.
import { createContext, type ComponentChildren } from "preact";
import { useContext, useEffect, useMemo, useState } from "preact/hooks";
import { en } from "./en";
import { fr, type Messages } from "./fr";
import type { Language } from "./language";

export type { Language, Messages };

const messages: Record<Language, Messages> = { fr, en };
const STORAGE_KEY = "nokube.language";

interface I18n {
  language: Language;
  /** The texts in this language. */
  t: Messages;
  setLanguage: (language: Language) => void;
}

const Context = createContext<I18n>({ language: "fr", t: fr, setLanguage: () => {} });

export function I18nProvider({ children }: { children: ComponentChildren }) {
  const [language, setLanguageState] = useState<Language>(initialLanguage);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const i18n = useMemo(() => {
    const setLanguage = (chosen: Language) => {
      localStorage.setItem(STORAGE_KEY, chosen);
      setLanguageState(chosen);
    };
    return { language, t: messages[language], setLanguage };
  }, [language]);
  return <Context.Provider value={i18n}>{children}</Context.Provider>;
}

export const useI18n = () => useContext(Context);
export const useMessages = () => useContext(Context).t;

function initialLanguage(): Language {
  const chosen = localStorage.getItem(STORAGE_KEY);
  if (chosen === "fr" || chosen === "en") return chosen;
  const preferred = navigator.languages.find((tag) => /^(fr|en)\b/.test(tag));
  return preferred?.startsWith("en") ? "en" : "fr";
}
