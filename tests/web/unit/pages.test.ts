// What pages derive from the API's data.
import assert from "node:assert/strict";
import { test } from "node:test";
import { objectName, pagePath, stillExists } from "../../../components/web/ui/src/components/audit-entry.ts";
import { parseGitHubLine, parseProgramLine } from "../../../components/web/ui/src/components/log-line.ts";
import { rolloutPhase } from "../../../components/web/ui/src/pages/deployment/rollout-phase.ts";

test("a rollout has a phase until it succeeds or fails", () => {
  const now = Date.parse("2026-01-02T00:02:00Z");
  const pod = (phase: string, ready = false, started_at = "2026-01-02T00:01:30Z") => ({ current: true, phase, ready, started_at });
  const phase = (pods: object[], status = "deploying", error_code: string | null = null) =>
    rolloutPhase({ status, error_code, pods } as never, now);
  assert.equal(phase([]), "pods");
  assert.equal(phase([{ ...pod("Running", true), current: false }]), "pods", "pods of an earlier revision do not count");
  assert.equal(phase([pod("Running", true), pod("Pending")]), "container");
  assert.equal(phase([pod("Running", true), pod("Running")]), "health");
  assert.equal(phase([pod("Running", false, "2026-01-02T00:00:30Z")]), "unresponsive");
  assert.equal(phase([pod("Running", true)]), null);
  assert.equal(phase([pod("Pending")], "deploying", "image_pull"), null, "the error is shown instead");
  assert.equal(phase([pod("Running")], "failed"), null);
});

test("an audit entry links to its object while it exists", () => {
  const object = "/api/v1/deployments/d1";
  const entries = ["deployment.deploy", "deployment.delete", "deployment.deploy"].map((action) => ({ action, object }));
  assert.equal(pagePath(object), "/deployments/d1");
  assert.equal(pagePath("/api/v1/projects/1/services/web"), "/projects/1/services/web");
  assert.equal(pagePath("/api/v1/projects/1/services/web/secrets"), "/projects/1/services/web");
  assert.equal(objectName("/api/v1/projects/1/services/web/deployment"), "web");
  assert.equal(objectName("/api/v1/projects/1/services/deployment"), "deployment");
  const preview = "/api/v1/projects/1/services/web/previews/12";
  assert.deepEqual([pagePath(preview), objectName(preview)], ["/projects/1/services/web", "12"]);
  assert.equal(pagePath("/api/v1/projects/1/members/bob"), null);
  assert.ok(stillExists(entries, 2), "it was deployed again");
  assert.ok(!stillExists(entries.slice(1), 1));
});

test("log lines are shown without terminal colours and GitHub workflow commands", () => {
  assert.equal(parseProgramLine("\u001b[1;31mred\u001b[0m").text, "red");
  const time = "2026-01-02T03:04:05.6789012Z ";
  assert.deepEqual(parseGitHubLine(`${time}##[error]No.`), { text: "No.", kind: "error" });
  assert.deepEqual(parseGitHubLine(`${time}##[group]Run x`), { text: "Run x", kind: "group" });
  assert.equal(parseGitHubLine(`${time}##[endgroup]`), null);
  assert.deepEqual(parseGitHubLine("plain"), { text: "plain", kind: "plain" });
});
