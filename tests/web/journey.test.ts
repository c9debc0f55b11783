// A user's journey in both languages: sign in, build, deploy, change, roll back, delete.
import assert from "node:assert/strict";
import { test } from "node:test";
import { problemReasons } from "../../components/web/ui/src/i18n/api-codes.ts";
import { BrowserUser, VIEWS } from "./browser_user.ts";
import { browser, platform } from "./suite.ts";

for (const view of VIEWS) {
  test(`from sign-in to a running service, rollback and deletion (${view.language}, ${view.width} px)`, async () => {
    const startedAt = Date.now();
    const alice = await BrowserUser.open(browser, platform.url, view);
    const { t, page } = alice;
    await alice.link(t.signIn.button).waitFor();
    await alice.checkPage("sign-in");
    await alice.signIn(`alice-${view.language}`);
    await alice.expectText(t.projects.empty);
    await alice.checkPage("projects-empty");

    await alice.newProject("myapp");
    await alice.checkPage("project-empty");
    await alice.link(t.project.newBuild).click();
    await alice.field("repository_url").fill("https://github.com/acme/shop");
    await alice.field("service_name").fill("frontend");
    await alice.checkPage("new-build");
    await alice.button(t.newBuild.submit).click();
    await page.waitForURL(/\/builds\//);
    await alice.expectText(t.build.building);
    await alice.checkPage("building");

    await alice.expectText(t.build.success);
    await alice.button(t.build.showLogs).click();
    await alice.expectText("Successfully built image");
    await alice.checkPage("built");
    const digest = await page.getByText(/^sha256:[0-9a-f]{64}$/).textContent();

    await alice.link(t.build.deployNow).click();
    await page.getByRole("heading", { name: /myapp-frontend:latest$/ }).waitFor();
    await alice.field("env_vars").fill("COLOUR=red\n# a comment\nGREETING=\"hello\\nworld\"");
    await alice.button(t.deploy.addSecret).click();
    await page.getByLabel(t.deploy.secretName, { exact: true }).fill("API_KEY");
    await page.getByLabel(`${t.deploy.secretValue} API_KEY`).fill("sentinel-secret");
    await alice.button(t.deploy.preview).click();
    await alice.expectText(t.deploy.accepted);
    await alice.checkPage("preview");
    await alice.button(t.deploy.submit).click();
    await page.waitForURL(/\/deployments\//);
    await alice.expectText(t.deployment.status.running);
    await alice.expectText("Listening on");
    await alice.expectText(digest ?? "no digest");
    await alice.checkPage("deployment");
    const duration = (Date.now() - startedAt) / 1_000;
    assert.ok(duration < 120, `from nothing to a running service took ${duration} s`);

    // Change a variable: the secret keeps its value, the pods are replaced.
    await alice.link(t.deployment.edit).click();
    assert.match(await alice.field("env_vars").inputValue(), /^COLOUR=red\nGREETING="hello\\nworld"\n$/m);
    await alice.field("env_vars").fill("COLOUR=blue");
    await alice.button(t.deploy.preview).click();
    const row = page.getByRole("row", { name: /^COLOUR/ });
    await row.first().waitFor();
    assert.match((await row.first().textContent()) ?? "", /COLOURredblue/);
    await alice.button(t.deploy.submit).click();
    await page.waitForURL(/\/deployments\//);
    await alice.expectText(t.project.revision(2));
    await alice.expectText(t.deployment.status.running);

    // The rollback dialog shows the changes first. Cancelling changes nothing.
    await alice.button(t.deployment.rollback).click();
    const rollbackDialog = page.getByRole("dialog");
    assert.match((await rollbackDialog.getByRole("row", { name: /COLOUR/ }).textContent()) ?? "", /bluered$/);
    assert.match((await rollbackDialog.getByRole("row", { name: /GREETING/ }).textContent()) ?? "", /–hello\nworld$/);
    assert.equal(await rollbackDialog.getByRole("row").count(), 3, "a header and two changes");
    await alice.checkPage("rollback");
    await rollbackDialog.getByRole("button", { name: t.cancel }).click();
    await rollbackDialog.waitFor({ state: "detached" });
    await alice.button(t.deployment.rollback).click();
    await rollbackDialog.getByRole("button", { name: t.deployment.rollback }).click();
    await alice.expectText(t.deployment.rolledBack(3, 1));
    await alice.expectText(t.deployment.releaseOf(3, 1));
    const first = page.getByRole("listitem").filter({ hasText: t.project.revision(1) });
    await first.getByText(t.deployment.current, { exact: true }).waitFor();
    await alice.expectText(t.deployment.status.running);
    await first.getByText(t.deployment.configuration).click();
    await first.getByText('"COLOUR": "red"').waitFor();
    await alice.checkPage("revisions");

    // Deleting requires typing the name.
    await alice.button(t.deployment.delete).click();
    const dialog = page.getByRole("dialog");
    await alice.checkPage("delete");
    assert.ok(await dialog.getByRole("button", { name: t.deployment.delete }).isDisabled());
    await dialog.getByLabel(t.settings.confirmName("frontend")).fill("frontend");
    await dialog.getByRole("button", { name: t.deployment.delete }).click();
    await page.waitForURL(/\/projects\/\d+$/);
    await alice.service("frontend").waitFor();
    assert.equal(await alice.service("frontend").getByText(t.service.deployment, { exact: true }).count(), 0);
    await alice.checkPage("project");
    assert.ok(!(await browserStorage(alice)).includes("sentinel-secret"), "the browser does not store secrets");
    await alice.close();
  });
}

/** The page's session and local storage. */
async function browserStorage(user: BrowserUser): Promise<string> {
  return user.page.evaluate(() => JSON.stringify({ ...sessionStorage, ...localStorage }));
}

test("an API token is shown once and can be revoked, and the user can sign out", async () => {
  const bob = await BrowserUser.open(browser, platform.url, { language: "en" });
  const { t, page } = bob;
  await bob.signIn("bob");
  await bob.link(t.nav.account).click();
  await bob.field("name").fill("ci");
  await page.getByLabel(t.account.scope.build).check();
  await bob.button(t.account.create).click();
  const token = await page.locator("code", { hasText: /^nkt_/ }).textContent();
  const requestWithToken = () => fetch(`${platform.url}/api/v1/projects`, { headers: { authorization: `Bearer ${token}` } });
  assert.equal((await requestWithToken()).status, 200);
  await bob.checkPage("account");
  await page.reload();
  await bob.button(t.account.revoke).waitFor();
  assert.ok(!(await page.content()).includes(token ?? "no token"));
  await bob.button(t.account.revoke).click();
  await bob.expectText(t.account.revoked);
  assert.equal((await requestWithToken()).status, 401);
  await bob.button(t.signIn.signOut).click();
  await bob.link(t.signIn.button).waitFor();
  await bob.close();
});

test("a viewer sees the whole project, but no actions that require another role", async () => {
  const carol = await BrowserUser.open(browser, platform.url);
  const { t, page } = carol;
  await carol.signIn("carol");
  const name = await carol.username();
  const dave = await BrowserUser.open(browser, platform.url);
  await dave.signIn("dave");
  await dave.newProject("shared");
  const project = dave.page.url();
  await dave.build("fail-frontend");
  await dave.button(t.build.retry).waitFor();
  const build = dave.page.url();
  await dave.page.goto(project);
  await dave.deployImage("web", "nginx:1.29");
  await dave.button(t.deployment.restart).waitFor();
  await dave.expectText(t.deployment.status.running);
  const deployment = dave.page.url();

  await dave.page.goto(project);
  await dave.link(t.project.settings).click();
  await dave.invite(name, "viewer");
  await carol.acceptInvitation("shared");
  await dave.page.reload();
  await dave.page.getByLabel(`${t.settings.role} ${name}`).waitFor();
  const deployed = dave.link(t.audit.actions["deployment.deploy"]?.("", "") ?? "no text");
  assert.equal(new URL(deployment).pathname, await deployed.getAttribute("href"));
  await dave.checkPage("settings");

  // Every page by its URL shows its content, the reason for read-only access, and no forbidden actions.
  const readOnlyNotice = t.project.readOnly("dave");
  const pages = [
    { url: project, content: "nginx:1.29", allowed: [t.project.settings, t.showMore] },
    { url: build, content: t.build.failed, allowed: [t.build.hideLogs] },
    { url: deployment, content: "Listening on", allowed: [t.show] },
    { url: `${project}/build`, content: t.newBuild.title, allowed: [] },
    { url: `${project}/deploy`, content: t.deploy.image, allowed: [] },
  ];
  for (const [index, { url, content, allowed }] of pages.entries()) {
    await page.goto(url);
    await carol.expectText(readOnlyNotice);
    await carol.expectText(content);
    const controls = page.locator("main button, main a.button, main input[type=text], main textarea");
    const unexpected = (await controls.allTextContents()).filter((text) => text !== t.copy && !allowed.includes(text));
    assert.deepEqual(unexpected, [], url);
    await carol.checkPage(`viewer-${index}`);
  }
  await page.goto(`${project}/settings`);
  await carol.expectText(t.settings.ownerOnly("dave"));
  await carol.button(t.settings.leave).waitFor();
  assert.equal(await page.locator("form").count(), 0);
  await carol.checkPage("viewer-settings");

  const roleChanged = dave.page.waitForResponse((answer) => answer.request().method() === "PUT");
  await dave.page.getByLabel(`${t.settings.role} ${name}`).selectOption("developer");
  await roleChanged;
  await page.goto(build);
  await carol.button(t.build.retry).waitFor();
  assert.equal(await page.getByText(readOnlyNotice).count(), 0);
  await carol.close();
  await dave.close();
});

test("an administrator revokes and restores a user's access", async () => {
  const erin = await BrowserUser.open(browser, platform.url);
  await erin.signIn("erin");
  await erin.newProject("kept");
  const name = await erin.username();
  assert.equal(await erin.link(erin.t.nav.administration).count(), 0);
  await erin.page.goto(`${platform.url}/people`);
  await erin.expectText(erin.t.administration.administratorsOnly("erin"));
  assert.equal(await erin.page.locator("main form, main button").count(), 0);
  await erin.checkPage("administrators-only");

  const root = await BrowserUser.open(browser, platform.url, { language: "en", width: 390, scheme: "dark" });
  const { t, page } = root;
  await root.signIn("admin");
  const own = await root.username();
  await root.link(t.nav.administration).click();
  const find = async (username: string) => {
    await root.field("username").fill(username);
    await root.button(t.administration.search).click();
  };
  await find("nobody-here");
  await root.expectText("nobody with the name 'nobody-here' has signed in here yet");
  await find(own);
  await root.expectText(t.administration.cannotRevokeOwn);
  assert.equal(await root.button(t.administration.revokeAccess).count(), 0);
  await find(name);
  await root.expectText(t.audit.actions["session.begin"]?.("", "") ?? "no text");
  // Only administrators see the details of the checks.
  await root.expectText("every setting is there and well-formed");
  await page.getByRole("listitem").filter({ hasText: "cluster" }).getByText(t.administration.check.true).waitFor();
  await root.checkPage("people");

  // Cancelling changes nothing.
  const dialog = page.getByRole("dialog");
  await root.button(t.administration.revokeAccess).click();
  await dialog.getByText(t.administration.revokeAccessHint[1] ?? "no text").waitFor();
  await root.checkPage("revoke-access");
  await dialog.getByRole("button", { name: t.cancel }).click();
  await dialog.waitFor({ state: "detached" });
  await erin.page.goto(platform.url);
  await erin.link("kept").waitFor();

  await root.button(t.administration.revokeAccess).click();
  await dialog.getByRole("button", { name: t.administration.revokeAccess }).click();
  await root.expectText(t.administration.accessRevoked(name));
  await root.expectText(t.audit.actions["person.block"]?.(name, "") ?? "no text");
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), t.administration.revokeAccess, "the button has the focus again");
  await root.checkPage("access-revoked");
  await erin.page.reload();
  await erin.expectText(problemReasons.blocked);
  await erin.context.clearCookies();
  await erin.page.goto(platform.url);
  await erin.startSignIn("erin");
  await erin.expectText(erin.t.signIn.errors.forbidden);

  await root.button(t.administration.restoreAccess).click();
  await root.expectText(t.administration.accessRestored(name));
  await erin.signIn("erin");
  await erin.link("kept").waitFor();
  await erin.close();
  await root.close();
});
