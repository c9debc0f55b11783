// How the page handles errors.
import assert from "node:assert/strict";
import { test } from "node:test";
import { noLogReasons, problemReasons, buildSteps, buildWarnings } from "../../components/web/ui/src/i18n/api-codes.ts";
import { issueTexts } from "../../components/web/ui/src/i18n/issues.ts";
import { BrowserUser } from "./browser_user.ts";
import { browser, platform } from "./suite.ts";

const withProject = (login: string) => BrowserUser.withProject(browser, platform.url, login);

test("a failed build shows its step and the end of its log, and can be retried", async () => {
  const alice = await withProject("alice");
  await alice.build("fail-frontend");
  await alice.expectText(alice.t.build.failed);
  await alice.expectText(alice.t.build.stepFailed(buildSteps["Build the image from source"] ?? "no translation"));
  await alice.expectText(buildSteps["Check out the source"] ?? "no translation");
  await alice.page.locator(".log-lines .error").first().waitFor();
  await alice.checkPage("build-failed");

  // Edit and retry: the form has the values of the failed build, and unsent input survives a reload.
  const { t, page } = alice;
  const restored = page.getByText(t.restored);
  const failed = page.url();
  await alice.link(t.build.edit).click();
  assert.equal(await alice.field("repository_url").inputValue(), "https://github.com/acme/shop");
  assert.equal(await restored.count(), 0);
  await alice.field("service_name").fill("frontend");
  await page.reload();
  await restored.waitFor();
  assert.equal(await alice.field("service_name").inputValue(), "frontend");
  await alice.checkPage("restored");
  await alice.button(t.startOver).click();
  assert.equal(await alice.field("service_name").inputValue(), "fail-frontend");
  assert.equal(await restored.count(), 0);
  await page.goto(failed);
  await alice.button(alice.t.build.retry).click();
  await alice.expectText(alice.t.build.attempt(2));
  await alice.button(alice.t.build.cancel).click();
  await alice.expectText(alice.t.build.cancelled);
  await alice.close();
});

for (const language of ["fr", "en"] as const) {
  test(`submodules are fetched on request, and a build without them warns (${language})`, async () => {
    const alice = await BrowserUser.open(browser, platform.url, { language });
    const { t, page } = alice;
    await alice.signIn(`alice-submodules-${language}`);
    await alice.newProject("myapp");
    await alice.link(t.project.newBuild).click();
    await alice.field("repository_url").fill("https://github.com/acme/shop-submodule");
    await alice.field("service_name").fill("web");
    await page.getByText(t.more).click();
    await alice.expectText(t.newBuild.submodules);
    await alice.expectText(t.newBuild.lfs);
    await alice.button(t.newBuild.submit).click();
    await page.waitForURL(/\/builds\//);
    const warning =
      language === "fr" ? buildWarnings["submodules_not_fetched"] : "The repository has Git submodules, which this build did not fetch";
    await alice.expectText(warning ?? "no translation");
    await alice.expectText(t.build.success);
    await alice.checkPage(`build-warning-${language}`);

    // The form of the next build has the option, and the warning is gone.
    await alice.link(t.build.edit).click();
    await page.getByText(t.more).click();
    await alice.field("submodules").check();
    await alice.button(t.newBuild.submit).click();
    await page.waitForURL(/\/builds\//);
    await alice.expectText(t.build.success);
    assert.equal(await page.getByText(t.build.warnings).count(), 0);
    await alice.close();
  });
}

for (const language of ["fr", "en"] as const) {
  test(`errors suggest the intended value, and a command runs the image (${language})`, async () => {
    const alice = await BrowserUser.open(browser, platform.url, { language });
    const { t, page } = alice;
    const say = (french: string | RegExp, english: string | RegExp) => alice.expectText(language === "fr" ? french : english);
    await alice.signIn(`alice-command-${language}`);
    await alice.newProject("myapp");
    await alice.deployImage("web", "acme/shop-nocommand:1.0");
    await say(issueTexts["start_command"]?.message ?? "no translation", "Give it in “Command”");

    await alice.link(t.deployment.edit).first().click();
    await page.getByText(t.more).click();
    await alice.field("command").fill("npm start");
    await alice.field("memory_limit").fill("512");
    await alice.field("env_vars").fill("PORT=8080");
    await alice.button(t.deploy.preview).click();
    await say(/; peut-être 512Mi/, "; did you mean 512Mi?");
    await alice.field("memory_limit").fill("512Mi");
    await alice.button(t.deploy.preview).click();
    await say(/^La variable PORT n’est pas 3000/, /^The variable PORT is not 3000, the “Container port”,/);
    await alice.button(t.deploy.submit).click();
    await page.waitForURL(/\/deployments\//);
    await alice.expectText(t.deployment.status.running);
    await say(/^La variable PORT n’est pas 3000/, /^The variable PORT is not 3000, the “Container port”,/);
    await alice.checkPage("deployment-warning");
    await alice.link(t.deployment.edit).first().click();
    assert.equal(await alice.field("command").inputValue(), "npm start");
    await alice.close();
  });
}

test("an image pull error is explained with what to do", async () => {
  const alice = await withProject("bob");
  await alice.deployImage("web", "acme/shop-nopull:1.0");
  await alice.expectText(issueTexts["image_pull"]?.message ?? "no translation");
  await alice.page.getByRole("listitem").getByText("ImagePullBackOff", { exact: true }).first().waitFor();
  await alice.page.locator(".issues summary").first().click();
  await alice.expectText(/403 Forbidden/);
  await alice.expectText(noLogReasons.not_yet);
  const event = alice.page.getByRole("listitem").filter({ hasText: "Téléchargement de l’image" });
  await alice.button(alice.t.show).click();
  await event.first().waitFor();
  // Kubernetes' own messages are marked as English.
  await event.locator("[lang=en]").first().waitFor();
  await alice.checkPage("deployment-failed");
  await alice.close();
});

test("a rollout says that it waits for the first health check", async () => {
  const alice = await withProject("jill");
  await alice.deployImage("web", "acme/shop-unready:1.0");
  await alice.expectText(alice.t.deployment.rolloutPhases.health);
  await alice.checkPage("deployment-waits");
  await alice.close();
});

test("HTML in user input is shown as text", async () => {
  const hostile = "<img src=x onerror=alert(1)><script>alert(2)</script>";
  const mallory = await BrowserUser.open(browser, platform.url);
  const { t, page } = mallory;
  await mallory.signIn("mallory");
  await mallory.button(t.projects.new).click();
  await mallory.field("name").fill("myapp");
  await mallory.field("description").fill(hostile);
  await mallory.button(t.projects.create).click();
  await page.waitForURL(/\/projects\/\d+$/);
  await mallory.expectText(hostile);
  await mallory.link(t.project.newBuild).click();
  await mallory.field("repository_url").fill(`https://github.com/${hostile}/x`);
  await mallory.field("service_name").fill(hostile);
  await mallory.button(t.newBuild.submit).click();
  await mallory.expectText(t.errors.invalid);
  assert.equal(await mallory.field("service_name").inputValue(), hostile, "the input is kept");
  assert.equal(await mallory.field("service_name").getAttribute("aria-invalid"), "true");
  await mallory.checkPage("new-build-errors");
  await mallory.link("myapp").click();
  await mallory.deployImage("web", "nginx:1.29", async () => {
    await mallory.field("env_vars").fill(`HTML=${hostile}`);
    await page.locator("summary", { hasText: t.more }).click();
    await mallory.field("display_name").fill(hostile);
    await mallory.button(t.deploy.preview).click();
    await mallory.expectText(t.deploy.accepted);
    await page.getByRole("cell", { name: hostile }).first().waitFor();
  });
  await page.getByRole("heading", { level: 1, name: hostile }).waitFor();
  assert.equal(await page.locator("main img, main script").count(), 0);
  await mallory.close();
});

test("a duplicate project name is reported only in French", async () => {
  const ivy = await withProject("ivy");
  await ivy.link(ivy.t.nav.projects).first().click();
  await ivy.button(ivy.t.projects.new).click();
  await ivy.field("name").fill("myapp");
  await ivy.button(ivy.t.projects.create).click();
  await ivy.expectText(problemReasons.project_exists);
  assert.equal(await ivy.page.locator("main [lang=en]").count(), 0);
  await ivy.checkPage("name-taken");
  await ivy.close();
});

test("all field errors appear at their fields, in the user's language", async () => {
  const alice = await withProject("carol");
  const { t, page } = alice;
  await alice.link(t.project.deployImage).click();
  await alice.field("container_port").fill("70000");
  await alice.field("replicas").fill("beaucoup");
  await alice.field("env_vars").fill("PAS DE SIGNE");
  await alice.button(t.deploy.submit).click();
  await alice.expectText(t.deploy.invalidLine(1));
  await alice.field("env_vars").fill("1A=x");
  await alice.button(t.deploy.submit).click();
  await alice.expectText("doit être un nombre entier de 1 à 65535");
  for (const field of ["image_name", "service_name", "container_port", "replicas", "env_vars"]) {
    assert.equal(await alice.field(field).getAttribute("aria-invalid"), "true", field);
  }
  // The error summary links to each field.
  await page.getByRole("alert").getByRole("button", { name: t.deploy.port }).click();
  assert.equal(await page.evaluate(() => document.activeElement?.id), "field-container_port");
  await alice.checkPage("deploy-errors");
  await alice.close();
});

test("after a session expires, the form keeps everything except secrets", async () => {
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
  await alice.expectText(t.signIn.sessionExpired);
  await alice.signIn("dora");
  assert.equal(await alice.field("image_name").inputValue(), "nginx:1.29");
  assert.equal(await page.getByLabel(t.deploy.secretName, { exact: true }).inputValue(), "API_KEY");
  assert.equal(await page.getByLabel(`${t.deploy.secretValue} API_KEY`).inputValue(), "");
  await alice.close();
});

test("input is kept while the platform is down", async () => {
  const alice = await withProject("erin");
  const { t, page } = alice;
  const reconnect = () => page.evaluate(() => window.dispatchEvent(new Event("online")));
  await platform.stop();
  await reconnect();
  await alice.expectText(t.errors.connectionLost);
  await alice.link(t.project.newBuild).click();
  await alice.expectText(t.errors.offline);
  await platform.launch();
  await reconnect();
  await alice.field("repository_url").fill("https://github.com/acme/shop");
  await alice.field("service_name").fill("frontend");
  await platform.stop();
  await alice.button(t.newBuild.submit).click();
  await alice.expectText(t.errors.offline);
  await platform.launch();
  await alice.button(t.newBuild.submit).click();
  await alice.expectText(t.build.success);
  await alice.close();
});

test("a hidden tab sends no requests, and refetches when it becomes visible", async () => {
  const alice = await withProject("fay");
  await alice.build("frontend");
  await alice.expectText(alice.t.build.building);
  let requests = 0;
  alice.page.on("request", () => requests++);
  await alice.setHidden(true);
  await alice.page.waitForTimeout(500);
  requests = 0;
  await alice.page.waitForTimeout(5_000);
  assert.equal(requests, 0);
  await alice.setHidden(false);
  await alice.expectText(alice.t.build.success);
  assert.ok(requests > 0);
  await alice.close();
});

test("relative times update by themselves, but not in a hidden tab", async () => {
  const kim = await withProject("kim");
  await kim.link(kim.t.nav.projects).first().click();
  const time = kim.page.locator("time");
  const timeText = async () => (await time.textContent()) ?? "";
  const changes = async (from: string) => {
    for (let tries = 0; tries < 80 && (await timeText()) === from; tries++) await kim.page.waitForTimeout(100);
    return (await timeText()) !== from;
  };
  assert.ok(await changes(await timeText()));
  await kim.setHidden(true);
  const before = await timeText();
  assert.ok(!(await changes(before)));
  await kim.setHidden(false);
  assert.notEqual(await timeText(), before, "updated immediately");
  await kim.close();
});

test("the page works with the keyboard alone", async () => {
  const gus = await BrowserUser.open(browser, platform.url, { language: "en" });
  const { t, page } = gus;
  const press = async (name: string) => {
    for (let step = 0; step < 30; step++) {
      await page.keyboard.press("Tab");
      const at = await page.evaluate(() => document.activeElement?.textContent?.trim());
      if (at === name) return page.keyboard.press("Enter");
    }
    throw new Error(`the Tab key does not reach '${name}'`);
  };
  await gus.link(t.signIn.button).waitFor();
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), t.skip, "the first Tab reaches the skip link");
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
  assert.equal(await page.evaluate(() => document.activeElement?.tagName), "H1", "the new page's title has the focus");
  await page.goBack();
  await page.getByRole("heading", { name: "myapp" }).waitFor();
  await gus.close();
});

test("the API documentation is shown, and an unknown path returns 404", async () => {
  const visitor = await BrowserUser.open(browser, `${platform.url}/docs`);
  await visitor.expectText("/api/v1/deploy");
  await visitor.page.locator("summary", { hasText: "/api/v1/deploy" }).first().click();
  await visitor.page.locator("details[open]").getByText("Some fields need a change.").waitFor();
  await visitor.checkPage("docs");
  await visitor.signIn("hal").catch(() => {});
  const answer = await visitor.page.goto(`${platform.url}/nothing/here`);
  assert.equal(answer?.status(), 404);
  await visitor.close();
});
