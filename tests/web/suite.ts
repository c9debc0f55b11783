// What the tests of a file share: a platform and a browser, from before its first test until after its last one. Node
// runs each file in a process of its own, so to import this is to start them.
import { after, before } from "node:test";
import type { Browser } from "playwright-core";
import { launch, BrowserUser, type ViewOptions } from "./browser_user.ts";
import { Platform } from "./platform.ts";

export let platform: Platform;
export let browser: Browser;

before(async () => {
  [platform, browser] = await Promise.all([Platform.start(), launch()]);
});

after(async () => {
  await browser.close();
  await platform.shutDown();
});

/** Somebody with a new project, who is another person for each language. */
export const withProject = (login: string, view: ViewOptions): Promise<BrowserUser> =>
  BrowserUser.withProject(browser, platform.url, `${login}-${view.language}`, view);
