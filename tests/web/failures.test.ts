// What the page says and does when something goes wrong.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { codes, noLog, reasons, steps } from "../../components/web/ui/src/i18n/words.ts";
import { launch, Person } from "./person.ts";
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

/** Somebody with a project. */
async function withProject(login: string): Promise<Person> {
  const person = await Person.at(browser, platform.url);
  await person.signIn(login);
  await person.newProject("myapp");
  return person;
}

test("a build that fails names its step, shows the end of its log, and is tried again", async () => {
  const alice = await withProject("alice");
  await alice.build("fail-frontend");
  await alice.sees(alice.t.build.failed);
  await alice.sees(alice.t.build.stepFailed(steps["Build the image from source"] ?? "no words"));
  await alice.sees(steps["Check out the source"] ?? "no words");
  await alice.page.locator(".lines .error").first().waitFor();
  await alice.looks("build-failed");

  // Or with a change: the form knows what was asked for, and keeps what is typed until it is sent.
  const { t, page } = alice;
  const restored = page.getByText(t.restored);
  const failed = page.url();
  await alice.link(t.build.change).click();
  assert.equal(await alice.field("repository_url").inputValue(), "https://github.com/acme/shop");
  assert.equal(await restored.count(), 0);
  await alice.field("service_name").fill("frontend");
  await page.reload();
  await restored.waitFor();
  assert.equal(await alice.field("service_name").inputValue(), "frontend");
  await alice.looks("restored");
  await alice.button(t.anew).click();
  assert.equal(await alice.field("service_name").inputValue(), "fail-frontend");
  assert.equal(await restored.count(), 0);
  await page.goto(failed);
  await alice.button(alice.t.build.retry).click();
  await alice.sees(alice.t.build.attempt(2));
  await alice.button(alice.t.build.cancel).click();
  await alice.sees(alice.t.build.cancelled);
  await alice.leaves();
});

test("an image that cannot be pulled is said in words, with what to do", async () => {
  const alice = await withProject("bob");
  await alice.deployImage("web", "acme/shop-nopull:1.0");
  await alice.sees(codes["image_pull"] ?? "no words");
  await alice.sees("ImagePullBackOff");
  await alice.sees(noLog.NotYet);
  const event = alice.page.getByRole("listitem").filter({ hasText: "Téléchargement de l’image" });
  await alice.button(alice.t.show).click();
  await event.first().waitFor();
  // What Kubernetes has written is English, and says so.
  await event.locator("[lang=en]").first().waitFor();
  await alice.looks("deployment-failed");
  await alice.leaves();
});

test("a program that does not answer is said to be waited for, at once", async () => {
  const alice = await withProject("jill");
  await alice.deployImage("web", "acme/shop-unready:1.0");
  await alice.sees(alice.t.deployment.waits.health);
  await alice.looks("deployment-waits");
  await alice.leaves();
});

test("what is hostile is shown as text", async () => {
  const hostile = "<img src=x onerror=alert(1)><script>alert(2)</script>";
  const mallory = await Person.at(browser, platform.url);
  const { t, page } = mallory;
  await mallory.signIn("mallory");
  await mallory.button(t.projects.new).click();
  await mallory.field("name").fill("myapp");
  await mallory.field("description").fill(hostile);
  await mallory.button(t.projects.create).click();
  await page.waitForURL(/\/projects\/\d+$/);
  await mallory.sees(hostile);
  await mallory.link(t.project.newBuild).click();
  await mallory.field("repository_url").fill(`https://github.com/${hostile}/x`);
  await mallory.field("service_name").fill(hostile);
  await mallory.button(t.newBuild.submit).click();
  await mallory.sees(t.failures.invalid);
  assert.equal(await mallory.field("service_name").inputValue(), hostile, "what was typed is kept");
  assert.equal(await mallory.field("service_name").getAttribute("aria-invalid"), "true");
  await mallory.looks("new-build-faults");
  await mallory.link("myapp").click();
  await mallory.deployImage("web", "nginx:1.29", async () => {
    await mallory.field("env_vars").fill(`HTML=${hostile}`);
    await page.locator("summary", { hasText: t.more }).click();
    await mallory.field("display_name").fill(hostile);
    await mallory.button(t.deploy.preview).click();
    await mallory.sees(t.deploy.accepted);
    await page.getByRole("cell", { name: hostile }).first().waitFor();
  });
  await page.getByRole("heading", { level: 1, name: hostile }).waitFor();
  assert.equal(await page.locator("main img, main script").count(), 0);
  await mallory.leaves();
});

test("a name that is taken is said in French, and in nothing else", async () => {
  const ivy = await withProject("ivy");
  await ivy.link(ivy.t.nav.projects).first().click();
  await ivy.button(ivy.t.projects.new).click();
  await ivy.field("name").fill("myapp");
  await ivy.button(ivy.t.projects.create).click();
  await ivy.sees(reasons.ProjectExists);
  assert.equal(await ivy.page.locator("main [lang=en]").count(), 0);
  await ivy.looks("name-taken");
  await ivy.leaves();
});

test("faults stand at their fields, in the reader's language, all at once", async () => {
  const alice = await withProject("carol");
  const { t, page } = alice;
  await alice.link(t.project.deployImage).click();
  await alice.field("container_port").fill("70000");
  await alice.field("replicas").fill("beaucoup");
  await alice.field("env_vars").fill("PAS DE SIGNE");
  await alice.button(t.deploy.submit).click();
  await alice.sees(t.deploy.badLine(1));
  await alice.field("env_vars").fill("1A=x");
  await alice.button(t.deploy.submit).click();
  await alice.sees("doit être un nombre entier de 1 à 65535");
  for (const field of ["image_name", "service_name", "container_port", "replicas", "env_vars"]) {
    assert.equal(await alice.field(field).getAttribute("aria-invalid"), "true", field);
  }
  // The list above leads to each.
  await page.getByRole("alert").getByRole("button", { name: t.deploy.port }).click();
  assert.equal(await page.evaluate(() => document.activeElement?.id), "field-container_port");
  await alice.looks("deploy-faults");
  await alice.leaves();
});

test("a session that ends takes nothing with it but secrets", async () => {
  const alice = await withProject("dora");
  const { t, page } = alice;
  await alice.link(t.project.deployImage).click();
  await alice.field("image_name").fill("nginx:1.29");
  await alice.field("service_name").fill("web");
  await alice.button(t.deploy.addSecret).click();
  await page.getByLabel(t.deploy.secretName, { exact: true }).fill("API_KEY");
  await page.getByLabel(`${t.deploy.secretValue} API_KEY`).fill("sentinel");
  await alice.context.clearCookies();
  await alice.button(t.deploy.submit).click();
  await alice.sees(t.signIn.again);
  await alice.signIn("dora");
  assert.equal(await alice.field("image_name").inputValue(), "nginx:1.29");
  assert.equal(await page.getByLabel(t.deploy.secretName, { exact: true }).inputValue(), "API_KEY");
  assert.equal(await page.getByLabel(`${t.deploy.secretValue} API_KEY`).inputValue(), "");
  await alice.leaves();
});

test("the platform goes away and comes back, and nothing that was typed is lost", async () => {
  const alice = await withProject("erin");
  const { t, page } = alice;
  const look = () => page.evaluate(() => window.dispatchEvent(new Event("online")));
  await platform.pause();
  await look();
  await alice.sees(t.failures.lost);
  await alice.link(t.project.newBuild).click();
  await alice.sees(t.failures.offline);
  await platform.begin();
  await look();
  await alice.field("repository_url").fill("https://github.com/acme/shop");
  await alice.field("service_name").fill("frontend");
  await platform.pause();
  await alice.button(t.newBuild.submit).click();
  await alice.sees(t.failures.offline);
  await platform.begin();
  await alice.button(t.newBuild.submit).click();
  await alice.sees(t.build.success);
  await alice.leaves();
});

test("a hidden tab asks for nothing, and looks as soon as it is seen", async () => {
  const alice = await withProject("fay");
  await alice.build("frontend");
  await alice.sees(alice.t.build.building);
  let asked = 0;
  alice.page.on("request", () => asked++);
  await alice.hides(true);
  await alice.page.waitForTimeout(500);
  asked = 0;
  await alice.page.waitForTimeout(5_000);
  assert.equal(asked, 0);
  await alice.hides(false);
  await alice.sees(alice.t.build.success);
  assert.ok(asked > 0);
  await alice.leaves();
});

test("times move on by themselves, and stand still in a tab that nobody sees", async () => {
  const kim = await withProject("kim");
  await kim.link(kim.t.nav.projects).first().click();
  const time = kim.page.locator("time");
  const shown = async () => (await time.textContent()) ?? "";
  const moved = async (from: string) => {
    for (let tries = 0; tries < 80 && (await shown()) === from; tries++) await kim.page.waitForTimeout(100);
    return (await shown()) !== from;
  };
  assert.ok(await moved(await shown()));
  await kim.hides(true);
  const before = await shown();
  assert.ok(!(await moved(before)));
  await kim.hides(false);
  assert.notEqual(await shown(), before, "at once");
  await kim.leaves();
});

test("all of it works by the keyboard alone", async () => {
  const gus = await Person.at(browser, platform.url, { language: "en" });
  const { t, page } = gus;
  const press = async (name: string) => {
    for (let step = 0; step < 30; step++) {
      await page.keyboard.press("Tab");
      const at = await page.evaluate(() => document.activeElement?.textContent?.trim());
      if (at === name) return page.keyboard.press("Enter");
    }
    throw new Error(`the Tab key does not come to '${name}'`);
  };
  await gus.link(t.signIn.button).waitFor();
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), t.skip, "first, past the head");
  await press(t.signIn.button);
  await page.locator("input[name=login]").waitFor();
  await page.keyboard.type("gus");
  await page.keyboard.press("Enter");
  await gus.button(t.projects.new).waitFor();
  await press(t.projects.new);
  await page.keyboard.press("Tab");
  await page.keyboard.type("myapp");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/projects\/\d+$/);
  await press(t.project.newBuild);
  await page.getByRole("heading", { name: t.newBuild.title }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement?.tagName), "H1", "reading goes on at the new page");
  await page.goBack();
  await page.getByRole("heading", { name: "myapp" }).waitFor();
  await gus.leaves();
});

test("the description of the API is readable, and what is nowhere says so", async () => {
  const anybody = await Person.at(browser, `${platform.url}/docs`);
  await anybody.sees("/api/v1/deploy");
  await anybody.page.locator("summary", { hasText: "/api/v1/deploy" }).first().click();
  await anybody.page.locator("details[open]").getByText("Some fields need a change.").waitFor();
  await anybody.looks("docs");
  await anybody.signIn("hal").catch(() => {});
  const answer = await anybody.page.goto(`${platform.url}/nothing/here`);
  assert.equal(answer?.status(), 404);
  await anybody.leaves();
});
