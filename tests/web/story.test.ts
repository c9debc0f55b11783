// The whole story, in both languages: from the sign-in to a running service, a change, back, and gone.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { reasons } from "../../components/web/ui/src/i18n/words.ts";
import { launch, Person, type Manner } from "./person.ts";
import { Platform } from "./platform.ts";

let platform: Platform;
let browser: Browser;

before(async () => {
  [platform, browser] = await Promise.all([Platform.start(), launch()]);
});

after(async () => {
  await browser.close();
  await platform.end();
});

const manners: Manner[] = [
  { language: "fr", width: 1280, scheme: "light" },
  { language: "en", width: 390, scheme: "dark" },
];

for (const manner of manners) {
  test(`from the sign-in to the service and back (${manner.language}, ${manner.width} px)`, async () => {
    const began = Date.now();
    const alice = await Person.at(browser, platform.url, manner);
    const { t, page } = alice;
    await alice.link(t.signIn.button).waitFor();
    await alice.looks("sign-in");
    await alice.signIn(`alice-${manner.language}`);
    await alice.sees(t.projects.empty);
    await alice.looks("projects-empty");

    await alice.newProject("myapp");
    await alice.looks("project-empty");
    await alice.link(t.project.newBuild).click();
    await alice.field("repository_url").fill("https://github.com/acme/shop");
    await alice.field("service_name").fill("frontend");
    await alice.looks("new-build");
    await alice.button(t.newBuild.submit).click();
    await page.waitForURL(/\/builds\//);
    await alice.sees(t.build.building);
    await alice.looks("building");

    await alice.sees(t.build.success);
    await alice.button(t.build.seeLogs).click();
    await alice.sees("Successfully built image");
    await alice.looks("built");
    const digest = await page.getByText(/^sha256:[0-9a-f]{64}$/).textContent();

    await alice.link(t.build.deployNow).click();
    await page.getByRole("heading", { name: /myapp-frontend:latest$/ }).waitFor();
    await alice.field("env_vars").fill("COLOUR=red\n# a comment\nGREETING=\"hello\\nworld\"");
    await alice.button(t.deploy.addSecret).click();
    await page.getByLabel(t.deploy.secretName, { exact: true }).fill("API_KEY");
    await page.getByLabel(`${t.deploy.secretValue} API_KEY`).fill("sentinel-secret");
    await alice.button(t.deploy.preview).click();
    await alice.sees(t.deploy.accepted);
    await alice.looks("preview");
    await alice.button(t.deploy.submit).click();
    await page.waitForURL(/\/deployments\//);
    await alice.sees(t.deployment.status.running);
    await alice.sees("Listening on");
    await alice.sees(digest ?? "no digest");
    await alice.looks("deployment");
    const story = (Date.now() - began) / 1_000;
    assert.ok(story < 120, `from nothing to a running service took ${story} s`);

    // Another colour: the secret stays as it is, the pods are new.
    await alice.link(t.deployment.edit).click();
    assert.match(await alice.field("env_vars").inputValue(), /^COLOUR=red\nGREETING="hello\\nworld"\n$/m);
    await alice.field("env_vars").fill("COLOUR=blue");
    await alice.button(t.deploy.preview).click();
    const row = page.getByRole("row", { name: /^COLOUR/ });
    await row.first().waitFor();
    assert.match((await row.first().textContent()) ?? "", /COLOURredblue/);
    await alice.button(t.deploy.submit).click();
    await page.waitForURL(/\/deployments\//);
    await alice.sees(t.project.revision(2));
    await alice.sees(t.deployment.status.running);

    // What it changes is shown before; whoever cancels has changed nothing.
    await alice.button(t.deployment.rollback).click();
    const asked = page.getByRole("dialog");
    assert.match((await asked.getByRole("row", { name: /COLOUR/ }).textContent()) ?? "", /bluered$/);
    assert.match((await asked.getByRole("row", { name: /GREETING/ }).textContent()) ?? "", /–hello\nworld$/);
    assert.equal(await asked.getByRole("row").count(), 3, "and nothing else");
    await alice.looks("rollback");
    await asked.getByRole("button", { name: t.cancel }).click();
    await asked.waitFor({ state: "detached" });
    await alice.button(t.deployment.rollback).click();
    await asked.getByRole("button", { name: t.deployment.rollback }).click();
    await alice.sees(t.deployment.wentBack(3, 1));
    await alice.sees(t.deployment.releaseOf(3, 1));
    const first = page.getByRole("listitem").filter({ hasText: t.project.revision(1) });
    await first.getByText(t.deployment.current, { exact: true }).waitFor();
    await alice.sees(t.deployment.status.running);
    await first.getByText(t.deployment.configuration).click();
    await first.getByText('"COLOUR": "red"').waitFor();
    await alice.looks("revisions");

    // Whoever types the name means it.
    await alice.button(t.deployment.delete).click();
    const dialog = page.getByRole("dialog");
    await alice.looks("delete");
    assert.ok(await dialog.getByRole("button", { name: t.deployment.delete }).isDisabled());
    await dialog.getByLabel(t.settings.confirmName("frontend")).fill("frontend");
    await dialog.getByRole("button", { name: t.deployment.delete }).click();
    await page.waitForURL(/\/projects\/\d+$/);
    await alice.sees(t.project.noServices);
    await alice.looks("project");
    assert.ok(!(await everythingKept(alice)).includes("sentinel-secret"), "the browser keeps no secret");
    await alice.leaves();
  });
}

/** All that the browser keeps of the page. */
async function everythingKept(person: Person): Promise<string> {
  return person.page.evaluate(() => JSON.stringify({ ...sessionStorage, ...localStorage }));
}

test("an account: a token that is shown once, revoked, and signing out", async () => {
  const bob = await Person.at(browser, platform.url, { language: "en" });
  const { t, page } = bob;
  await bob.signIn("bob");
  await bob.link(t.nav.account).click();
  await bob.field("name").fill("ci");
  await page.getByLabel(t.account.scope.build).check();
  await bob.button(t.account.create).click();
  const token = await page.locator("code", { hasText: /^nkt_/ }).textContent();
  const use = () => fetch(`${platform.url}/api/v1/projects`, { headers: { authorization: `Bearer ${token}` } });
  assert.equal((await use()).status, 200);
  await bob.looks("account");
  await page.reload();
  await bob.button(t.account.revoke).waitFor();
  assert.ok(!(await page.content()).includes(token ?? "no token"));
  await bob.button(t.account.revoke).click();
  await bob.sees(t.account.revoked);
  assert.equal((await use()).status, 401);
  await bob.button(t.signIn.out).click();
  await bob.link(t.signIn.button).waitFor();
  await bob.leaves();
});

test("a viewer sees all of a project, and is offered nothing that would be refused", async () => {
  const carol = await Person.at(browser, platform.url);
  const { t, page } = carol;
  await carol.signIn("carol");
  const name = await carol.username();
  const dave = await Person.at(browser, platform.url);
  await dave.signIn("dave");
  await dave.newProject("shared");
  const project = dave.page.url();
  await dave.build("fail-frontend");
  await dave.button(t.build.retry).waitFor();
  const build = dave.page.url();
  await dave.page.goto(project);
  await dave.deployImage("web", "nginx:1.29");
  await dave.button(t.deployment.restart).waitFor();
  await dave.sees(t.deployment.status.running);
  const deployment = dave.page.url();

  await dave.page.goto(project);
  await dave.link(t.project.settings).click();
  await dave.field("username").fill("nobody-here");
  await dave.button(t.settings.add).click();
  await dave.sees("personne du nom de « nobody-here »");
  await dave.field("username").fill(name);
  await dave.field("role").selectOption("viewer");
  await dave.button(t.settings.add).click();
  await dave.page.getByRole("listitem").filter({ hasText: name }).waitFor();
  const deployed = dave.link(t.trail.actions["deployment.deploy"]?.("") ?? "no words");
  assert.equal(new URL(deployment).pathname, await deployed.getAttribute("href"));
  await dave.looks("settings");

  // Every page, by its address: what is there is shown, what would be refused is not offered, and why.
  const why = t.project.lookOnly("dave");
  const pages = [
    { at: project, shows: "nginx:1.29", offers: [t.project.settings, t.showMore] },
    { at: build, shows: t.build.failed, offers: [t.build.hideLogs] },
    { at: deployment, shows: "Listening on", offers: [t.show] },
    { at: `${project}/build`, shows: t.newBuild.title, offers: [] },
    { at: `${project}/deploy`, shows: t.deploy.image, offers: [] },
  ];
  for (const [index, { at, shows, offers }] of pages.entries()) {
    await page.goto(at);
    await carol.sees(why);
    await carol.sees(shows);
    const offered = page.locator("main button, main a.button, main input[type=text], main textarea");
    const others = (await offered.allTextContents()).filter((text) => text !== t.copy && !offers.includes(text));
    assert.deepEqual(others, [], at);
    await carol.looks(`viewer-${index}`);
  }
  await page.goto(`${project}/settings`);
  await carol.sees(t.settings.forOwner("dave"));
  await carol.button(t.settings.leave).waitFor();
  assert.equal(await page.locator("form").count(), 0);
  await carol.looks("viewer-settings");

  const changed = dave.page.waitForResponse((answer) => answer.request().method() === "PUT");
  await dave.page.getByLabel(`${t.settings.role} ${name}`).selectOption("developer");
  await changed;
  await page.goto(build);
  await carol.button(t.build.retry).waitFor();
  assert.equal(await page.getByText(why).count(), 0);
  await carol.leaves();
  await dave.leaves();
});

test("an administrator takes somebody's access away, and gives it back", async () => {
  const erin = await Person.at(browser, platform.url);
  await erin.signIn("erin");
  await erin.newProject("kept");
  const name = await erin.username();
  assert.equal(await erin.link(erin.t.nav.people).count(), 0);
  await erin.page.goto(`${platform.url}/people`);
  await erin.sees(erin.t.people.notYours("erin"));
  assert.equal(await erin.page.locator("main form, main button").count(), 0);
  await erin.looks("people-not-yours");

  const root = await Person.at(browser, platform.url, { language: "en", width: 390, scheme: "dark" });
  const { t, page } = root;
  await root.signIn("admin");
  const own = await root.username();
  await root.link(t.nav.people).click();
  const find = async (username: string) => {
    await root.field("username").fill(username);
    await root.button(t.people.find).click();
  };
  await find("nobody-here");
  await root.sees("nobody with the name 'nobody-here' has signed in here yet");
  await find(own);
  await root.sees(t.people.yourself);
  assert.equal(await root.button(t.people.take).count(), 0);
  await find(name);
  await root.sees(t.trail.actions["session.begin"]?.("") ?? "no words");
  // Why it is well is told to administrators alone.
  await root.sees("every setting is there and well-formed");
  await page.getByRole("listitem").filter({ hasText: "cluster" }).getByText(t.people.check.true).waitFor();
  await root.looks("people");

  // Whoever cancels has taken nothing away.
  const dialog = page.getByRole("dialog");
  await root.button(t.people.take).click();
  await dialog.getByText(t.people.takeHint[1] ?? "no words").waitFor();
  await root.looks("people-sure");
  await dialog.getByRole("button", { name: t.cancel }).click();
  await dialog.waitFor({ state: "detached" });
  await erin.page.goto(platform.url);
  await erin.link("kept").waitFor();

  await root.button(t.people.take).click();
  await dialog.getByRole("button", { name: t.people.take }).click();
  await root.sees(t.people.taken(name));
  await root.sees(t.trail.actions["person.block"]?.(name) ?? "no words");
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), t.people.take, "where it was");
  await root.looks("people-taken");
  await erin.page.reload();
  await erin.sees(reasons.Blocked);
  await erin.context.clearCookies();
  await erin.page.goto(platform.url);
  await erin.comesAs("erin");
  await erin.sees(erin.t.signIn.failures.forbidden);

  await root.button(t.people.give).click();
  await root.sees(t.people.given(name));
  await erin.signIn("erin");
  await erin.link("kept").waitFor();
  await erin.leaves();
  await root.leaves();
});
