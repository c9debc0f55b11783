// The platform on this machine: the real components with a simulated GitHub and cluster.
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const ROOT = join(import.meta.dirname, "../..");

export class Platform {
  private process: ChildProcess | null = null;
  private constructor(
    private readonly port: number,
    private readonly stateDir: string,
  ) {}

  static async start(): Promise<Platform> {
    const platform = new Platform(await freePort(), mkdtempSync(join(tmpdir(), "nokube-web-")));
    await platform.launch();
    return platform;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Starts the process with the stored state. */
  async launch(): Promise<void> {
    const args = ["--state-dir", this.stateDir, "run", "--listen", `127.0.0.1:${this.port}`];
    const child = spawn(join(ROOT, "target/debug/nokube-dev"), args, { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
    this.process = child;
    // Keep reading: the process blocks when its output pipe is full.
    const output: string[] = [];
    const lines = createInterface({ input: child.stdout });
    await new Promise<void>((resolve, reject) => {
      lines.on("line", (line) => {
        if (output.length < 100) output.push(line);
        if (line.startsWith("Serving ")) resolve();
      });
      child.once("exit", () => reject(new Error(`the platform did not start:\n${output.join("\n")}`)));
    });
  }

  /** Stops the process and keeps its state. */
  async stop(): Promise<void> {
    const child = this.process;
    if (child === null || child.exitCode !== null) return;
    const exited = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    await exited;
    this.process = null;
  }

  /** Stops the process and deletes its state. */
  async shutDown(): Promise<void> {
    await this.stop();
    rmSync(this.stateDir, { recursive: true, force: true });
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
