// What a push builds is deployed, until somebody rolls back or stops the service, in both languages and at both widths.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { AutomaticDeployments, Service } from "../../components/web/ui/src/api/types.ts";
import { BrowserUser, VIEWS } from "./browser_user.ts";
import { platform, withProject } from "./suite.ts";

/** Waits until the deployment that is shown runs this revision. */
async function expectRevision(user: BrowserUser, revision: number): Promise<void> {
  await user.reloadUntil(user.page.getByText(user.t.project.revision(revision), { exact: true }));
  await user.expectText(user.t.deployment.status.running);
}

for (const view of VIEWS) {
  const where = `${view.language}, ${view.width} px`;

  test(`a push is deployed, a rollback pauses that, and somebody resumes it (${where})`, async () => {
    const alice = await withProject("alice", view);
    const { t, page } = alice;
    const project = page.url();
    const repository = `acme/automatic-${view.language}`;
    await alice.saveService(repository, () => alice.field("deploy_on_build").check());
    await alice.service("web").getByText(t.automation.states.not_configured).waitFor();
    await platform.push(repository, { message: "The first", author: "bob" });
    await alice.openService("web");
    await alice.reloadUntil(alice.link(t.automation.deploy));
    await alice.expectText(t.automation.whatToDo.not_configured);
    await alice.checkPage("automatic-not-configured");
    await alice.link(t.automation.deploy).click();
    await alice.button(t.deploy.submit).click();
    await page.waitForURL(/\/deployments\//);
    const deployment = page.url();
    await expectRevision(alice, 1);
    assert.equal(await page.getByText(t.automation.deployedAutomatically).count(), 0);

    await platform.push(repository, { message: "The second", author: "bob" });
    await expectRevision(alice, 2);
    await alice.expectText(t.automation.deployedAutomatically);
    await alice.checkPage("deployment-automatic");

    await alice.button(t.deployment.rollback).click();
    await page.getByRole("dialog").getByRole("button", { name: t.deployment.rollback }).click();
    await alice.button(t.automation.resume).waitFor();
    await alice.expectText(new RegExp(`alice-${view.language}`));
    await alice.checkPage("deployment-paused");
    await platform.push(repository, { message: "The third", author: "bob" });
    await page.goto(project);
    await alice.service("web").getByText(t.automation.states.paused).waitFor();
    await alice.service("web").getByText("The third").waitFor({ timeout: 60_000 });
    await alice.service("web").getByText(t.build.status.success).waitFor({ timeout: 60_000 });
    await alice.openService("web");
    await alice.button(t.automation.resume).waitFor();
    await alice.checkPage("automatic-paused");
    await alice.button(t.automation.resume).click();
    await alice.expectText(t.automation.resumed);
    await alice.expectText(t.automation.states.active);
    await page.goto(deployment);
    await alice.reloadUntil(page.getByText(t.automation.deployedAutomatically));

    await alice.button(t.deployment.stop).click();
    await alice.expectText(t.deployment.status.stopped);
    await alice.expectText(t.automation.staysStopped);
    await alice.button(t.automation.resume).click();
    await alice.button(t.automation.resume).waitFor({ state: "detached" });
    await alice.close();
  });

  test(`why a push is not deployed, and what to do (${where})`, async () => {
    const carol = await withProject("carol", view);
    const { t, page } = carol;
    await carol.saveService("acme/shop", () => carol.field("deploy_on_build").check());
    let state: AutomaticDeployments["state"] = "other_image";
    await carol.changeReads<Service>(/\/api\/v1\/projects\/\d+\/services\/web$/, (service) => ({
      ...service,
      automatic_deployments: { ...service.automatic_deployments, state, problem: null },
    }));
    await carol.openService("web");
    await carol.expectText(t.automation.whatToDo.other_image);
    await carol.checkPage("automatic-other-image");
    state = "deleted";
    await page.reload();
    await carol.expectText(t.automation.whatToDo.deleted);
    state = "active";
    await page.reload();
    await carol.expectText(t.automation.states.active);

    await carol.link(`${t.pushes.change}${t.colon} ${t.automation.title}`).click();
    assert.ok(await carol.field("deploy_on_build").isChecked());
    await carol.field("deploy_on_build").uncheck();
    await carol.button(t.save).click();
    await page.waitForURL(/\/projects\/\d+$/);
    await page.unrouteAll();
    await carol.openService("web");
    await carol.expectText(t.automation.off);
    await carol.close();
  });
}
