// The platform on this machine: the real components with a simulated GitHub and cluster.
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const ROOT = join(import.meta.dirname, "../..");

interface Pushed {
  message: string;
  /** The login of the author, who pushes it. */
  author: string;
  /** The files that it changes. */
  files?: string[];
  /** The content of the first one. */
  content?: string;
  /** The repository's default branch if there is none. */
  branch?: string;
}

/** What somebody does with a pull request. Without a fork, its branch is one of the repository itself. */
export type PullRequestChange =
  | { action: "open"; branch: string; title: string; author?: string; fork?: string; files?: string[]; message?: string; draft?: boolean }
  | { action: "push"; number: number; message: string; files?: string[] }
  | { action: "draft" | "ready" | "close" | "reopen" | "merge" | "delete_fork"; number: number };

interface ChangedPullRequest {
  number: number;
  /** The id of its head. */
  commit: string;
}

export class Platform {
  private process: ChildProcess | null = null;
  /** The origin of the simulated GitHub. */
  private github = "";
  private constructor(
    private readonly port: number,
    readonly stateDir: string,
    private readonly program: string,
    private readonly options: string[],
  ) {}

  /** With another program, and with its options, real systems can take the place of simulated ones. */
  static async start(program = "nokube-dev", options = ["run"]): Promise<Platform> {
    const stateDir = mkdtempSync(join(tmpdir(), "nokube-web-"));
    const platform = new Platform(await freePort(), stateDir, program, options);
    await platform.launch();
    return platform;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Starts the process with the stored state. */
  async launch(): Promise<void> {
    const args = ["--state-dir", this.stateDir, ...this.options, "--listen", `127.0.0.1:${this.port}`];
    const program = join(ROOT, "target/debug", this.program);
    const child = spawn(program, args, { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
    this.process = child;
    // Keep reading: the process blocks when its output pipe is full.
    const output: string[] = [];
    const lines = createInterface({ input: child.stdout });
    await new Promise<void>((resolve, reject) => {
      lines.on("line", (line) => {
        if (output.length < 100) output.push(line);
        this.github = /^Simulated GitHub on (\S+)/.exec(line)?.[1] ?? this.github;
        if (line.startsWith("Serving ")) resolve();
      });
      child.once("exit", () => reject(new Error(`the platform did not start:\n${output.join("\n")}`)));
    });
  }

  /** Pushes a commit to a repository of the simulated GitHub, which sends the platform an event. */
  async push(repository: string, commit: Pushed): Promise<void> {
    const { files = ["README.md"], content = "", ...rest } = commit;
    const query = new URLSearchParams({ ...rest, files: files.join(",") });
    const response = await fetch(`${this.github}/_push/${repository}?${query}`, { method: "POST", body: content });
    if (!response.ok) throw new Error(`the push failed: ${response.status} ${await response.text()}`);
  }

  /** Opens or changes a pull request at the simulated GitHub, which sends the platform an event. */
  async pullRequest(repository: string, change: PullRequestChange): Promise<ChangedPullRequest> {
    const response = await fetch(`${this.github}/_pull_request/${repository}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(change),
    });
    if (!response.ok) throw new Error(`the pull request failed: ${response.status} ${await response.text()}`);
    return (await response.json()) as ChangedPullRequest;
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
