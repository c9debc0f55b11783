// The page that registers the GitHub App (ops/github-app), opened as a file, without a server.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import type { Browser, Page, Request } from "playwright-core";
import { launch } from "./browser_user.ts";

const PAGE = pathToFileURL(join(import.meta.dirname, "../../ops/github-app/index.html")).href;
let browser: Browser;

before(async () => {
  browser = await launch();
});

after(async () => {
  await browser.close();
});

/** The page, its console messages, and its requests, which are intercepted. */
async function open(): Promise<{ page: Page; messages: string[]; sent: Request[] }> {
  const page = await browser.newPage();
  const [messages, sent]: [string[], Request[]] = [[], []];
  page.on("console", (message) => messages.push(message.text()));
  await page.route(/^https?:/, (route) => {
    sent.push(route.request());
    return route.fulfill({ body: "GitHub" });
  });
  await page.goto(PAGE);
  return { page, messages, sent };
}

test("only an https origin is accepted as an address", async () => {
  const { page, messages, sent } = await open();
  const button = page.getByRole("button");
  for (const invalid of ["http://nokube.example.org", "https://nokube.example.org/path", "https://nokube.example.org?a", "nokube"]) {
    await page.locator("#platform").fill(invalid);
    assert.equal(await page.locator("#platform:invalid").count(), 1, invalid);
    await button.click();
  }
  await page.locator("#platform").fill("https://nokube.example.org/");
  await page.locator("#github").fill("http://github.example.org");
  await button.click();
  assert.deepEqual(sent, []);
  assert.deepEqual(messages, [], "no console messages");
  await page.close();
});

for (const { organisation, github, to } of [
  { organisation: "my-org", github: "https://github.com", to: "https://github.com/organizations/my-org/settings/apps/new" },
  { organisation: "", github: "https://github.example.org/", to: "https://github.example.org/settings/apps/new" },
]) {
  test(`the manifest is posted to ${to}`, async () => {
    const { page, messages, sent } = await open();
    await page.locator("#platform").fill("https://nokube.example.org/");
    await page.locator("#organisation").fill(organisation);
    await page.locator("#name").fill("Ours");
    await page.locator("#github").fill(github);
    await page.getByRole("button").click();
    await page.waitForURL(to);
    const [request, ...rest] = sent;
    assert.ok(request !== undefined && rest.length === 0);
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
    assert.deepEqual(messages, []);
    await page.close();
  });
}
