// A user in a browser. Elements are found by role and text, as a user finds them.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium, errors, type Browser, type BrowserContext, type Locator, type Page } from "playwright-core";
import { en } from "../../components/web/ui/src/i18n/en.ts";
import { fr, type Messages } from "../../components/web/ui/src/i18n/fr.ts";

const SCREENSHOTS = join(import.meta.dirname, "shots");
const AXE_SCRIPT = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Chromium runs as root, without a GPU, and without background requests. */
const CHROMIUM_FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export function launch(): Promise<Browser> {
  const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
  return chromium.launch({ executablePath, args: CHROMIUM_FLAGS });
}

export interface ViewOptions {
  language?: "fr" | "en";
  width?: number;
  scheme?: "light" | "dark";
}

/** Both languages, both widths and both colour schemes. */
export const VIEWS: ViewOptions[] = [
  { language: "fr", width: 1280, scheme: "light" },
  { language: "en", width: 390, scheme: "dark" },
];

export class BrowserUser {
  readonly t: Messages;
  private readonly pageErrors: string[] = [];

  private constructor(
    readonly url: string,
    readonly context: BrowserContext,
    readonly page: Page,
    private readonly options: Required<ViewOptions>,
  ) {
    this.t = options.language === "fr" ? fr : en;
    page.on("pageerror", (error) => this.pageErrors.push(`${error}`));
    page.on("dialog", (dialog) => {
      this.pageErrors.push(`a script ran: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on("console", (message) => {
      // For example a script blocked by the Content-Security-Policy. HTTP error responses are expected.
      const text = message.text();
      if (message.type() === "error" && !text.startsWith("Failed to load resource")) this.pageErrors.push(text);
    });
    page.on("request", (request) => {
      const host = new URL(request.url()).hostname;
      if (host !== "127.0.0.1") this.pageErrors.push(`a request to another host: ${request.url()}`);
    });
  }

  static async open(browser: Browser, url: string, options: ViewOptions = {}): Promise<BrowserUser> {
    const withDefaults = { language: "fr", width: 1280, scheme: "light", ...options } as const;
    const context = await browser.newContext({
      locale: withDefaults.language === "fr" ? "fr-FR" : "en-GB",
      viewport: { width: withDefaults.width, height: 900 },
      colorScheme: withDefaults.scheme,
      timezoneId: "Europe/Paris",
      reducedMotion: "reduce",
    });
    context.setDefaultTimeout(20_000);
    const user = new BrowserUser(url, context, await context.newPage(), withDefaults);
    await user.page.goto(url);
    return user;
  }

  /** A signed-in user with the project `myapp`. */
  static async withProject(browser: Browser, url: string, login: string, view: ViewOptions = {}): Promise<BrowserUser> {
    const user = await BrowserUser.open(browser, url, view);
    await user.signIn(login);
    await user.newProject("myapp");
    return user;
  }

  button(name: string) {
    return this.page.getByRole("button", { name, exact: true });
  }

  link(name: string) {
    return this.page.getByRole("link", { name, exact: true });
  }

  /** A form field, by its name in the API request. */
  field(name: string) {
    return this.page.locator(`#field-${name}`);
  }

  /** Signs in without waiting for success. */
  async startSignIn(login: string): Promise<void> {
    await this.link(this.t.signIn.button).click();
    await this.page.locator("input[name=login]").fill(login);
    await this.page.getByRole("button").click();
  }

  async signIn(login: string): Promise<void> {
    await this.startSignIn(login);
    await this.button(this.t.signIn.signOut).waitFor();
  }

  /** The user's name on this platform, which differs from their GitHub login. */
  async username(): Promise<string> {
    await this.link(this.t.nav.account).click();
    return (await this.page.locator(".copyable code").first().textContent()) ?? "";
  }

  async newProject(name: string): Promise<void> {
    await this.link(this.t.nav.projects).first().click();
    await this.button(this.t.projects.new).click();
    await this.field("name").fill(name);
    await this.button(this.t.projects.create).click();
    await this.page.waitForURL(/\/projects\/\d+$/);
    await this.link(this.t.project.newBuild).waitFor();
  }

  async build(service: string): Promise<void> {
    await this.link(this.t.project.newBuild).click();
    await this.field("repository_url").fill("https://github.com/acme/shop");
    await this.field("service_name").fill(service);
    await this.button(this.t.newBuild.submit).click();
    await this.page.waitForURL(/\/builds\//);
  }

  /** Invites a person to the project whose settings are shown. */
  async invite(username: string, role: "developer" | "viewer"): Promise<void> {
    await this.field("username").fill(username);
    await this.field("role").selectOption(role);
    await this.button(this.t.settings.invite).click();
    await this.expectText(this.t.settings.invited(username));
  }

  /** Accepts an invitation on the projects page. */
  async acceptInvitation(project: string): Promise<void> {
    await this.page.goto(this.url);
    await this.button(this.t.invitation.acceptNamed(project)).click();
    await this.page.waitForURL(/\/projects\/\d+$/);
  }

  /** Saves a service `web` that each push to the repository builds, on the page of its project. */
  async saveService(repository: string, more: () => Promise<void> = async () => {}): Promise<void> {
    await this.link(this.t.project.addService).click();
    await this.field("repository_url").fill(`https://github.com/${repository}`);
    await this.field("service_name").fill("web");
    await this.field("build_on_push").check();
    await more();
    await this.button(this.t.save).click();
    await this.page.waitForURL(/\/projects\/\d+$/);
  }

  /** Opens the page of a service from its row. */
  async openService(name: string): Promise<void> {
    await this.service(name).getByRole("link", { name, exact: true }).click();
    await this.page.waitForURL(new RegExp(`/services/${name}$`));
  }

  /** The row of a service on the project's page. */
  service(name: string) {
    const heading = this.page.getByRole("heading", { level: 3, name, exact: true });
    return this.page.getByRole("listitem").filter({ has: heading });
  }

  async deployImage(service: string, image: string, change: () => Promise<void> = async () => {}): Promise<void> {
    await this.link(this.t.project.deployImage).click();
    await this.field("image_name").fill(image);
    await this.field("service_name").fill(service);
    await change();
    await this.button(this.t.deploy.submit).click();
    await this.page.waitForURL(/\/deployments\//);
  }

  /** Waits for a text, at most as long as a build or a rollout takes. */
  async expectText(text: string | RegExp): Promise<void> {
    try {
      await this.page.getByText(text).first().waitFor({ timeout: 60_000 });
    } catch (error) {
      await this.saveFailure();
      throw new Error(`'${text}' did not appear: see shots/failed.png`, { cause: error });
    }
  }

  private async saveFailure(): Promise<void> {
    mkdirSync(SCREENSHOTS, { recursive: true });
    await this.page.screenshot({ path: join(SCREENSHOTS, "failed.png"), fullPage: true });
  }

  /** Waits until an element is there. The page would look again only after some seconds. */
  async reloadUntil(element: Locator): Promise<void> {
    for (const deadline = Date.now() + 60_000; Date.now() < deadline; await this.page.reload()) {
      try {
        return await element.first().waitFor({ timeout: 2_000 });
      } catch (error) {
        if (!(error instanceof errors.TimeoutError)) throw error;
      }
    }
    await this.saveFailure();
    throw new Error(`${element} did not appear: see shots/failed.png`);
  }

  /** Lets reads of this address return another body. */
  async changeReads<Body extends object>(address: RegExp, change: (body: Body) => object): Promise<void> {
    await this.page.route(address, async (route) => {
      if (route.request().method() !== "GET") return route.fallback();
      const { "if-none-match": _, ...headers } = route.request().headers();
      const response = await route.fetch({ headers });
      return route.fulfill({ response, json: change((await response.json()) as Body) });
    });
  }

  /** Simulates switching to another tab, or back. */
  async setHidden(hidden: boolean): Promise<void> {
    await this.page.evaluate((hidden) => {
      Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }, hidden);
  }

  /** Reloads the page, and returns how far its content moves until it is complete (the layout shift score). */
  async layoutShift(complete: () => Promise<void>): Promise<number> {
    await this.page.reload({ waitUntil: "commit" });
    await complete();
    return this.page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          const observer = new PerformanceObserver((list) => {
            const shifts = list.getEntries() as (PerformanceEntry & { value: number })[];
            resolve(shifts.reduce((sum, { value }) => sum + value, 0));
          });
          observer.observe({ type: "layout-shift", buffered: true });
          setTimeout(() => resolve(0), 500);
        }),
    );
  }

  /** Takes a screenshot, and checks that the page fits the window and has no accessibility violations. */
  async checkPage(name: string): Promise<void> {
    const { language, width, scheme } = this.options;
    mkdirSync(SCREENSHOTS, { recursive: true });
    await this.page.screenshot({ path: join(SCREENSHOTS, `${name}-${language}-${width}-${scheme}.png`), fullPage: true });
    const overflow = await this.page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(overflow <= 0, `${name} is ${overflow} px wider than the window`);
    await this.page.evaluate(AXE_SCRIPT);
    const violations = await this.page.evaluate(async () => {
      const results = await (window as unknown as { axe: Axe }).axe.run();
      return results.violations.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes[0]?.html ?? ""}`);
    });
    assert.deepEqual(violations, [], `accessibility violations at ${name}`);
  }

  /** Closes the browser, and checks that there were no errors in its console. */
  async close(): Promise<void> {
    // The answers to its last requests may not have arrived.
    await this.page.unrouteAll({ behavior: "ignoreErrors" });
    await this.context.close();
    assert.deepEqual(this.pageErrors, []);
  }
}

/** Somebody else's text, which is neither HTML nor decides on the order of what is around it. */
export const HOSTILE = "<img src=x onerror=alert(1)> \u05e9\u05dc\u05d5\u05dd";

interface Axe {
  run(): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }>;
}
