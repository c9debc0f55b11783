// Invitations to a project: sent, accepted, declined and withdrawn, in both languages and at both widths.
import assert from "node:assert/strict";
import { test } from "node:test";
import { BrowserUser, VIEWS, type ViewOptions } from "./browser_user.ts";
import { browser, platform } from "./suite.ts";

async function signedIn(login: string, view: ViewOptions): Promise<{ user: BrowserUser; name: string }> {
  const user = await BrowserUser.open(browser, platform.url, view);
  await user.signIn(`${login}-${view.language}`);
  return { user, name: await user.username() };
}

/** An owner, in the settings of a project, and a person to invite. */
async function ownerAndGuest(owner: string, guest: string, project: string, view: ViewOptions) {
  const invited = await signedIn(guest, view);
  const { user, name } = await signedIn(owner, view);
  await user.newProject(project);
  await user.link(user.t.project.settings).click();
  return { owner: user, ownerName: name, guest: invited.user, guestName: invited.name };
}

/** The sentence of an audit action, as the log of the project shows it. */
async function expectAction(user: BrowserUser, action: string, name: string, role = ""): Promise<void> {
  await user.page.reload();
  await user.expectText(user.t.audit.actions[action]?.(name, role) ?? "no text");
}

for (const view of VIEWS) {
  const where = `${view.language}, ${view.width} px`;

  test(`an invited person sees what the role means, accepts, and is in the project (${where})`, async () => {
    const { owner, ownerName, guest, guestName } = await ownerAndGuest("anna", "bert", "shared", view);
    const { t } = owner;
    await owner.field("username").fill("nobody-here");
    await owner.button(t.settings.invite).click();
    await owner.expectText(view.language === "fr" ? "personne du nom de « nobody-here »" : "nobody with the name 'nobody-here'");
    await owner.invite(guestName, "viewer");
    const row = owner.page.getByRole("listitem").filter({ hasText: guestName });
    await row.getByText(t.settings.roles.viewer).waitFor();
    await row.getByText(t.settings.invitedBy(ownerName, "").trim()).waitFor();
    await owner.checkPage("invitation-sent");

    await guest.page.goto(platform.url);
    await guest.expectText(t.invitation.title(ownerName, "shared"));
    await guest.expectText(t.invitation.roles.viewer);
    assert.equal(await guest.link("shared").count(), 0, "not a member yet");
    await guest.checkPage("invitation");
    await guest.button(t.invitation.acceptNamed("shared")).click();
    await guest.page.waitForURL(/\/projects\/\d+$/);
    await guest.expectText(t.project.readOnly(ownerName));
    await guest.page.goto(platform.url);
    await guest.link("shared").waitFor();
    assert.equal(await guest.page.getByText(t.invitation.title(ownerName, "shared")).count(), 0);

    await expectAction(owner, "invitation.send", guestName, t.settings.roles.viewer);
    await expectAction(owner, "invitation.accept", guestName, t.settings.roles.viewer);
    assert.equal(await owner.page.getByLabel(`${t.settings.role} ${guestName}`).inputValue(), "viewer");
    assert.equal(await owner.page.getByText(t.settings.invitations).count(), 0);
    await guest.close();
    await owner.close();
  });

  test(`an invitation is declined, and the project stays closed (${where})`, async () => {
    const { owner, ownerName, guest, guestName } = await ownerAndGuest("cora", "dirk", "private", view);
    const { t } = owner;
    await owner.invite(guestName, "developer");
    const project = owner.page.url().replace("/settings", "");
    await guest.page.goto(platform.url);
    await guest.expectText(t.invitation.roles.developer);
    await guest.button(t.invitation.declineNamed("private")).click();
    await guest.page.getByText(t.invitation.title(ownerName, "private")).waitFor({ state: "detached" });
    await guest.expectText(t.projects.empty);
    await guest.page.goto(project);
    await guest.expectText(t.errors["not-found"]);
    await expectAction(owner, "invitation.decline", guestName);
    assert.equal(await owner.page.getByText(t.settings.invitations).count(), 0);
    await guest.close();
    await owner.close();
  });

  test(`an invitation that was withdrawn can no longer be accepted (${where})`, async () => {
    const { owner, ownerName, guest, guestName } = await ownerAndGuest("emma", "fritz", "secret", view);
    const { t } = owner;
    await owner.invite(guestName, "developer");
    await guest.page.goto(platform.url);
    await guest.expectText(t.invitation.title(ownerName, "secret"));
    await owner.button(t.settings.withdrawNamed(guestName)).click();
    await owner.page.getByText(t.settings.invitations).waitFor({ state: "detached" });
    await expectAction(owner, "invitation.withdraw", guestName);

    await guest.button(t.invitation.acceptNamed("secret")).click();
    await guest.expectText(t.invitation.closed);
    await guest.checkPage("invitation-closed");
    await guest.page.reload();
    await guest.expectText(t.projects.empty);
    assert.equal(await guest.page.getByText(t.invitation.title(ownerName, "secret")).count(), 0);
    await guest.close();
    await owner.close();
  });
}
