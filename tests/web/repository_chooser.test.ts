// The choice of a repository and a branch, by keyboard and pointer, in both languages and at both widths.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { BrowserUser, VIEWS } from "./browser_user.ts";
import { browser, platform } from "./suite.ts";

const REPOSITORIES = ["acme/shop", "acme/shop-api", "widgets/tools"].map((full_name, index) => ({
  id: index + 1,
  full_name,
  repository_url: `https://github.com/${full_name}`,
  private: full_name === "acme/shop-api",
  default_branch: "main",
}));

/** As if the App were installed on these repositories. Returns what was looked for. */
async function withRepositories(page: Page): Promise<string[]> {
  const queries: string[] = [];
  await page.route(/\/api\/v1\/repositories\?/, (route) => {
    const query = new URL(route.request().url()).searchParams.get("query") ?? "";
    queries.push(query);
    return route.fulfill({ json: { repositories: REPOSITORIES.filter(({ full_name }) => full_name.includes(query)) } });
  });
  await page.route(/\/api\/v1\/repositories\/2\/branches/, (route) => {
    const prefix = new URL(route.request().url()).searchParams.get("query") ?? "";
    const branches = ["main", "next", "next-year"].filter((name) => name.startsWith(prefix));
    return route.fulfill({ json: { branches, default_branch: "main" } });
  });
  return queries;
}

for (const view of VIEWS) {
  const where = `${view.language}, ${view.width} px`;

  test(`a repository and a branch are chosen with the keyboard alone (${where})`, async () => {
    const alice = await BrowserUser.withProject(browser, platform.url, `alice-${view.language}`, view);
    const { t, page } = alice;
    const queries = await withRepositories(page);
    await alice.link(t.project.addService).click();
    const repository = page.getByRole("combobox", { name: t.newBuild.repository });
    const activeOption = async () => {
      const id = await page.locator("input:focus").getAttribute("aria-activedescendant");
      return id === null ? null : (await page.locator(`#${id}[aria-selected=true]`).innerText()).trim();
    };
    await repository.focus();
    assert.equal(await page.getByRole("listbox").count(), 0, "the focus alone opens nothing");
    await page.keyboard.press("ArrowDown");
    await page.getByRole("option", { name: "widgets/tools" }).waitFor();
    assert.equal(await activeOption(), "acme/shop");
    await alice.checkPage("repositories");
    await page.keyboard.press("Escape");
    assert.equal(await repository.getAttribute("aria-expanded"), "false");
    await page.keyboard.type("s");
    await page.keyboard.type("hop");
    await page.getByRole("option", { name: "widgets/tools" }).waitFor({ state: "detached" });
    await page.getByRole("option", { name: "acme/shop-api" }).waitFor();
    assert.equal(await activeOption(), null, "typed text stays until an option is chosen");
    await page.keyboard.press("ArrowUp");
    assert.equal(await activeOption(), `acme/shop-api ${t.newBuild.privateRepository}`);
    await page.keyboard.press("Enter");
    assert.equal(await repository.inputValue(), "https://github.com/acme/shop-api");
    assert.match(page.url(), /\/service$/, "the form was not sent");
    assert.ok(!queries.includes("s"), "one character is not looked for");

    await page.keyboard.press("Tab");
    await page.keyboard.type("next");
    await page.getByRole("option", { name: "next-year" }).waitFor();
    await alice.checkPage("branches");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    assert.equal(await alice.field("branch").inputValue(), "next-year");
    await alice.close();
  });

  test(`a repository and a branch are chosen with the pointer, and can be typed (${where})`, async () => {
    const bob = await BrowserUser.withProject(browser, platform.url, `bob-${view.language}`, view);
    const { t, page } = bob;
    await withRepositories(page);
    await bob.link(t.project.addService).click();
    await bob.field("repository_url").click();
    await page.getByRole("option", { name: "acme/shop-api" }).click();
    assert.equal(await bob.field("repository_url").inputValue(), "https://github.com/acme/shop-api");
    await bob.field("branch").click();
    await page.getByRole("option", { name: `main ${t.service.defaultBranch}` }).click();
    assert.equal(await bob.field("branch").inputValue(), "main");
    await bob.field("repository_url").fill("https://github.com/acme/shop");
    await bob.field("branch").fill("");
    await bob.field("service_name").fill("web");
    await bob.button(t.save).click();
    await bob.service("web").getByText(`acme/shop · ${t.service.defaultBranch}`).waitFor();
    await bob.close();
  });
}

test("a platform that cannot look for repositories has a plain text field, without an error", async () => {
  const carol = await BrowserUser.withProject(browser, platform.url, "carol", { language: "fr" });
  const { t, page } = carol;
  const problem = {
    type: "/problems/conflict",
    title: "Conflict with the current state",
    status: 409,
    detail: "Repositories can only be listed by a GitHub App, and this platform uses a token.",
    instance: "/api/v1/repositories",
    reason: "needs_github_app",
  };
  let asked = 0;
  await page.route(/\/api\/v1\/repositories/, (route) => {
    asked += 1;
    return route.fulfill({ status: 409, contentType: "application/problem+json", json: problem });
  });
  await carol.link(t.project.addService).click();
  await carol.field("repository_url").click();
  await page.locator("#field-repository_url:not([role])").waitFor();
  await carol.field("repository_url").fill("https://github.com/acme/shop");
  await carol.field("branch").fill("v2");
  await carol.field("service_name").fill("web");
  assert.equal(await page.getByRole("combobox").count() + (await page.getByRole("alert").count()), 0);
  await carol.button(t.save).click();
  await carol.service("web").getByText("acme/shop · v2").waitFor();
  assert.equal(asked, 1, "it is asked once");
  await carol.close();
});
