// The page that registers the GitHub App (ops/github-app), from the disk: no server.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import type { Browser, Page, Request } from "playwright-core";
import { launch } from "./person.ts";

const file = pathToFileURL(join(import.meta.dirname, "../../ops/github-app/index.html")).href;
let browser: Browser;

before(async () => {
  browser = await launch();
});

after(async () => {
  await browser.close();
});

/** The page, what it complains of, and what it sends: nothing leaves this machine. */
async function open(): Promise<{ page: Page; said: string[]; sent: Request[] }> {
  const page = await browser.newPage();
  const [said, sent]: [string[], Request[]] = [[], []];
  page.on("console", (message) => said.push(message.text()));
  await page.route(/^https?:/, (route) => {
    sent.push(route.request());
    return route.fulfill({ body: "GitHub" });
  });
  await page.goto(file);
  return { page, said, sent };
}

test("an address that is no origin with https is refused", async () => {
  const { page, said, sent } = await open();
  const button = page.getByRole("button");
  for (const wrong of ["http://nokube.example.org", "https://nokube.example.org/path", "https://nokube.example.org?a", "nokube"]) {
    await page.locator("#platform").fill(wrong);
    assert.equal(await page.locator("#platform:invalid").count(), 1, wrong);
    await button.click();
  }
  await page.locator("#platform").fill("https://nokube.example.org/");
  await page.locator("#github").fill("http://github.example.org");
  await button.click();
  assert.deepEqual(sent, []);
  assert.deepEqual(said, [], "the browser understands the page");
  await page.close();
});

for (const { organisation, github, to } of [
  { organisation: "my-org", github: "https://github.com", to: "https://github.com/organizations/my-org/settings/apps/new" },
  { organisation: "", github: "https://github.example.org/", to: "https://github.example.org/settings/apps/new" },
]) {
  test(`the App is asked for at ${to}`, async () => {
    const { page, said, sent } = await open();
    await page.locator("#platform").fill("https://nokube.example.org/");
    await page.locator("#organisation").fill(organisation);
    await page.locator("#name").fill("Ours");
    await page.locator("#github").fill(github);
    await page.getByRole("button").click();
    await page.waitForURL(to);
    const [request, ...others] = sent;
    assert.ok(request !== undefined && others.length === 0);
    assert.deepEqual([request.method(), request.url()], ["POST", to]);
    const manifest: unknown = JSON.parse(new URLSearchParams(request.postData() ?? "").get("manifest") ?? "");
    assert.ok(typeof manifest === "object" && manifest !== null);
    const filled = JSON.stringify(manifest);
    assert.ok(!/PLATFORM_URL|APP_NAME/.test(filled), filled);
    assert.deepEqual(manifest, {
      ...manifest,
      name: "Ours",
      redirect_url: "https://nokube.example.org/",
      callback_urls: ["https://nokube.example.org/api/v1/auth/callback"],
      hook_attributes: { url: "https://nokube.example.org/api/v1/webhooks/github", active: true },
    });
    assert.deepEqual(said, []);
    await page.close();
  });
}
