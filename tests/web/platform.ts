// The whole product on this machine: the real components, the simulated GitHub and cluster.
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const root = join(import.meta.dirname, "../..");

export class Platform {
  private process: ChildProcess | null = null;
  private constructor(
    private readonly port: number,
    private readonly state: string,
  ) {}

  static async start(): Promise<Platform> {
    const platform = new Platform(await freePort(), mkdtempSync(join(tmpdir(), "nokube-web-")));
    await platform.begin();
    return platform;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Starts it, with what it kept before. */
  async begin(): Promise<void> {
    const arguments_ = ["--state-dir", this.state, "run", "--listen", `127.0.0.1:${this.port}`];
    const child = spawn(join(root, "target/debug/nokube-dev"), arguments_, { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
    this.process = child;
    // It goes on being read: a program whose output nobody takes stands still.
    const said: string[] = [];
    const lines = createInterface({ input: child.stdout });
    await new Promise<void>((resolve, reject) => {
      lines.on("line", (line) => {
        if (said.length < 100) said.push(line);
        if (line.startsWith("Serving ")) resolve();
      });
      child.once("exit", () => reject(new Error(`the platform did not start:\n${said.join("\n")}`)));
    });
  }

  /** Stops it; what it keeps stays. */
  async pause(): Promise<void> {
    const child = this.process;
    if (child === null || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    await ended;
    this.process = null;
  }

  async end(): Promise<void> {
    await this.pause();
    rmSync(this.state, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => (typeof address === "object" && address ? resolve(address.port) : reject(new Error("no port"))));
    });
  });
}
