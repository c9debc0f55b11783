// What runs in one project is deployed in another one, in both languages and at both widths.
import assert from "node:assert/strict";
import { test } from "node:test";
import { BrowserUser, VIEWS } from "./browser_user.ts";
import { withProject } from "./suite.ts";

/** Builds a service in the project that is shown and deploys it. Returns the address of its page. */
async function deployBuild(user: BrowserUser, change: () => Promise<void> = async () => {}): Promise<string> {
  const { t, page } = user;
  await user.build("web");
  await user.link(t.build.deployNow).click({ timeout: 60_000 });
  await change();
  await user.button(t.deploy.submit).click();
  await page.waitForURL(/\/deployments\//);
  await user.expectText(t.deployment.status.running);
  return page.url();
}

for (const view of VIEWS) {
  const where = `${view.language}, ${view.width} px`;

  test(`what runs in one project is promoted to another one (${where})`, async () => {
    const alice = await withProject("alice", view);
    const { t, page } = alice;
    const staging = page.url();
    await alice.newProject("production");
    const production = page.url();
    await page.goto(staging);
    const source = await deployBuild(alice, () => alice.field("env_vars").fill("GREETING=hello"));

    const dialog = page.getByRole("dialog");
    await alice.button(t.promotion.promote).click();
    const submit = dialog.getByRole("button", { name: t.promotion.submit });
    await alice.field("project_id").waitFor();
    assert.ok(await submit.isDisabled(), "no project is chosen");
    assert.equal(await alice.field("service_name").inputValue(), "web");
    const projects = await alice.field("project_id").locator("option").allTextContents();
    assert.equal(projects.length, 2, `only the other project, after the empty choice: ${projects}`);
    await alice.field("project_id").selectOption({ index: 1 });
    await alice.checkPage("promote");
    await alice.field("service_name").fill("Shop");
    await submit.click();
    await dialog.getByRole("alert").getByText(t.deploy.service).waitFor();
    await alice.field("service_name").fill("shop");
    await submit.click();
    await page.waitForURL((url) => /\/deployments\//.test(url.pathname) && url.href !== source);
    await alice.expectText(t.deployment.status.running);
    await page.locator("pre", { hasText: "GREETING" }).waitFor({ state: "attached" });
    const promoted = alice.link(t.promotion.from(1, Number(staging.split("/").at(-1)))).first();
    assert.equal(await promoted.getAttribute("href"), new URL(source).pathname);
    await alice.checkPage("deployment-promoted");

    await page.goto(production);
    await alice.service("shop").getByText(t.deployment.status.running).waitFor();
    await alice.close();
  });

  test(`a secret that the other project does not have is named (${where})`, async () => {
    const bob = await withProject("bob", view);
    const { t, page } = bob;
    const staging = page.url();
    await bob.newProject("production");
    await page.goto(staging);
    await deployBuild(bob, async () => {
      await bob.button(t.deploy.addSecret).click();
      await page.getByPlaceholder(t.deploy.secretName).fill("API_KEY");
      await page.getByPlaceholder(t.deploy.secretValue).fill("s3cret");
    });
    const dialog = page.getByRole("dialog");
    await bob.button(t.promotion.promote).click();
    await bob.field("project_id").selectOption({ index: 1 });
    await dialog.getByRole("button", { name: t.promotion.submit }).click();
    await dialog.getByRole("alert").getByText(t.deploy.secret("API_KEY")).waitFor();
    await bob.checkPage("promote-refused");
    await dialog.getByRole("button", { name: t.cancel }).click();
    await dialog.waitFor({ state: "detached" });
    await bob.close();
  });

  test(`without another project there is nowhere to promote to (${where})`, async () => {
    const carol = await withProject("carol", view);
    await deployBuild(carol);
    await carol.button(carol.t.promotion.promote).click();
    await carol.expectText(carol.t.promotion.noProject);
    await carol.close();
  });
}
