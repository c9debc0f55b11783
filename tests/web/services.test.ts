// The services of a project: saved, built with one click, deployed, changed and removed, in both languages and at
// both widths.
import assert from "node:assert/strict";
import { test } from "node:test";
import { VIEWS } from "./browser_user.ts";
import { withProject } from "./suite.ts";

/** A link that leads from the row of a service to the page of its last build. */
const BUILD_LINK = /^main · [0-9a-f]{7}$/;

for (const view of VIEWS) {
  const where = `${view.language}, ${view.width} px`;

  test(`a service is saved once, then one click builds it, and its row shows the build and what runs (${where})`, async () => {
    const alice = await withProject("alice", view);
    const { t, page } = alice;
    const project = page.url();
    await alice.expectText(t.project.noServices);
    await alice.link(t.project.addService).click();
    await alice.button(t.save).click();
    await alice.expectText(view.language === "fr" ? "est obligatoire" : "is required");
    await alice.field("service_name").fill("My Web");
    await alice.field("repository_url").fill("https://github.com/acme/shop");
    await alice.button(t.save).click();
    await page.locator("#field-service_name[aria-invalid=true]").waitFor();
    await page.getByRole("alert").getByRole("button", { name: t.newBuild.service }).waitFor();
    await alice.field("service_name").fill("web");
    await alice.field("repository_url").fill("acme");
    await alice.button(t.save).click();
    await alice.expectText(view.language === "fr" ? "doit avoir la forme" : "must be https://github.com/OWNER/REPOSITORY");
    await alice.field("repository_url").fill("https://github.com/acme/shop");
    await alice.checkPage("service-new");
    await alice.button(t.save).click();
    await page.waitForURL(project);
    const row = alice.service("web");
    await row.getByText(`acme/shop · ${t.service.defaultBranch}`).waitFor();
    assert.equal(await row.getByText(t.service.lastBuild, { exact: true }).count(), 0, "saving builds nothing");
    await alice.checkPage("service-saved");

    await alice.button(t.service.buildNamed("web")).click();
    await page.waitForURL(/\/builds\//);
    const build = page.url();
    await page.goto(project);
    await row.getByText(t.build.status.building).or(row.getByText(t.build.status.pending)).waitFor();
    await row.getByText(t.build.status.success).waitFor({ timeout: 60_000 });
    assert.equal(new URL(build).pathname, await row.getByRole("link", { name: BUILD_LINK }).getAttribute("href"));

    await alice.link(t.service.deployNamed("web")).click();
    await alice.button(t.deploy.submit).click();
    await page.waitForURL(/\/deployments\//);
    await alice.expectText(t.deployment.status.running);
    const deployment = page.url();
    await page.goto(project);
    await row.getByText(t.deployment.status.running).waitFor();
    await row.getByRole("link", { name: /^https?:\/\// }).waitFor();
    assert.equal(new URL(deployment).pathname, await row.getByRole("link", { name: t.project.revision(1) }).getAttribute("href"));
    await alice.checkPage("services");
    const shift = await alice.layoutShift(() => row.getByRole("link", { name: /^https?:\/\// }).waitFor());
    assert.ok(shift < 0.01, `the page moves by ${shift} while it is loaded`);
    await alice.close();
  });

  test(`the source of a service is changed and built, then removed, and its builds stay (${where})`, async () => {
    const bob = await withProject("bob", view);
    const { t, page } = bob;
    const project = page.url();
    await bob.link(t.project.addService).click();
    await bob.field("repository_url").fill("https://github.com/acme/shop");
    await bob.field("service_name").fill("web");
    await bob.button(t.service.saveAndBuild).click();
    await page.waitForURL(/\/builds\//);
    await bob.expectText(t.build.success);

    // A second service of the same name would replace the first one.
    await page.goto(project);
    await bob.link(t.project.addService).click();
    await bob.field("service_name").fill("web");
    await bob.expectText(t.service.exists("web"));
    await bob.link(t.cancel).click();

    const row = bob.service("web");
    await bob.link(t.service.editNamed("web")).click();
    assert.equal(await bob.field("repository_url").inputValue(), "https://github.com/acme/shop");
    assert.ok(await bob.field("service_name").isDisabled());
    await page.getByText(t.more).click();
    await bob.field("context").fill("services/web");
    await bob.button(t.save).click();
    await row.getByText(`acme/shop · ${t.service.defaultBranch} · services/web`).waitFor();

    await bob.link(t.service.editNamed("web")).click();
    const dialog = page.getByRole("dialog");
    await bob.button(t.service.remove).click();
    await bob.checkPage("service-remove");
    await dialog.getByRole("button", { name: t.cancel }).click();
    await dialog.waitFor({ state: "detached" });
    await bob.button(t.service.remove).click();
    await dialog.getByRole("button", { name: t.service.remove }).click();
    await page.waitForURL(project);
    await row.getByText(t.service.notSaved).waitFor();
    assert.equal(await bob.button(t.service.buildNamed("web")).count(), 0);
    await row.getByRole("link", { name: BUILD_LINK }).waitFor();
    await bob.close();
  });

  test(`the source of a service that was only built is saved from its last build (${where})`, async () => {
    const carol = await withProject("carol", view);
    const { t, page } = carol;
    const project = page.url();
    await carol.link(t.project.newBuild).click();
    await carol.field("repository_url").fill("https://github.com/acme/shop");
    await carol.field("service_name").fill("api");
    await page.getByText(t.more).click();
    await carol.field("build_args").fill("MODE=fast");
    await carol.button(t.newBuild.submit).click();
    await page.waitForURL(/\/builds\//);
    await page.goto(project);
    await carol.service("api").getByText(t.service.notSaved).waitFor();
    await carol.link(t.service.saveNamed("api")).click();
    assert.equal(await carol.field("repository_url").inputValue(), "https://github.com/acme/shop");
    assert.equal(await carol.field("branch").inputValue(), "main");
    assert.equal(await carol.field("build_args").inputValue(), "MODE=fast\n");
    await carol.button(t.save).click();
    await page.waitForURL(project);
    await carol.service("api").getByText("acme/shop · main").waitFor();
    await carol.button(t.service.buildNamed("api")).waitFor();
    await carol.close();
  });
}

test("a build with one click that is not possible says why, by the names of the form", async () => {
  const dora = await withProject("dora", { language: "fr" });
  const { t, page } = dora;
  await dora.link(t.project.addService).click();
  await dora.field("repository_url").fill("https://github.com/acme/shop");
  await dora.field("service_name").fill("web");
  await dora.button(t.save).click();
  await dora.service("web").waitFor();
  // As if the branch had been deleted.
  const problem = {
    type: "/problems/invalid",
    title: "Some fields need a change.",
    status: 422,
    detail: "1 field needs a change.",
    instance: "/api/v1/builds",
    errors: [{ field: "branch", detail: "acme/shop has no branch, tag or commit 'next'" }],
  };
  await page.route(/\/api\/v1\/builds$/, (route) =>
    route.fulfill({ status: 422, contentType: "application/problem+json", json: problem }),
  );
  await dora.button(t.service.buildNamed("web")).click();
  const alert = dora.service("web").getByRole("alert");
  await alert.waitFor();
  assert.match((await alert.textContent()) ?? "", new RegExp(`${t.newBuild.branch}${t.colon} acme/shop n’a pas de branche`));
  await dora.checkPage("service-error");
  await dora.close();
});

test("without the cluster, the sources and builds of the services are shown, and what runs has a link", async () => {
  const erin = await withProject("erin", { language: "fr" });
  const { t, page } = erin;
  const project = page.url();
  await erin.deployImage("web", "nginx:1.29");
  const deployment = new URL(page.url()).pathname;
  const problem = {
    type: "/problems/upstream-unavailable",
    title: "Another system does not respond.",
    status: 503,
    detail: "The cluster does not respond.",
    instance: "/api/v1/projects/1/deployments",
  };
  await page.route(/\/projects\/\d+\/deployments\?/, (route) =>
    route.fulfill({ status: 503, contentType: "application/problem+json", json: problem }),
  );
  await page.goto(project);
  await erin.expectText(t.errors["upstream-unavailable"]);
  const link = erin.service("web").getByRole("link", { name: t.service.showDeployment });
  assert.equal(await link.getAttribute("href"), deployment);
  await erin.checkPage("services-no-cluster");
  await page.unroute(/\/projects\/\d+\/deployments\?/);
  await erin.service("web").getByRole("link", { name: t.project.revision(1) }).waitFor({ timeout: 30_000 });
  assert.equal(await page.getByText(t.errors["upstream-unavailable"]).count(), 0);
  await erin.close();
});
