// Texts, translations and formats.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import * as apiCodes from "../../../components/web/ui/src/i18n/api-codes.ts";
import { en } from "../../../components/web/ui/src/i18n/en.ts";
import { translateFieldError } from "../../../components/web/ui/src/i18n/field-errors.ts";
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
  for (const text of texts([fr, { ...apiCodes }])) assert.doesNotMatch(text, / [:;?!»]|« |'/);
  assert.ok(texts(en).length > 200);
});
