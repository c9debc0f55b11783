// The language of the page: the reader's choice, else what their browser prefers, else French.
import { createContext, type ComponentChildren } from "preact";
import { useContext, useEffect, useMemo, useState } from "preact/hooks";
import { en } from "./en";
import { fr, type Messages } from "./fr";

export type Language = "fr" | "en";
export type { Messages };

const messages: Record<Language, Messages> = { fr, en };
const kept = "nokube.language";

interface Speech {
  language: Language;
  t: Messages;
  speak: (language: Language) => void;
}

const Context = createContext<Speech>({ language: "fr", t: fr, speak: () => {} });

export function Speaking({ children }: { children: ComponentChildren }) {
  const [language, setLanguage] = useState<Language>(first);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const speech = useMemo(() => {
    const speak = (chosen: Language) => {
      localStorage.setItem(kept, chosen);
      setLanguage(chosen);
    };
    return { language, t: messages[language], speak };
  }, [language]);
  return <Context.Provider value={speech}>{children}</Context.Provider>;
}

export const useSpeech = () => useContext(Context);
export const useT = () => useContext(Context).t;

function first(): Language {
  const chosen = localStorage.getItem(kept);
  if (chosen === "fr" || chosen === "en") return chosen;
  const wanted = navigator.languages.find((tag) => /^(fr|en)\b/.test(tag));
  return wanted?.startsWith("en") ? "en" : "fr";
}
