// Previews of pull requests: their whole life, forks, and why there is none, in both languages and at both widths.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Preview, PreviewList, Project } from "../../components/web/ui/src/api/types.ts";
import { HOSTILE, BrowserUser, VIEWS } from "./browser_user.ts";
import { platform, withProject } from "./suite.ts";

/** Chooses what a pull request starts, in the form of a service. */
async function choosePreviews(user: BrowserUser, mode: "build" | "deploy"): Promise<void> {
  await user.page.locator(`input[name=previews][value=${mode}]`).check();
}

/** The row of a pull request on the page of a service. */
function pullRequest(user: BrowserUser, number: number) {
  const link = user.page.getByRole("link", { name: new RegExp(`^#${number} `) });
  return user.page.getByRole("listitem").filter({ has: link });
}

/** The badge of a pull request's row with the label of a state. */
function stateOf(user: BrowserUser, number: number, state: State) {
  return pullRequest(user, number).locator(".badge", { hasText: new RegExp(`${user.t.previews.states[state]}$`) });
}

type State = Preview["state"];
type Problem = NonNullable<Preview["problem"]>;

/** Waits until the list says what has become of a pull request. */
async function expectState(user: BrowserUser, number: number, state: State): Promise<void> {
  await user.reloadUntil(stateOf(user, number, state));
}

/** Builds and deploys the service whose row is shown: a preview is deployed like it. */
async function deployOnce(user: BrowserUser): Promise<void> {
  const { t, page } = user;
  await user.button(t.service.buildNamed("web")).click();
  await user.link(t.build.deployNow).click({ timeout: 60_000 });
  await user.button(t.deploy.submit).click();
  await page.waitForURL(/\/deployments\//);
  await user.expectText(t.deployment.status.running);
}

for (const view of VIEWS) {
  const where = `${view.language}, ${view.width} px`;

  test(`a pull request runs at an address of its own until it is closed (${where})`, async () => {
    const alice = await withProject("alice", view);
    const { t, page } = alice;
    const project = page.url();
    const repository = `acme/preview-${view.language}`;
    await alice.saveService(repository, async () => {
      await choosePreviews(alice, "deploy");
      await alice.expectText(t.previews.whoDecides);
      await alice.field("preview_env_vars").fill("PR_NUMBER=1");
      await alice.checkPage("service-previews");
      await alice.button(t.save).click();
      await page.locator("#field-preview_env_vars[aria-invalid=true]").waitFor();
      await alice.field("preview_env_vars").fill("GREETING=hello\n");
      await alice.field("preview_secrets").fill("API_KEY\n");
    });
    await deployOnce(alice);
    await page.goto(project);
    await alice.openService("web");
    await alice.expectText(t.previews.empty);

    const { number } = await platform.pullRequest(repository, {
      action: "open",
      branch: "feature",
      title: HOSTILE,
      author: "bob",
      files: ["basket.ts"],
    });
    await expectState(alice, number, "running");
    const row = pullRequest(alice, number);
    assert.match((await row.getByRole("link", { name: /^https?:/ }).getAttribute("href")) ?? "", /---pr1[-.]/);
    await alice.checkPage("previews");

    await row.getByRole("link", { name: t.previews.showDeployment }).click();
    await alice.expectText(t.deployment.status.running);
    await page.locator("pre", { hasText: "GREETING" }).waitFor({ state: "attached" });
    await alice.checkPage("deployment-preview");
    for (const name of [t.promotion.promote, t.deployment.edit, t.deployment.rollback]) {
      assert.equal(await alice.button(name).or(alice.link(name)).count(), 0, name);
    }
    await alice.link(t.previews.of(number, "web")).click();
    await row.getByRole("link", { name: t.pushes.showBuild }).click();
    await alice.expectText(t.build.triggers.pull_request);
    await alice.expectText(t.build.success);
    assert.equal(await alice.link(t.build.deployNow).count(), 0);
    await alice.checkPage("build-pull-request");
    await page.goto(project);
    await alice.expectText(t.previews.pullRequest(number));

    await alice.openService("web");
    await platform.pullRequest(repository, { action: "close", number });
    await expectState(alice, number, "ended");
    await row.getByText(t.pushes.decisions.closed).waitFor();
    assert.equal(await row.getByRole("link", { name: /^https?:/ }).count(), 0);
    await alice.close();
  });

  test(`a stranger's commit is built once a developer has approved it, and no other commit is (${where})`, async () => {
    const carol = await withProject("carol", view);
    const { t, page } = carol;
    const repository = `acme/forked-${view.language}`;
    await carol.saveService(repository, () => choosePreviews(carol, "build"));
    await carol.openService("web");
    const { number, commit } = await platform.pullRequest(repository, {
      action: "open",
      branch: "evil",
      fork: "mallory",
      title: "Improve the basket",
      files: ["basket.ts"],
    });
    await expectState(carol, number, "waiting");
    const row = pullRequest(carol, number);
    await row.getByText(t.pushes.decisions.approval_required).waitFor();
    await row.getByText(`main · ${t.previews.fork}`).waitFor();
    await carol.checkPage("previews-fork");

    const dialog = page.getByRole("dialog");
    await carol.button(t.previews.approveNamed(number)).click();
    await dialog.getByText(commit, { exact: true }).waitFor();
    await dialog.getByText(t.previews.stranger).waitFor();
    await carol.checkPage("previews-approve");
    await dialog.getByRole("button", { name: t.cancel }).click();
    await dialog.waitFor({ state: "detached" });
    assert.equal(await stateOf(carol, number, "waiting").count(), 1, "nothing was approved");

    await carol.button(t.previews.approveNamed(number)).click();
    await dialog.getByRole("button", { name: t.previews.approve }).click();
    await dialog.waitFor({ state: "detached" });
    await expectState(carol, number, "built");
    await row.getByText(t.previews.approvedBy(`carol-${view.language}`)).waitFor();

    // What was on the page when the stranger pushed again is not what the developer approves.
    await platform.pullRequest(repository, { action: "push", number, message: "Mine some coins" });
    await row.getByText(t.pushes.decisions.approval_required).waitFor({ timeout: 60_000 });
    await carol.button(t.previews.approveNamed(number)).click();
    await dialog.waitFor();
    await platform.pullRequest(repository, { action: "push", number, message: "Mine more coins" });
    await dialog.getByRole("button", { name: t.previews.approve }).click();
    await dialog.getByRole("alert").waitFor();
    assert.equal(await stateOf(carol, number, "waiting").count(), 1);
    await carol.close();
  });

  test(`every state of a preview says what to do, and a viewer cannot do it (${where})`, async () => {
    const dora = await withProject("dora", view);
    const { t } = dora;
    await dora.saveService("acme/shop", () => choosePreviews(dora, "deploy"));
    const states = Object.keys(t.previews.states) as State[];
    const problems = Object.keys(t.pushes.decisions) as (keyof typeof t.pushes.decisions)[];
    await dora.changeReads<PreviewList>(/\/services\/web\/previews$/, (list) => ({
      ...list,
      waiting_for_approval: true,
      previews: [
        ...states.map((state, index) => preview(index + 1, { state })),
        ...problems.map((problem, index) => preview(index + 101, { state: "waiting", problem: problem as Problem })),
        preview(201, { title: "", author: null, commit: null }),
      ],
    }));
    await dora.openService("web");
    for (const [index, state] of states.entries()) {
      await stateOf(dora, index + 1, state).waitFor();
    }
    for (const [index, problem] of problems.entries()) {
      await pullRequest(dora, index + 101).getByText(t.pushes.decisions[problem]).waitFor();
    }
    await pullRequest(dora, 201).getByText(t.previews.noTitle).waitFor();
    await dora.expectText(t.previews.waitingForApproval);
    const addresses = dora.page.getByRole("link", { name: /^https:/ });
    assert.equal(await addresses.count(), 1, "only the address of a running preview is a link");
    await dora.checkPage("previews-states");

    const actions = dora.page.locator("main button, main a.button");
    const approve = dora.page.getByRole("button", { name: t.previews.approve });
    assert.ok((await approve.count()) === 1 && (await actions.count()) > 1);
    await dora.changeReads<Project>(/\/api\/v1\/projects\/\d+$/, (project) => ({ ...project, role: "viewer" }));
    await dora.page.reload();
    await dora.expectText(t.previews.waitingForApproval);
    assert.deepEqual(await actions.allTextContents(), []);
    await dora.close();
  });
}

/** A preview with this number. */
function preview(pull_request: number, change: Partial<Preview>): Preview {
  return {
    pull_request,
    title: "Change the basket",
    author: "bob",
    head_branch: "feature",
    base_branch: "main",
    is_fork: false,
    pull_request_url: `https://github.com/acme/shop/pull/${pull_request}`,
    commit: { sha: "b".repeat(40), subject: "Make it blue", author: "bob" },
    state: "built",
    problem: null,
    approved_by: null,
    build_id: null,
    deployment_id: null,
    url: `https://web-myapp---pr${pull_request}-dora.apps.example.org`,
    pushed_at: new Date().toISOString(),
    ends_at: null,
    ...change,
  };
}
