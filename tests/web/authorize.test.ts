// The command line signs in by the browser: the page asks, and the answer goes to the program on this computer only.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { BrowserUser, HOSTILE, VIEWS } from "./browser_user.ts";
import { browser, platform } from "./suite.ts";

/** What the command line does: it listens on a loopback address, and exchanges the code that arrives there. */
class Program {
  readonly verifier = randomBytes(32).toString("base64url");
  readonly state = randomBytes(16).toString("hex");
  readonly answers: URLSearchParams[] = [];

  private constructor(private readonly server: Server) {
    server.on("request", (request, response) => {
      const url = new URL(request.url ?? "", this.redirectUri);
      if (url.pathname === "/callback") this.answers.push(url.searchParams);
      response.setHeader("content-type", "text/html").end("<!doctype html><title>nokube</title><p>Back to the terminal.</p>");
    });
  }

  static async listen(): Promise<Program> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new Program(server);
  }

  get redirectUri(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/callback`;
  }

  /** The address that it opens in the browser. */
  address(change: Record<string, string> = {}): string {
    const query = {
      response_type: "code",
      client_id: "nokube-cli",
      redirect_uri: this.redirectUri,
      code_challenge: createHash("sha256").update(this.verifier).digest("base64url"),
      code_challenge_method: "S256",
      state: this.state,
      device: "alices-laptop",
      ...change,
    };
    return `${platform.url}/authorize?${new URLSearchParams(query)}`;
  }

  /** Exchanges the code. */
  async exchange(code: string): Promise<{ status: number; login: string | null }> {
    const body = { grant_type: "authorization_code", code, redirect_uri: this.redirectUri, client_id: "nokube-cli", code_verifier: this.verifier };
    const response = await fetch(`${platform.url}/api/v1/auth/token`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!response.ok) return { status: response.status, login: null };
    const { access_token } = (await response.json()) as { access_token: string };
    const me = await fetch(`${platform.url}/api/v1/auth/me`, { headers: { authorization: `Bearer ${access_token}` } });
    return { status: response.status, login: ((await me.json()) as { login: string }).login };
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

for (const view of VIEWS) {
  const where = `${view.language}, ${view.width} px`;

  test(`the command line is allowed after the sign-in, and gets a code that works once (${where})`, async () => {
    const program = await Program.listen();
    const alice = await BrowserUser.open(browser, program.address(), view);
    const { t, page } = alice;
    const login = `alice-${view.language}`;
    await alice.expectText(t.authorize.signInFirst);
    await alice.checkPage("authorize-sign-in");
    await alice.startSignIn(login);
    await alice.expectText(t.authorize.question(login));
    await page.getByText("alices-laptop", { exact: true }).waitFor();
    assert.equal(program.answers.length, 0, "nothing is sent before the user has answered");
    await alice.checkPage("authorize");

    await alice.button(t.authorize.allow).click();
    await page.waitForURL(`${program.redirectUri}?**`);
    const [answer] = program.answers;
    assert.equal(answer?.get("state"), program.state);
    const code = answer?.get("code") ?? "";
    assert.deepEqual(await program.exchange(code), { status: 200, login });
    assert.equal((await program.exchange(code)).status, 400, "a code is used once");
    await alice.close();
    program.close();
  });

  test(`the command line is refused, and gets the error (${where})`, async () => {
    const program = await Program.listen();
    const bob = await BrowserUser.open(browser, platform.url, view);
    const { t, page } = bob;
    await bob.signIn(`bob-${view.language}`);
    await page.goto(program.address({ device: HOSTILE }));
    await page.getByText(HOSTILE, { exact: true }).waitFor();
    await bob.checkPage("authorize-hostile-device");
    await bob.button(t.authorize.refuse).click();
    await page.waitForURL(`${program.redirectUri}?**`);
    const answer = Object.fromEntries(program.answers[0] ?? []);
    assert.deepEqual(answer, { error: "access_denied", state: program.state });
    await bob.close();
    program.close();
  });

  test(`a link that is no request of the command line redirects nowhere (${where})`, async () => {
    const program = await Program.listen();
    const carol = await BrowserUser.open(browser, program.address({ redirect_uri: "https://evil.example/callback" }), view);
    const { t, page } = carol;
    // Without a session nobody is asked to sign in for it.
    await carol.expectText(t.authorize.invalidParameters("redirect_uri"));
    assert.equal(await carol.link(t.signIn.button).count(), 0);
    await page.goto(platform.url);
    await carol.signIn(`carol-${view.language}`);
    await page.goto(program.address({ redirect_uri: "https://evil.example/callback", code_challenge_method: "plain" }));
    await carol.expectText(t.authorize.invalidParameters("redirect_uri, code_challenge_method"));
    assert.equal(await carol.button(t.authorize.allow).count(), 0);
    await carol.checkPage("authorize-invalid");

    // Also not where the platform itself would name another address.
    await page.route(/\/api\/v1\/auth\/authorizations$/, (route) =>
      route.fulfill({ status: 201, json: { redirect_to: "http://127.0.0.1:1/callback?code=c&state=s" } }),
    );
    await page.goto(program.address());
    await carol.button(t.authorize.allow).click();
    await carol.expectText(t.authorize.foreign);
    assert.equal(new URL(page.url()).pathname, "/authorize");
    assert.deepEqual(program.answers, []);
    await carol.close();
    program.close();
  });
}
