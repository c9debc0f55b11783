// Somebody at a browser. What they click is found by its words and its role, as they would find it.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";
import { en } from "../../components/web/ui/src/i18n/en.ts";
import { fr, type Messages } from "../../components/web/ui/src/i18n/fr.ts";

const shots = join(import.meta.dirname, "shots");
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Flags with which Chromium runs as root, without a screen, and asks nobody anything. */
const flags = [
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
  return chromium.launch({ executablePath, args: flags });
}

export interface Manner {
  language?: "fr" | "en";
  width?: number;
  scheme?: "light" | "dark";
}

export class Person {
  readonly t: Messages;
  private readonly faults: string[] = [];

  private constructor(
    readonly url: string,
    readonly context: BrowserContext,
    readonly page: Page,
    private readonly manner: Required<Manner>,
  ) {
    this.t = manner.language === "fr" ? fr : en;
    page.on("pageerror", (error) => this.faults.push(`${error}`));
    page.on("dialog", (dialog) => {
      this.faults.push(`a script ran: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on("console", (message) => {
      // What the browser says of a refused script or of another host; answers with errors are no fault.
      const text = message.text();
      if (message.type() === "error" && !text.startsWith("Failed to load resource")) this.faults.push(text);
    });
    page.on("request", (request) => {
      const host = new URL(request.url()).hostname;
      if (host !== "127.0.0.1") this.faults.push(`a request to another host: ${request.url()}`);
    });
  }

  static async at(browser: Browser, url: string, manner: Manner = {}): Promise<Person> {
    const all = { language: "fr", width: 1280, scheme: "light", ...manner } as const;
    const context = await browser.newContext({
      locale: all.language === "fr" ? "fr-FR" : "en-GB",
      viewport: { width: all.width, height: 900 },
      colorScheme: all.scheme,
      timezoneId: "Europe/Paris",
      reducedMotion: "reduce",
    });
    context.setDefaultTimeout(20_000);
    const person = new Person(url, context, await context.newPage(), all);
    await person.page.goto(url);
    return person;
  }

  button(name: string) {
    return this.page.getByRole("button", { name, exact: true });
  }

  link(name: string) {
    return this.page.getByRole("link", { name, exact: true });
  }

  /** A field of a form, by its name at the API. */
  field(name: string) {
    return this.page.locator(`#field-${name}`);
  }

  /** Signs in, whatever is then said. */
  async comesAs(login: string): Promise<void> {
    await this.link(this.t.signIn.button).click();
    await this.page.locator("input[name=login]").fill(login);
    await this.page.getByRole("button").click();
  }

  async signIn(login: string): Promise<void> {
    await this.comesAs(login);
    await this.button(this.t.signIn.out).waitFor();
  }

  /** The name that this platform knows them by. */
  async username(): Promise<string> {
    await this.link(this.t.nav.account).click();
    return (await this.page.locator(".exact code").first().textContent()) ?? "";
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

  async deployImage(service: string, image: string, change: () => Promise<void> = async () => {}): Promise<void> {
    await this.link(this.t.project.deployImage).click();
    await this.field("image_name").fill(image);
    await this.field("service_name").fill(service);
    await change();
    await this.button(this.t.deploy.submit).click();
    await this.page.waitForURL(/\/deployments\//);
  }

  /** Waits for a text, for as long as a build or a rollout may take. */
  async sees(text: string | RegExp): Promise<void> {
    try {
      await this.page.getByText(text).first().waitFor({ timeout: 60_000 });
    } catch (error) {
      // What was there instead says why.
      mkdirSync(shots, { recursive: true });
      await this.page.screenshot({ path: join(shots, "failed.png"), fullPage: true });
      throw new Error(`'${text}' is not to be seen; shots/failed.png shows what is`, { cause: error });
    }
  }

  /** Turns to another tab, or back. */
  async hides(hidden: boolean): Promise<void> {
    await this.page.evaluate((hidden) => {
      Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }, hidden);
  }

  /** A picture of the page, which must hold nothing that keeps somebody from using it. */
  async looks(name: string): Promise<void> {
    const { language, width, scheme } = this.manner;
    mkdirSync(shots, { recursive: true });
    await this.page.screenshot({ path: join(shots, `${name}-${language}-${width}-${scheme}.png`), fullPage: true });
    const wide = await this.page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(wide <= 0, `${name} is ${wide} px wider than the window`);
    await this.page.evaluate(axe);
    const found = await this.page.evaluate(async () => {
      const results = await (window as unknown as { axe: Axe }).axe.run();
      return results.violations.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes[0]?.html ?? ""}`);
    });
    assert.deepEqual(found, [], `what axe-core finds at ${name}`);
  }

  /** Nothing went wrong meanwhile that the page did not show. */
  async leaves(): Promise<void> {
    await this.context.close();
    assert.deepEqual(this.faults, []);
  }
}

interface Axe {
  run(): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }>;
}
