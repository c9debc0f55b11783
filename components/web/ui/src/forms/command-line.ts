// A command line as a list of words, split as a shell does, and back. Nothing is expanded.

export interface CommandLine {
  words: string[];
  /** Whether a quote is not closed. */
  isOpen: boolean;
}

/**
 * Words are separated by spaces and line breaks. In single quotes everything is literal; in double quotes and outside of
 * quotes, a backslash takes away the meaning of the next character.
 */
export function parseCommandLine(text: string): CommandLine {
  const words: string[] = [];
  let word: string | null = null;
  let quote = "";
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    const next = text.charAt(at + 1);
    if (quote === "'") {
      if (char === quote) quote = "";
      else word += char;
    } else if (char === "\\" && next !== "" && (quote === "" || '"\\$`\n'.includes(next))) {
      // A backslash at the end of a line joins it with the next one.
      if (next !== "\n") word = (word ?? "") + next;
      at++;
    } else if (quote !== "") {
      if (char === quote) quote = "";
      else word += char;
    } else if (char === "'" || char === '"') {
      quote = char;
      word ??= "";
    } else if (/\s/.test(char)) {
      if (word !== null) words.push(word);
      word = null;
    } else {
      word = (word ?? "") + char;
    }
  }
  if (word !== null) words.push(word);
  return { words, isOpen: quote !== "" };
}

/** The inverse of `parseCommandLine`. */
export function formatCommandLine(words: readonly string[]): string {
  return words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(" ");
}
