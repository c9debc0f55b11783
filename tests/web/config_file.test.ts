// A service whose build and deployment come from nokube.toml in its repository, in both languages and at both widths.
import assert from "node:assert/strict";
import { test } from "node:test";
import { HOSTILE, VIEWS } from "./browser_user.ts";
import { platform, withProject } from "./suite.ts";

const FILE = `project = "myapp"

[services.web.build]
context = "services/web"
dockerfile_path = "services/web/Dockerfile"

[services.web.deployment]
container_port = 8080
replicas = 3
`;

/** Two faults in lines 4 and 7. */
const INVALID = `project = "myapp"

[services.web.build]
context = "/services/web"

[services.web.deployment]
replicas = "three"
`;

for (const view of VIEWS) {
  const where = `${view.language}, ${view.width} px`;

  test(`what nokube.toml says is read-only in the forms, which name the file (${where})`, async () => {
    const alice = await withProject("alice", view);
    const { t, page } = alice;
    const repository = `acme/configured-${view.language}`;
    // The switch needs a file.
    await alice.link(t.project.addService).click();
    await alice.field("repository_url").fill(`https://github.com/${repository}`);
    await alice.field("service_name").fill("web");
    await alice.field("build_on_push").check();
    await alice.field("use_config_file").check();
    await alice.button(t.save).click();
    await page.getByRole("alert").getByRole("button", { name: t.configFile.enable }).waitFor();
    await alice.checkPage("config-file-missing");
    await platform.push(repository, { message: "Describe the service", author: "bob", files: ["nokube.toml"], content: FILE });
    await alice.button(t.save).click();
    await page.waitForURL(/\/projects\/\d+$/);
    await platform.push(repository, { message: "Sell more", author: "bob", files: ["services/web/sell.ts"] });
    const row = alice.service("web");
    await row.getByText("Sell more").waitFor({ timeout: 60_000 });
    await row.getByText(t.build.status.success).waitFor({ timeout: 60_000 });

    await alice.openService("web");
    const file = page.getByRole("link", { name: /^nokube\.toml \([0-9a-f]{7}\)$/ });
    assert.match((await file.getAttribute("href")) ?? "", new RegExp(`/${repository}/blob/[0-9a-f]{40}/nokube\\.toml$`));
    await page.getByText("dockerfile_path", { exact: true }).waitFor();
    await page.getByText("container_port", { exact: true }).waitFor();
    await alice.checkPage("config-file");

    await alice.link(`${t.pushes.change}${t.colon} ${t.configFile.title}`).click();
    const context = alice.field("context");
    assert.equal(await context.inputValue(), "services/web");
    assert.equal(await context.getAttribute("readonly"), "");
    assert.equal(await alice.field("image_tag").getAttribute("readonly"), null);
    assert.ok(await page.getByRole("radio", { name: t.newBuild.dockerfileInRepository }).isDisabled());
    assert.ok(await page.getByRole("link", { name: "nokube.toml", exact: true }).first().isVisible());
    await alice.checkPage("config-file-source");
    // What comes from the file is sent as it is.
    await alice.button(t.save).click();
    await page.waitForURL(/\/projects\/\d+$/);

    await alice.link(t.service.deployNamed("web")).click();
    assert.equal(await alice.field("container_port").inputValue(), "8080");
    assert.equal(await alice.field("replicas").inputValue(), "3");
    assert.equal(await alice.field("replicas").getAttribute("readonly"), "");
    await alice.checkPage("config-file-deploy");
    await alice.button(t.deploy.submit).click();
    await page.waitForURL(/\/deployments\//);
    await alice.expectText(t.deployment.status.running);

    // Without the switch everything can be changed here again.
    await page.goBack();
    await page.goto(`${platform.url}/`);
    await alice.link("myapp").first().click();
    await alice.openService("web");
    await alice.link(`${t.pushes.change}${t.colon} ${t.configFile.title}`).click();
    await alice.field("use_config_file").uncheck();
    assert.equal(await context.getAttribute("readonly"), null);
    await alice.button(t.save).click();
    await page.waitForURL(/\/projects\/\d+$/);
    await alice.openService("web");
    await alice.expectText(t.pushes.title);
    assert.equal(await page.getByRole("heading", { name: t.configFile.title }).count(), 0);
    await alice.close();
  });

  test(`a push with an invalid nokube.toml builds nothing, and its errors are shown with their places (${where})`, async () => {
    const bob = await withProject("bob", view);
    const { t, page } = bob;
    const repository = `acme/misconfigured-${view.language}`;
    const push = (message: string, content: string) =>
      platform.push(repository, { message, author: "carol", files: ["nokube.toml"], content });
    await push("Describe the service", FILE);
    await bob.saveService(repository, () => bob.field("use_config_file").check());
    await push(HOSTILE, INVALID);
    await bob.openService("web");
    await bob.reloadUntil(page.getByText(t.pushes.decisions.invalid_config_file));
    await page.getByText(t.configFile.invalid).waitFor();
    for (const line of [4, 7]) {
      const places = page.getByRole("link", { name: new RegExp(`^${t.configFile.place(line, 0).replace(/0$/, "\\d+")}$`) });
      // In the section of the file, and in the list of pushes.
      assert.equal(await places.count(), 2, `line ${line}`);
      assert.match((await places.first().getAttribute("href")) ?? "", new RegExp(`/nokube\\.toml#L${line}$`));
    }
    await bob.checkPage("config-file-invalid");
    await bob.close();
  });
}
