// From a commit to a page, without any account: the example repository is built with BuildKit, deployed to a real
// cluster, opened in the browser, changed, committed and built again.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { launch, BrowserUser } from "../browser_user.ts";
import { Platform } from "../platform.ts";

let platform: Platform;
let browser: Browser;

before(async () => {
  const args = ["--cluster", process.env["NOKUBE_CLUSTER"] ?? "real", "--build", "real", "--registry-port", "5051"];
  [platform, browser] = await Promise.all([Platform.start("nokube-dev-real", args), launch()]);
});

after(async () => {
  await browser.close();
  await platform.shutDown();
});

test("a commit becomes a page, and so does the next one", async () => {
  const startedAt = Date.now();
  const alice = await BrowserUser.open(browser, platform.url, { language: "en" });
  await alice.signIn("alice");
  await alice.newProject("myapp");
  const project = alice.page.url();
  await buildExample(alice);
  await alice.button(alice.t.build.showLogs).click();
  await alice.expectText("COPY site /site");
  const digest = await builtDigest(alice);

  await alice.link(alice.t.build.deployNow).click();
  await alice.field("container_port").fill("8080");
  await alice.field("env_vars").fill("GREETING=Good <morning>\nAPI_KEY_HINT=hidden-7301");
  await alice.button(alice.t.deploy.submit).click();
  await alice.page.waitForURL(/\/deployments\//);
  const deployment = alice.page.url();
  await alice.expectText(alice.t.deployment.status.running);
  await alice.expectText(digest);
  const address = await alice.link(alice.t.deployment.open).getAttribute("href");
  const page = await openPage(address ?? "no address");
  console.log(`from sign-in to the page: ${(Date.now() - startedAt) / 1_000} s`);
  assert.ok(page.includes("<h1>Good &lt;morning&gt;</h1>"), page);
  assert.ok(page.includes("This page shows the variables"), page);
  assert.ok(!page.includes("hidden-7301"), page);

  const changedAt = Date.now();
  commitChange("This page shows the variables of its service.", "This page was changed by a commit.");
  await alice.page.goto(project);
  await buildExample(alice);
  const secondDigest = await builtDigest(alice);
  assert.notEqual(secondDigest, digest);
  await alice.link(alice.t.build.deployNow).click();
  await alice.button(alice.t.deploy.submit).click();
  await alice.page.waitForURL(deployment);
  await alice.expectText(secondDigest);
  const changed = await openPage(address ?? "no address", "changed by a commit");
  console.log(`from the commit to the changed page: ${(Date.now() - changedAt) / 1_000} s`);
  assert.ok(changed.includes("This page was changed by a commit."), changed);
  assert.ok(changed.includes("<h1>Good &lt;morning&gt;</h1>"), "the variables are still there");
  await alice.close();

  await platform.stop();
  assert.deepEqual(leftProcesses(), []);
  assert.ok(!readFileSync("/proc/mounts", "utf8").includes(platform.stateDir));
});

/** Builds the example's Dockerfile, with the form, and waits for the image. */
async function buildExample(user: BrowserUser): Promise<void> {
  await user.link(user.t.project.newBuild).click();
  await user.field("repository_url").fill("https://github.com/examples/hello");
  await user.field("service_name").fill("hello");
  await user.page.getByLabel(user.t.newBuild.dockerfileInRepository).check();
  await user.field("dockerfile_path").fill("Dockerfile");
  await user.button(user.t.newBuild.submit).click();
  await user.page.waitForURL(/\/builds\//);
  await user.expectText(user.t.build.success);
}

async function builtDigest(user: BrowserUser): Promise<string> {
  return (await user.page.getByText(/^sha256:[0-9a-f]{64}$/).first().textContent()) ?? "no digest";
}

/** What the browser shows at the address of the service, reloaded until the text is there. */
async function openPage(address: string, text = "<h1>"): Promise<string> {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const page = await context.newPage();
  const startedAt = Date.now();
  let content = "";
  while (!content.includes(text) && Date.now() - startedAt < 60_000) {
    const response = await page.goto(address);
    assert.equal(response?.status(), 200, address);
    content = await page.content();
    await page.waitForTimeout(200);
  }
  await context.close();
  return content;
}

function commitChange(from: string, to: string): void {
  const repository = join(platform.stateDir, "repositories/examples/hello");
  const file = join(repository, "site/cgi-bin/index.cgi");
  const text = readFileSync(file, "utf8");
  assert.ok(text.includes(from));
  writeFileSync(file, text.replace(from, to));
  const identity = ["-c", "user.name=Alice", "-c", "user.email=alice@example.org"];
  execFileSync("git", [...identity, "commit", "--quiet", "--all", "--message=Change the page"], { cwd: repository });
}

/** The command lines of processes that have the folder of the instance in their environment. */
function leftProcesses(): string[] {
  return readdirSync("/proc").flatMap((id) => {
    try {
      if (!readFileSync(`/proc/${id}/environ`, "utf8").includes(platform.stateDir)) return [];
      return [readFileSync(`/proc/${id}/cmdline`, "utf8")];
    } catch {
      return []; // no process, or one that has just ended
    }
  });
}
