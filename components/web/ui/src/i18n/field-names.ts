// The API's texts name the fields of a request. English readers see these texts, but the forms have labels.
import { buildFieldLabel, fieldLabel } from "../forms/field-label";
import { en } from "./en";

// The fields `command` and `args` are lists in a request, and a line in the form.
const LISTS: readonly (readonly [pattern: RegExp, text: string])[] = [
  [/, one word per item, such as \[[^\]]*\]/, ""],
  [/: each word is an item of its own, and there is no shell/, ". No shell reads it"],
  [/: give each word as an item of its own/, ": remove the quotes around it"],
];

/** What is quoted, or the name of a field. `command` alone is also an ordinary word. */
const QUOTED_OR_NAME =
  /(?<=^|[\s(])(?:"[^"]*"|'[^']*')|\b[a-z]+(?:_[a-z]+)+\b|\bargs\b|(?<=\bfields? |\bof |, )command\b/g;

/** `text` with the labels of fields instead of their names. What is in quotes is somebody's value and is kept. */
export function withFieldLabels(text: string): string {
  const words = LISTS.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), text);
  const labelled = words.replace(QUOTED_OR_NAME, (found) => {
    const label = fieldLabel(found, en) ?? buildFieldLabel(found, en);
    return label === undefined ? found : `“${label}”`;
  });
  return labelled.replace(/\bthe fields? (?=“)/gi, "");
}
