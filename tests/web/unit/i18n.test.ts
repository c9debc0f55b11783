// Texts, translations and formats.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Issue } from "../../../components/web/ui/src/api/types.ts";
import { fieldLabel } from "../../../components/web/ui/src/forms/field-label.ts";
import * as apiCodes from "../../../components/web/ui/src/i18n/api-codes.ts";
import { en } from "../../../components/web/ui/src/i18n/en.ts";
import { rules } from "../../../components/web/ui/src/i18n/field-error-rules.ts";
import { fr } from "../../../components/web/ui/src/i18n/fr.ts";
import { issueTexts, translateIssue } from "../../../components/web/ui/src/i18n/issues.ts";
import { formatDuration, formatRelativeTime } from "../../../components/web/ui/src/i18n/time.ts";
import { enumValues, readProjectFile, stringLiterals } from "./rust_source.ts";

const COMPONENTS = ["auth", "builds", "deploy", "platform", "webhook"].map((name) => `components/${name}/src`);

interface Enum {
  enum: string[];
}

interface ApiSchemas {
  Cause: Enum;
  MemberRoleName: Enum;
  DeploymentStatus: Enum;
  BuildStatus: Enum;
  StepStatus: Enum;
  Verdict: Enum;
  AutomaticDeploymentState: Enum;
  PreviewState: Enum;
  PreviewMode: Enum;
  Configuration: { properties: object };
}

const { components } = JSON.parse(readProjectFile("docs/api/openapi.json")) as { components: { schemas: ApiSchemas } };
const schemas = components.schemas;

test("plural forms follow the language", () => {
  assert.deepEqual([0, 1, 2].map((n) => fr.deployment.progress(n, 2)), [
    "0 instance prête sur 2",
    "1 instance prête sur 2",
    "2 instances prêtes sur 2",
  ]);
  assert.deepEqual([1, 2].map((n) => en.deployment.progress(1, n)), ["1 of 1 instance ready", "1 of 2 instances ready"]);
});

test("every audit action has a sentence in both languages", () => {
  const isAction = (text: string) => /^(project|member|invitation|service|build|preview|deployment|token|session|person)\.[a-z_]+$/.test(text);
  const literals = stringLiterals(...COMPONENTS).map(({ text }) => text);
  const actions = new Set([
    ...literals.filter(isAction),
    ...schemas.Cause.enum.map((cause) => `deployment.${cause}`),
    ...schemas.MemberRoleName.enum.map((role) => `member.${role}`),
  ]);
  for (const { audit } of [fr, en]) assert.deepEqual(Object.keys(audit.actions).sort(), [...actions].sort());
});

test("every field of a release has a label of its own in both languages", () => {
  for (const t of [fr, en]) {
    const fields = [...Object.keys(schemas.Configuration.properties), "image_digest"];
    const labels = fields.map((field) => fieldLabel(field, t));
    for (const [index, label] of labels.entries()) assert.ok(label, fields[index]);
    assert.equal(new Set(labels).size, fields.length, `${labels}`);
  }
  assert.equal(fieldLabel("env_vars.HOST", fr), fr.deploy.variable("HOST"));
  assert.equal(fieldLabel("constructor", fr), undefined);
});

test("every role that somebody can be invited to is explained in both languages", () => {
  for (const { invitation } of [fr, en]) {
    assert.deepEqual(Object.keys(invitation.roles).sort(), [...schemas.MemberRoleName.enum].sort());
  }
});

test("every status, cause and step status of the API has a label in both languages", () => {
  for (const t of [fr, en]) {
    const tables = [
      [t.deployment.status, schemas.DeploymentStatus],
      [t.build.status, schemas.BuildStatus],
      [t.build.step, schemas.StepStatus],
      [t.deploy.verdicts, schemas.Verdict],
    ] as const;
    for (const [labels, schema] of tables) assert.deepEqual(Object.keys(labels).sort(), [...schema.enum].sort());
    for (const cause of schemas.Cause.enum) assert.ok(cause === "delete" || t.deployment.causes[cause], cause);
  }
});

test("every decision about a push, and every problem that a user can solve, has a text in both languages", () => {
  const file = (name: string) => `crates/domain/src/pushes/${name}.rs`;
  const outcomes = enumValues(file("record"), "PushOutcome");
  for (const { pushes } of [fr, en]) {
    assert.deepEqual(Object.keys(pushes.decisions).sort(), enumValues(file("view"), "Decision").sort());
    assert.deepEqual(Object.keys(pushes.statusesOf).sort(), enumValues(file("view"), "CommitStatuses").sort());
    const problems = Object.keys(pushes.problems);
    assert.deepEqual(problems.filter((problem) => !outcomes.includes(problem)), []);
    const solved = ["affected", "not_affected", "skipped", "unchanged", "linked"];
    const ofPullRequests = ["draft", "approval_required", "too_many_previews", "closed", "base_branch_not_chosen", "expired", "previews_off"];
    const others = outcomes.filter((outcome) => !problems.includes(outcome));
    assert.deepEqual(others.sort(), [...solved, ...ofPullRequests].sort());
  }
});

test("every state of an automatic deployment and of a preview has a text in both languages", () => {
  const modes = enumValues("crates/domain/src/previews/settings.rs", "PreviewMode");
  for (const { automation, previews, pushes } of [fr, en]) {
    assert.deepEqual(Object.keys(automation.states).sort(), [...schemas.AutomaticDeploymentState.enum].sort());
    assert.deepEqual(Object.keys(automation.whatToDo).sort(), Object.keys(automation.states).sort());
    assert.deepEqual(Object.keys(automation.githubDeploymentsOf).sort(), Object.keys(pushes.statusesOf).sort());
    assert.deepEqual(Object.keys(previews.states).sort(), [...schemas.PreviewState.enum].sort());
    assert.deepEqual(Object.keys(previews.modes).sort(), [...schemas.PreviewMode.enum].sort());
    assert.deepEqual(Object.keys(previews.modeHints).sort(), modes.sort());
  }
});

test("every error code of a deployment has a French text that says what to do", () => {
  const codes = enumValues("crates/domain/src/deployments/error_code.rs", "ErrorCode");
  assert.ok(codes.includes("image_pull") && codes.length > 20, `${codes}`);
  assert.deepEqual(Object.keys(issueTexts).sort(), codes.sort());
  for (const text of Object.values(issueTexts)) assert.match(`${text.message} ${text.action}`, /\. .*[.?]$/);
  const issue = (code: string) => ({ code, message: "It is.", action: "Raise memory_limit." }) as Issue;
  assert.deepEqual(translateIssue(issue("image_pull"), "fr"), { ...issueTexts["image_pull"], language: "fr" });
  const english = { message: "It is.", action: "Raise “Memory limit”.", language: "en" };
  assert.deepEqual(translateIssue(issue("image_pull"), "en"), english, "the API's own text is English");
  assert.deepEqual(translateIssue(issue("constructor"), "fr"), { ...english, action: "Raise memory_limit." });
});

test("durations and relative times are formatted", () => {
  assert.deepEqual([0, 9, 154, 3_723].map(formatDuration), ["0s", "9s", "2m 34s", "1h 2m 3s"]);
  const now = Date.parse("2026-01-02T00:00:00Z");
  assert.equal(formatRelativeTime("2026-01-01T23:55:00Z", "fr", now), "il y a 5 minutes");
  assert.equal(formatRelativeTime("2026-01-01T00:00:00Z", "en", now), "yesterday");
});

test("every step of the builder's workflow has a French name", () => {
  const workflow = readProjectFile("builder/.github/workflows/build.yml");
  const stepNames = [...workflow.matchAll(/^ +- name: (.+)$/gm)].map(([, name = ""]) => name);
  assert.ok(stepNames.length > 10);
  for (const name of stepNames) assert.ok(apiCodes.translateStepName(name, "fr"), name);
  assert.equal(apiCodes.translateStepName("Post Check out the source", "fr"), "Nettoyage\u00a0: Récupérer le code");
  assert.equal(apiCodes.translateStepName("Check out the source", "en"), undefined, "not translated in English");
  assert.equal(apiCodes.translateStepName("RUN npm ci", "fr"), undefined, "third-party step names are not translated");
  assert.equal(apiCodes.translate(apiCodes.buildErrorCodes, "constructor", "fr"), undefined);
});

test("French texts have non-breaking spaces before punctuation, and typographic apostrophes", () => {
  const texts = (value: unknown): string[] => {
    if (typeof value === "string") return [value];
    if (typeof value === "function") return texts(value("1", "2"));
    if (typeof value === "object" && value !== null) return Object.values(value).flatMap(texts);
    return [];
  };
  for (const text of texts([fr, { ...apiCodes }, issueTexts, rules.map(([, french]) => french)])) assert.doesNotMatch(text, / [:;?!»]|« |'/);
  assert.ok(texts(en).length > 200);
});
