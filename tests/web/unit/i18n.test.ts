// Texts, translations and formats.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import * as apiCodes from "../../../components/web/ui/src/i18n/api-codes.ts";
import { en } from "../../../components/web/ui/src/i18n/en.ts";
import { rules, translateFieldError, translateWarning } from "../../../components/web/ui/src/i18n/field-errors.ts";
import { fr } from "../../../components/web/ui/src/i18n/fr.ts";
import { formatDuration, formatRelativeTime } from "../../../components/web/ui/src/i18n/time.ts";

test("plural forms follow the language", () => {
  assert.deepEqual([0, 1, 2].map((n) => fr.deployment.progress(n, 2)), [
    "0 instance prête sur 2",
    "1 instance prête sur 2",
    "2 instances prêtes sur 2",
  ]);
  assert.deepEqual([1, 2].map((n) => en.deployment.progress(1, n)), ["1 of 1 instance ready", "1 of 2 instances ready"]);
});

test("both languages have the same audit actions", () => {
  assert.deepEqual(Object.keys(en.audit.actions), Object.keys(fr.audit.actions));
});

test("durations and relative times are formatted", () => {
  assert.deepEqual([0, 9, 154, 3_723].map(formatDuration), ["0s", "9s", "2m 34s", "1h 2m 3s"]);
  const now = Date.parse("2026-01-02T00:00:00Z");
  assert.equal(formatRelativeTime("2026-01-01T23:55:00Z", "fr", now), "il y a 5 minutes");
  assert.equal(formatRelativeTime("2026-01-01T00:00:00Z", "en", now), "yesterday");
});

test("field errors are translated where a translation exists", () => {
  assert.deepEqual(translateFieldError("must be a whole number from 1 to 65535", "fr"), {
    text: "doit être un nombre entier de 1 à 65535",
    language: "fr",
  });
  assert.deepEqual(translateFieldError("something new", "fr"), { text: "something new", language: "en" });
  assert.equal(translateFieldError("is required", "en").text, "is required");
  const meant = "must be https://github.com/OWNER/REPOSITORY; did you mean https://github.com/acme/shop?";
  assert.match(translateFieldError(meant, "fr").text, /peut-être https:\/\/github\.com\/acme\/shop/);
  const contradiction = "cannot be used with has_dockerfile: false; leave one of the two out";
  assert.match(translateFieldError(contradiction, "fr").text, /^contredit has_dockerfile\u00a0: false/);
});

test("suggestions are kept in translations", () => {
  const french = (detail: string) => translateFieldError(detail, "fr");
  assert.deepEqual(french("must be at least 16Mi (a number without a unit is in bytes); did you mean 512Mi?"), {
    text: "doit être au moins 16Mi (un nombre sans unité compte des octets)\u00a0; peut-être 512Mi\u00a0?",
    language: "fr",
  });
  const words = 'must be a list of strings, one for each word; did you mean ["npm","start"]?';
  assert.match(french(words).text, /peut-être \["npm","start"\]\u00a0\?$/);
  assert.equal(french("something new; did you mean x?").language, "en");
});

/** A text that a rule's pattern matches. */
function exampleOf(pattern: RegExp): string {
  return pattern.source
    .replace(/\((\?:)?[^()]*\)\?|:\?/g, "") // optional groups
    .replace(/\((?:\?:)?([^()|]+)\|[^()]*\)/g, "$1") // alternatives
    .replace(/\\d\+|\\[wS]\+\??|\[\^'\]\*/g, "1")
    .replaceAll(".*", "such as a; and b")
    .replace(/(?<!\\)[()^$]/g, "")
    .replace(/\\(.)/g, "$1");
}

test("every translation of a field error keeps the suggestion", () => {
  for (const [pattern] of rules) {
    const detail = exampleOf(pattern);
    assert.match(detail, pattern);
    const { text, language } = translateFieldError(detail, "fr");
    assert.equal(language, "fr", detail);
    const suggested = `${detail}; did you mean a-1.b:2?`;
    assert.equal(translateFieldError(suggested, "fr").text, `${text}\u00a0; peut-être a-1.b:2\u00a0?`, detail);
    assert.equal(translateFieldError(suggested, "en").text, suggested);
  }
});

test("the API's longer field errors are translated", () => {
  const characters = "at most 128 letters, digits, '_', '.' and '-', which does not begin with '.' or '-'";
  const table: [string, RegExp][] = [
    ["is not one that this platform allows", /^n’est pas un domaine /],
    ["acme/shop has no branch, tag or commit 'it's'", /^acme\/shop n’a pas .*«\u00a0it's\u00a0»$/],
    [`must be an image tag: ${characters}`, /^doit être une étiquette d’image.* ni par «\u00a0-\u00a0»$/],
    [`must have a tag of ${characters}`, /^doit avoir une étiquette d’au plus 128 .* ni par «\u00a0-\u00a0»$/],
    ["must be named with letters, digits and '_', no digit first", /sans chiffre au début$/],
    [
      "must not hold credentials; a private repository is read through the GitHub App. It must be https://github.com/OWNER/REPOSITORY",
      /^ne doit pas contenir d’identifiants.* https:\/\/github\.com\/PROPRIETAIRE\/DEPOT$/,
    ],
    [
      "cannot be read: there is no such repository on github.com, or it is private and either the platform's GitHub App is not installed on it or alice may not read it",
      / sur github\.com, .* l’application GitHub de la plateforme n’y est pas installée, ou alice /,
    ],
  ];
  for (const [detail, french] of table) assert.match(translateFieldError(detail, "fr").text, french);
});

test("warnings about a deployment are translated, those of the cluster are not", () => {
  const warning = "The variable PORT is not 3000, the container_port, to which requests are sent. If the program…";
  assert.match(translateWarning(warning, "fr").text, /^La variable PORT n’est pas 3000, /);
  assert.equal(translateWarning(warning, "en").text, warning);
  assert.deepEqual(translateWarning("old API", "fr"), { text: "old API", language: "en" });
});

test("every step of the builder's workflow has a French name", () => {
  const workflow = join(import.meta.dirname, "../../../builder/.github/workflows/build.yml");
  const stepNames = [...readFileSync(workflow, "utf8").matchAll(/^ +- name: (.+)$/gm)].map(([, name = ""]) => name);
  assert.ok(stepNames.length > 10);
  for (const name of stepNames) assert.ok(apiCodes.translateStepName(name, "fr"), name);
  assert.equal(apiCodes.translateStepName("Post Check out the source", "fr"), "Nettoyage\u00a0: Récupérer le code");
  assert.equal(apiCodes.translateStepName("Check out the source", "en"), undefined, "not translated in English");
  assert.equal(apiCodes.translateStepName("RUN npm ci", "fr"), undefined, "third-party step names are not translated");
  assert.equal(apiCodes.translate(apiCodes.deploymentErrorCodes, "constructor", "fr"), undefined);
});

test("French texts have non-breaking spaces before punctuation, and typographic apostrophes", () => {
  const texts = (value: unknown): string[] => {
    if (typeof value === "string") return [value];
    if (typeof value === "function") return texts(value("1", "2"));
    if (typeof value === "object" && value !== null) return Object.values(value).flatMap(texts);
    return [];
  };
  for (const text of texts([fr, { ...apiCodes }, rules.map(([, french]) => french)])) assert.doesNotMatch(text, / [:;?!»]|« |'/);
  assert.ok(texts(en).length > 200);
});
