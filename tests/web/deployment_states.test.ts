// What the page says about deployments that do not run as asked for, in both languages and at both widths.
import assert from "node:assert/strict";
import { test } from "node:test";
import { issueTexts } from "../../components/web/ui/src/i18n/issues.ts";
import { BrowserUser, VIEWS } from "./browser_user.ts";
import { withProject } from "./suite.ts";
import { enumValues } from "./unit/rust_source.ts";

/** Waits for an issue: in French the page's own sentence, in English the API's. */
async function expectIssue(user: BrowserUser, code: string, english: RegExp): Promise<void> {
  const isFrench = await user.page.locator("html[lang=fr]").count();
  await user.expectText(isFrench ? (issueTexts[code]?.message ?? "no translation") : english);
}

for (const view of VIEWS) {
  const name = `${view.language}, ${view.width} px`;

  test(`a change that fails leaves the service degraded, with the registry's own words (${name})`, async () => {
    const alice = await withProject("alice", view);
    const { t, page } = alice;
    await alice.deployImage("web", "acme/shop:1.0");
    await alice.expectText(t.deployment.status.running);
    await alice.expectText(t.deployment.reachable.yes);
    await alice.link(t.deployment.open).waitFor();

    await alice.link(t.deployment.edit).first().click();
    await alice.field("image_name").fill("acme/shop-nopull:1.0");
    await alice.button(t.deploy.submit).click();
    await page.waitForURL(/\/deployments\//);
    await alice.expectText(t.deployment.status.degraded);
    await expectIssue(alice, "image_pull", /cannot be pulled/);
    await alice.expectText(view.language === "fr" ? t.deployment.previousStillServing : /go on serving/);
    const detail = page.locator(".issues pre").first();
    assert.ok(!(await detail.isVisible()), "the registry's words are folded");
    await page.locator(".issues summary").first().click();
    assert.match((await detail.textContent()) ?? "", /403 Forbidden/);
    await alice.checkPage("deployment-degraded");

    // The list of the project's services has the same word.
    await alice.link("myapp").first().click();
    await alice.expectText(t.deployment.status.degraded);
    await alice.close();
  });

  test(`a new service whose image does not exist has failed (${name})`, async () => {
    const bob = await withProject("bob", view);
    await bob.deployImage("web", "acme/shop-notag:1.0");
    await bob.expectText(bob.t.deployment.status.failed);
    await expectIssue(bob, "image_pull", /cannot be pulled/);
    await bob.page.locator(".issues summary").first().click();
    await bob.expectText(/acme\/shop-notag:1\.0: not found/);
    await bob.checkPage("deployment-failed-detail");
    await bob.close();
  });

  test(`a running service whose route is not accepted is not reachable (${name})`, async () => {
    const carol = await withProject("carol", view);
    await carol.deployImage("noroute", "acme/shop:1.0");
    await carol.expectText(carol.t.deployment.status.running);
    await carol.expectText(carol.t.deployment.reachable.no);
    await expectIssue(carol, "route_rejected", /does not accept|not accepted|rejects?/);
    assert.equal(await carol.link(carol.t.deployment.open).count(), 0, "no link to an address that does not work");
    await carol.checkPage("deployment-not-reachable");

    // In the list of the project's services, it does not look as if all were well.
    await carol.link("myapp").first().click();
    const row = carol.service("noroute");
    await row.locator(".badge.warning", { hasText: carol.t.deployment.status.running }).waitFor();
    await row.getByText(carol.t.deployment.reachable.no).waitFor();
    await expectIssue(carol, "route_rejected", /does not accept|not accepted|rejects?/);
    assert.equal(await row.getByRole("link", { name: /^https?:/ }).count(), 0);
    await carol.close();
  });

  test(`what somebody changed in the cluster is said, and applied again (${name})`, async () => {
    const dave = await withProject("dave", view);
    const { t } = dave;
    await dave.deployImage("edited", "acme/shop:1.0");
    await expectIssue(dave, "changed_by_others", /kubectl-edit/);
    await dave.expectText(t.deployment.progress(3, 3));
    await dave.checkPage("deployment-changed");
    await dave.button(t.deployment.applyAgain).click();
    await dave.button(t.deployment.applyAgain).waitFor({ state: "detached" });
    await dave.expectText(t.deployment.progress(2, 2));
    await dave.expectText(t.deployment.status.running);
    await dave.close();
  });

  test(`every kind of issue is shown, and temporary ones are calmer (${name})`, async () => {
    const erin = await withProject("erin", view);
    const { t, page } = erin;
    const codes = enumValues("crates/domain/src/deployments/error_code.rs", "ErrorCode");
    const issues = codes.map((code, index) => ({
      code,
      // Without quotes, the name of a field would become its label.
      message: `The message of '${code}'.`,
      action: "Change something.",
      detail: index % 3 === 0 ? null : `rpc error: ${"x".repeat(200)}`,
      reason: "Failed",
      object: "Pod web-1",
      temporary: index % 2 === 0,
    }));
    await page.route(/\/api\/v1\/deployments\/[^/]+$/, async (route) => {
      const response = await route.fetch();
      const deployment = (await response.json()) as object;
      await route.fulfill({ response, json: { ...deployment, issues, reachable: "unknown" } });
    });
    await erin.deployImage("web", "acme/shop:1.0");
    await erin.expectText(t.deployment.reachable.unknown);
    for (const code of codes) await expectIssue(erin, code, new RegExp(`The message of '${code}'\\.`));
    assert.equal(await page.locator(".issues").getByText(t.deployment.mayPass).count(), Math.ceil(codes.length / 2));
    for (const summary of await page.locator(".issues summary").all()) await summary.click();
    await erin.checkPage("deployment-issues");
    await erin.close();
  });
}
