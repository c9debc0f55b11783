// The French texts of field errors and warnings.
import assert from "node:assert/strict";
import { test } from "node:test";
import { rules } from "../../../components/web/ui/src/i18n/field-error-rules.ts";
import { withFieldLabels } from "../../../components/web/ui/src/i18n/field-names.ts";
import { translateFieldError, translateWarning } from "../../../components/web/ui/src/i18n/field-errors.ts";
import { readProjectFile, stringLiterals } from "./rust_source.ts";

interface ApiDocument {
  components: { schemas: Record<"NewBuild" | "NewDeployment", { properties: object }> };
}

/** Where field errors of requests are. Errors of settings, and of requests that only programs send, are not translated. */
const FIELD_ERROR_CODE = [
  "crates/domain/src",
  "crates/edge/src/http",
  "crates/kube/src",
  "components/auth/src/routes",
  "components/builds/src",
  "components/deploy/src",
  "components/platform/src/routes/projects",
];
const OTHER_CODE = /\/(settings|ready|allowlist|jwt|grant)\.rs$|^crates\/kube\/src\/(?!quota\.rs$)/;
const OTHER_TEXTS = [
  "the service 1", // the beginning of a sentence
  "must be a build's status", // becomes a list of the values
  "must name some of read, build, deploy, projects, metrics, reconcile and account", // of a token exchange
  "must be hosts such as shop.example.org or *.example.org", // of a setting
  "must be *, none, or a list of registries, separated by commas: well-known, registry.example.org, *.example.org, or ghcr.io/owner for the images below a path", // of a setting
];

/** What the code inserts into a text; a number elsewhere. */
const INSERTED: Readonly<Record<string, string>> = {
  base: "https://github.com",
  condition: "without enable_autoscaling",
  expected: "must be https://github.com/OWNER/REPOSITORY",
  status: "building",
  what: "branches",
};

/** Texts that the code composes of parts. */
const COMPOSED = [
  "must be a build's id",
  "must be a deployment's id",
  "acme/shop has no branch, tag or commit 'v2'",
  "must be at least 10m (a number without a unit is in cores)",
  "must be at least 16Mi (a number without a unit is in bytes)",
  "must be at most 4 on this platform (a number without a unit is in cores)",
  "must be at most 8Gi on this platform (a number without a unit is in bytes)",
  "has no effect without health_check_enabled; leave it out",
  "has no effect on a worker without a port or a path to check; leave it out",
  "has no effect on a service that receives no requests; leave it out",
  "the service web is deployed",
  "the service web is not completely deleted yet",
  "the preview of web for pull request 12 is deployed",
  "the preview of web for pull request 12 is not completely deleted yet",
  "has a quote that is not closed", // by the page itself
  "the commit has no file nokube.toml in its root",
  "there is no [services.web]",
  "cannot be set in this file: it is set on the page of the service, in its configuration",
  "cannot be set in this file: the project is named by project, at the top of the file",
  "cannot be set in this file: the project has an owner already; leave it out",
  "cannot be set in this file: what is deployed is what was built; for another image: nokube deploy --image",
  "cannot be set in this file: members of the project decide what happens on push: the page of the service, or nokube services set",
];

/** A field error is a predicate to the name of its field, in lower case and without a full stop. */
const PREDICATE = /^(must|is|comes|does|has|have|cannot|needs|made|belongs|nobody|names that|was|exceeds|the project's|the service) \S.*$/s;

function fieldErrors(): string[] {
  return stringLiterals(...FIELD_ERROR_CODE)
    .filter(({ file, text }) => !OTHER_CODE.test(file) && PREDICATE.test(text) && !text.endsWith(" "))
    .map(({ text }) => text.replace(/\{(\w*)[^{}]*\}/g, (_, name: string) => INSERTED[name] ?? "1"))
    .filter((text) => !OTHER_TEXTS.includes(text))
    .concat(COMPOSED);
}

test("every field error of the API has a French text, which keeps the suggestion", () => {
  const details = fieldErrors();
  assert.ok(details.length > 100, `${details.length}`);
  for (const detail of details) {
    const { text, language } = translateFieldError(detail, "fr");
    assert.equal(language, "fr", detail);
    const suggested = `${detail}; did you mean a-1.b:2?`;
    assert.equal(translateFieldError(suggested, "fr").text, `${text}\u00a0; peut-être a-1.b:2\u00a0?`, detail);
    assert.equal(translateFieldError(suggested, "en").text, `${withFieldLabels(detail)}; did you mean a-1.b:2?`);
  }
});

test("the place of an error in nokube.toml stays before its text", () => {
  const detail = "nokube.toml:4:11: services.web.build.context: must be a table; did you mean a?";
  const french = "nokube.toml:4:11: services.web.build.context: doit être une table\u00a0; peut-être a\u00a0?";
  assert.equal(translateFieldError(detail, "fr").text, french);
  assert.deepEqual(translateFieldError("nokube.toml:1:1: unknown", "fr"), { text: "nokube.toml:1:1: unknown", language: "en" });
});

test("every translation is of a field error that the API has", () => {
  const details = fieldErrors();
  const firstRule = (detail: string) => rules.findIndex(([pattern]) => pattern.test(detail));
  const used = new Set(details.map(firstRule));
  const unused = rules.filter((_, index) => !used.has(index)).map(([pattern]) => pattern.source);
  assert.deepEqual(unused, []);
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

test("English readers see the labels of fields, not their names in the API", () => {
  const table: [string, string][] = [
    ["must not be more than max_replicas", "must not be more than “Autoscaling: Maximum”"],
    ["cannot be used with dockerfile_path; leave one of the two out", "cannot be used with “Dockerfile path”; leave one of the two out"],
    ["Give it in the field command, one word per item, such as [\"node\", \"server.js\"].", "Give it in “Command”."],
    ["The fields command and args give another one.", "“Command” and “Arguments” give another one."],
    // Ordinary words, and what is quoted, stay.
    ["Its start command cannot be run.", "Its start command cannot be run."],
    ["acme/shop has no branch, tag or commit 'build_args'", "acme/shop has no branch, tag or commit 'build_args'"],
  ];
  for (const [text, labelled] of table) assert.equal(withFieldLabels(text), labelled);
  const { components } = JSON.parse(readProjectFile("docs/api/openapi.json")) as ApiDocument;
  const { NewBuild, NewDeployment } = components.schemas;
  const fields = [NewBuild, NewDeployment].flatMap(({ properties }) => Object.keys(properties));
  // Only programs send these.
  const inForms = fields.filter((name) => name.includes("_") && !["has_dockerfile", "project_id", "build_id"].includes(name));
  assert.ok(inForms.length > 30, `${inForms}`);
  const shown = fieldErrors().map(withFieldLabels).join("\n");
  assert.deepEqual(inForms.filter((name) => new RegExp(`\\b${name}\\b`).test(shown)), []);
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
      /^ne doit pas contenir d’identifiants.* https:\/\/github\.com\/PROPRIÉTAIRE\/DÉPÔT$/,
    ],
    [
      "cannot be read: there is no such repository on github.com, or it is private and either the platform's GitHub App is not installed on it or alice may not read it",
      / sur github\.com, .* l’application GitHub de la plateforme n’y est pas installée, ou alice /,
    ],
  ];
  for (const [detail, french] of table) assert.match(translateFieldError(detail, "fr").text, french);
});

test("every warning about a configuration has a French text", () => {
  const inserted: Readonly<Record<string, string>> = { kind: "variable", field: "container_port" };
  const warnings = stringLiterals("crates/domain/src/deployments", "components/deploy/src")
    .filter(({ file, text }) => file.endsWith("/warnings.rs") ? /^The .*\./s.test(text) : text.startsWith("The volume "))
    .map(({ text }) => text.replace(/\{(\w*)[^{}]*\}/g, (_, name: string) => inserted[name] ?? "1"));
  assert.ok(warnings.length >= 4, `${warnings}`);
  for (const warning of warnings) assert.equal(translateWarning(warning, "fr").language, "fr", warning);
});

test("warnings about a deployment are translated, those of the cluster are not", () => {
  const warning = "The variable PORT is not 3000, the container_port, to which requests are sent. If the program…";
  assert.match(translateWarning(warning, "fr").text, /^La variable PORT n’est pas 3000, /);
  assert.match(translateWarning(warning, "en").text, /^The variable PORT is not 3000, the “Container port”, to which /);
  assert.deepEqual(translateWarning("old API", "fr"), { text: "old API", language: "en" });
});
