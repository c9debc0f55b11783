// Builds that a push starts, and why a push starts none, in both languages and at both widths.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Messages } from "../../components/web/ui/src/i18n/fr.ts";
import { HOSTILE, BrowserUser, VIEWS } from "./browser_user.ts";
import { platform, withProject } from "./suite.ts";

/** The row of a push in the list of a service, by the subject of its commit. */
function pushed(user: BrowserUser, subject: string) {
  return user.page.getByRole("listitem").filter({ has: user.page.getByText(subject, { exact: true }) });
}

/** Waits until the list says what followed from a push. */
async function expectDecision(user: BrowserUser, subject: string, decision: Decision): Promise<void> {
  await user.reloadUntil(pushed(user, subject).getByText(user.t.pushes.decisions[decision]));
}

type Decision = keyof Messages["pushes"]["decisions"];

interface Body {
  automatic_builds: object;
}

for (const view of VIEWS) {
  const where = `${view.language}, ${view.width} px`;

  test(`a push builds a service, and the list of pushes says why others did not (${where})`, async () => {
    const alice = await withProject("alice", view);
    const { t, page } = alice;
    const repository = `acme/pushed-${view.language}`;
    await alice.saveService(repository, () => alice.field("watch_paths").fill("services/web\nlib/**/*.ts\n"));
    await platform.push(repository, { message: "Add a basket", author: "bob", files: ["services/web/basket.ts"] });
    await page.reload();
    const row = alice.service("web");
    await row.getByText("Add a basket").waitFor({ timeout: 60_000 });
    await row.getByText(t.build.status.success).waitFor({ timeout: 60_000 });
    await alice.checkPage("services-pushed");

    await alice.openService("web");
    await platform.push(repository, { message: "Say hello", author: "carol" });
    await expectDecision(alice, "Say hello", "not_affected");
    await platform.push(repository, { message: HOSTILE, author: "carol", files: ["docs/index.md"] });
    await expectDecision(alice, HOSTILE, "not_affected");
    await platform.push(repository, { message: "Fix a typo [skip ci]", author: "bob", files: ["lib/a/b.ts"] });
    await expectDecision(alice, "Fix a typo [skip ci]", "skipped");
    await pushed(alice, "Say hello").getByText(t.pushes.sender("carol")).first().waitFor();
    await page.getByText("lib/**/*.ts", { exact: true }).waitFor();
    await page.getByText(`alice-${view.language}`).first().waitFor();
    await alice.checkPage("pushes");

    const built = pushed(alice, "Add a basket");
    await built.getByText(t.pushes.decisions.built).waitFor();
    await built.getByRole("link", { name: t.pushes.showBuild }).first().click();
    await alice.expectText(t.build.triggers.push);
    await alice.expectText("Add a basket");
    await alice.checkPage("build-pushed");
    await alice.close();
  });

  test(`a newer push supersedes the build of an older one (${where})`, async () => {
    const bob = await withProject("bob", view);
    const { t } = bob;
    const repository = `acme/superseded-${view.language}`;
    await bob.saveService(repository);
    await platform.push(repository, { message: "The first try", author: "bob" });
    await bob.openService("web");
    await expectDecision(bob, "The first try", "built");
    await platform.push(repository, { message: "The second try", author: "bob" });
    await expectDecision(bob, "The second try", "built");
    await expectDecision(bob, "The first try", "superseded");
    await pushed(bob, "The first try").getByRole("link", { name: t.pushes.showBuild }).first().click();
    await bob.expectText(t.build.supersededHint);
    await bob.checkPage("build-superseded");
    await bob.close();
  });

  test(`builds on push are confirmed, or taken over by somebody else (${where})`, async () => {
    const carol = await withProject("carol", view);
    const { t, page } = carol;
    await carol.saveService("acme/shop");
    let problem: string | null = "confirmation_required";
    await carol.changeReads<Body>(/\/api\/v1\/projects\/\d+\/services\/web$/, (body) => {
      return { ...body, automatic_builds: { ...body.automatic_builds, problem } };
    });
    page.on("request", (request) => {
      if (request.method() === "PATCH") problem = null;
    });
    await carol.openService("web");
    await carol.expectText(t.pushes.problems.confirmation_required);
    await carol.checkPage("pushes-confirm");
    await carol.button(t.pushes.confirm).click();
    await carol.expectText(t.pushes.confirmed);
    assert.equal(await page.getByText(t.pushes.problem).count(), 0);

    problem = "not_a_member";
    await page.reload();
    await carol.expectText(t.pushes.problems.not_a_member);
    await carol.button(t.pushes.takeOver).click();
    await carol.expectText(t.pushes.confirmed);

    problem = "branch_missing";
    await page.reload();
    await carol.expectText(t.pushes.problems.branch_missing);
    assert.equal(await carol.button(t.pushes.confirm).count(), 0);
    await carol.link(`${t.pushes.change}${t.colon} ${t.pushes.title}`).click();
    assert.ok(await carol.field("build_on_push").isChecked());
    await carol.close();
  });

  test(`a build that waits for a free place says so (${where})`, async () => {
    const dora = await withProject("dora", view);
    const { t, page } = dora;
    await dora.build("web");
    const waiting = { status: "pending", waiting_for_capacity: true, trigger: "push" };
    await dora.changeReads(/\/api\/v1\/builds\/\w+$/, (body) => ({ ...body, ...waiting }));
    await page.reload();
    await dora.expectText(t.build.waitingHint);
    await dora.checkPage("build-waiting");
    await dora.close();
  });

  test(`without the App on its repository, a service is not built on push, and a link leads to it (${where})`, async () => {
    const erin = await withProject("erin", view);
    const { t, page } = erin;
    await erin.link(t.project.addService).click();
    await erin.field("repository_url").fill("https://github.com/noapp/shop");
    await erin.field("service_name").fill("web");
    await erin.field("build_on_push").check();
    await erin.button(t.save).click();
    await page.getByRole("alert").getByRole("button", { name: t.pushes.enable }).waitFor();
    const link = page.getByRole("alert").getByRole("link");
    assert.match((await link.getAttribute("href")) ?? "", /\/apps\/[\w-]+\/installations\/new$/);
    await erin.checkPage("service-app-missing");
    await erin.field("build_on_push").uncheck();
    await erin.button(t.save).click();
    await page.waitForURL(/\/projects\/\d+$/);
    await erin.openService("web");
    await erin.expectText(t.pushes.off);
    await erin.expectText(t.pushes.empty);
    await erin.close();
  });
}
