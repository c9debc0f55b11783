// The page's rules: pure functions over values.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import * as builds from "../../../components/web/ui/src/forms/build.ts";
import { format, parse } from "../../../components/web/ui/src/forms/lines.ts";
import { empty, ofRelease, request, withoutSecrets } from "../../../components/web/ui/src/forms/deploy.ts";
import { difference } from "../../../components/web/ui/src/forms/difference.ts";
import { said } from "../../../components/web/ui/src/i18n/server.ts";
import * as words from "../../../components/web/ui/src/i18n/words.ts";
import { ago, duration } from "../../../components/web/ui/src/i18n/time.ts";
import { waitsFor } from "../../../components/web/ui/src/pages/deployment/waits.ts";
import { ofGitHub, plain } from "../../../components/web/ui/src/parts/readable.ts";
import { pageOf, still } from "../../../components/web/ui/src/parts/things.ts";
import { fr } from "../../../components/web/ui/src/i18n/fr.ts";
import { en } from "../../../components/web/ui/src/i18n/en.ts";

test("lines are read as they are meant", () => {
  const text = "A=1\n\n# no\nexport B = two words \r\nC=a=b\nD=\nE=\"x\\ny \\\"z\\\"\"\nF='$as it is'\n__proto__=p";
  const { values, faults } = parse(text);
  assert.deepEqual(faults, []);
  const read = { A: "1", B: "two words", C: "a=b", D: "", E: 'x\ny "z"', F: "$as it is" };
  assert.deepEqual({ ...values }, { ...read, ["__proto__"]: "p" });
  assert.deepEqual(parse("nothing\nA=1\n=x\nA=2").faults, [
    { line: 1, twice: null },
    { line: 3, twice: null },
    { line: 4, twice: "A" },
  ]);
});

test("what is written is read as the same", () => {
  const values = { A: "", B: " x ", C: "'q'", D: '"q"', E: "a\nb\r\nc", F: "back\\slash", G: "# no comment", H: '"', I: "\\n" };
  assert.deepEqual(parse(format(values)).values, values);
  assert.deepEqual(parse(format(values)).faults, []);
});

const project = { id: 7, name: "myapp", owner: "alice", role: "owner" } as never;

test("a form becomes a request: empty fields are left out, numbers are numbers, a kept secret stays", () => {
  const form = {
    ...empty,
    image_name: " nginx ",
    service_name: "web",
    replicas: "many",
    service_port: "",
    env_vars: "A=1",
    secrets: [
      { name: "OLD", value: "", kept: true },
      { name: "NEW", value: "x", kept: false },
      { name: "", value: "", kept: false },
    ],
  };
  const { body, faults, lines } = request(form, project);
  assert.deepEqual([faults, lines], [[], []]);
  assert.equal(body.image_name, "nginx");
  assert.equal(body.container_port, 3000);
  assert.equal(body.replicas as unknown, "many", "the platform says what is wrong with it");
  assert.ok(!("service_port" in body) && !("storage_size" in body) && !("build_id" in body));
  assert.deepEqual(body.env_vars, { A: "1" });
  assert.deepEqual(body.secrets, { OLD: null, NEW: "x" });
  const worker = request({ ...form, service_type: "worker", custom_domain: "a.example.org" }, project).body;
  assert.equal(worker.exposure_type, "none");
  assert.ok(!("custom_domain" in worker));
});

test("a release fills the form that makes it again", () => {
  const configuration = {
    service_name: "web",
    replicas: 3,
    exposure_type: "internal",
    enable_autoscaling: false,
    health_check_enabled: false,
    env_vars: { A: "1" },
    secrets: { KEY: null },
    custom_domain: null,
  };
  const release = { configuration, build_id: null, image_name: "nginx:1" } as never;
  const form = ofRelease(release);
  const { body } = request(form, project);
  assert.equal(body.replicas, 3);
  assert.equal(body.exposure_type, "internal");
  assert.equal(body.health_check_enabled, false);
  assert.deepEqual(body.secrets, { KEY: null });
  assert.equal(withoutSecrets({ ...form, secrets: [{ name: "K", value: "v", kept: false }] }).secrets[0]?.value, "");
});

test("two releases differ in what the request that makes them would say, and secrets never show", () => {
  const release = (image_digest: string | null, configuration: object) =>
    ({ image_name: "nginx:1", image_digest, configuration: { env_vars: {}, secrets: {}, ...configuration } }) as never;
  const from = release("sha256:a", { replicas: 2, storage_size: null, env_vars: { A: "1", B: "2" }, secrets: { KEY: null } });
  const to = release("sha256:b", { replicas: 3, storage_size: "1Gi", env_vars: { A: "1" }, secrets: { NEW: null } });
  assert.deepEqual(difference(from, from), []);
  assert.deepEqual(difference(from, to), [
    { field: "replicas", before: "2", after: "3" },
    { field: "image_digest", before: "sha256:a", after: "sha256:b" },
    { field: "env_vars.B", before: "2", after: null },
    { field: "secrets.KEY", before: "••••••", after: null },
    { field: "storage_size", before: null, after: "1Gi" },
    { field: "secrets.NEW", before: null, after: "••••••" },
  ]);
});

test("what a build was asked for fills the form that asks for it again", () => {
  const asked = {
    project_id: 7,
    repository_url: "https://github.com/acme/shop",
    service_name: "web",
    image_name: "myapp-web",
    branch: "v2",
    context: ".",
    image_tag: "latest",
    build_args: { A: "b c" },
  };
  for (const source of [
    { has_dockerfile: true, dockerfile_path: "docker/Dockerfile" },
    { has_dockerfile: false, dockerfile_content: "FROM x" },
    { has_dockerfile: false },
  ]) {
    const form = builds.again({ ...asked, ...source });
    assert.ok(builds.hasMore(form));
    assert.deepEqual({ has_dockerfile: false, ...builds.request(form, project).body }, { ...asked, ...source });
  }
  assert.ok(!builds.hasMore(builds.empty(project)));
});

test("a rollout says what it waits for, long before it counts as failed", () => {
  const now = Date.parse("2026-01-02T00:02:00Z");
  const pod = (phase: string, ready = false, started_at = "2026-01-02T00:01:30Z") => ({ current: true, phase, ready, started_at });
  const waits = (pods: object[], status = "deploying", error_code: string | null = null) =>
    waitsFor({ status, error_code, pods } as never, now);
  assert.equal(waits([]), "pods");
  assert.equal(waits([{ ...pod("Running", true), current: false }]), "pods", "those of before do not count");
  assert.equal(waits([pod("Running", true), pod("Pending")]), "container");
  assert.equal(waits([pod("Running", true), pod("Running")]), "health");
  assert.equal(waits([pod("Running", false, "2026-01-02T00:00:30Z")]), "answer");
  assert.equal(waits([pod("Running", true)]), null);
  assert.equal(waits([pod("Pending")], "deploying", "image_pull"), null, "which has words of its own");
  assert.equal(waits([pod("Running")], "failed"), null);
});

test("an entry of the trail leads to what is still there", () => {
  const object = "/api/v1/deployments/d1";
  const entries = ["deployment.deploy", "deployment.delete", "deployment.deploy"].map((action) => ({ action, object }));
  assert.equal(pageOf(object), "/deployments/d1");
  assert.equal(pageOf("/api/v1/projects/1/members/bob"), null);
  assert.ok(still(entries, 2), "it was deployed again");
  assert.ok(!still(entries.slice(1), 1));
  assert.deepEqual(Object.keys(en.trail.actions), Object.keys(fr.trail.actions));
});

test("a number makes of a word what the language says", () => {
  assert.deepEqual([0, 1, 2].map((n) => fr.deployment.progress(n, 2)), [
    "0 instance prête sur 2",
    "1 instance prête sur 2",
    "2 instances prêtes sur 2",
  ]);
  assert.deepEqual([1, 2].map((n) => en.deployment.progress(1, n)), ["1 of 1 instance ready", "1 of 2 instances ready"]);
});

test("times and durations", () => {
  assert.deepEqual([0, 9, 154, 3_723].map(duration), ["0s", "9s", "2m 34s", "1h 2m 3s"]);
  const now = Date.parse("2026-01-02T00:00:00Z");
  assert.equal(ago("2026-01-01T23:55:00Z", "fr", now), "il y a 5 minutes");
  assert.equal(ago("2026-01-01T00:00:00Z", "en", now), "yesterday");
});

test("a log is shown without its terminal's colours and GitHub's markers", () => {
  assert.equal(plain("\u001b[1;31mred\u001b[0m").text, "red");
  const time = "2026-01-02T03:04:05.6789012Z ";
  assert.deepEqual(ofGitHub(`${time}##[error]No.`), { text: "No.", kind: "error" });
  assert.deepEqual(ofGitHub(`${time}##[group]Run x`), { text: "Run x", kind: "group" });
  assert.equal(ofGitHub(`${time}##[endgroup]`), null);
  assert.deepEqual(ofGitHub("plain"), { text: "plain", kind: "plain" });
});

test("what the platform says of a field is said in French where it is known", () => {
  assert.deepEqual(said("must be a whole number from 1 to 65535", "fr"), {
    text: "doit être un nombre entier de 1 à 65535",
    language: "fr",
  });
  assert.deepEqual(said("something new", "fr"), { text: "something new", language: "en" });
  assert.equal(said("is required", "en").text, "is required");
});

test("every step of the builder's workflow has a French name", () => {
  const workflow = join(import.meta.dirname, "../../../builder/.github/workflows/build.yml");
  const named = [...readFileSync(workflow, "utf8").matchAll(/^ +- name: (.+)$/gm)].map(([, name = ""]) => name);
  assert.ok(named.length > 10);
  for (const name of named) assert.ok(words.stepName(name, "fr"), name);
  assert.equal(words.stepName("Post Check out the source", "fr"), "Nettoyage\u00a0: Récupérer le code");
  assert.equal(words.stepName("Check out the source", "en"), undefined, "English readers read it as it comes");
  assert.equal(words.stepName("RUN npm ci", "fr"), undefined, "what others wrote stays");
  assert.equal(words.word(words.codes, "constructor", "fr"), undefined);
});

test("French typography: a space that does not break stands before the marks that take one", () => {
  const texts = (value: unknown): string[] => {
    if (typeof value === "string") return [value];
    if (typeof value === "function") return texts(value("1", "2"));
    if (typeof value === "object" && value !== null) return Object.values(value).flatMap(texts);
    return [];
  };
  for (const text of texts([fr, { ...words }])) assert.doesNotMatch(text, / [:;?!»]|« |'/);
  assert.ok(texts(en).length > 200);
});
