// What went wrong with a request, as the pages show it.
import type { Problem, ProblemReason } from "./types";

/** The platform answered with a problem, or did not answer at all. */
export class Failure extends Error {
  constructor(
    /** `offline` when no answer came; else the last part of the problem's type. */
    readonly kind: string,
    readonly status: number,
    detail: string,
    readonly faults: readonly Fault[] = [],
    /** Which of its kind it is. */
    readonly reason: ProblemReason | null = null,
    /** Seconds after which the same request may do better. */
    readonly retryAfter: number | null = null,
  ) {
    super(detail);
  }

  /** May the same request succeed without a change of ours? */
  get passes(): boolean {
    return this.status === 0 || this.status >= 500 || this.status === 429;
  }
}

export interface Fault {
  field: string;
  detail: string;
}

/** Nothing came back: no network, or no platform. */
export function offline(): Failure {
  return new Failure("offline", 0, "");
}

/** What an answer that is no success says. A server in front may have answered in the platform's place. */
export function failure(response: Response, body: unknown): Failure {
  const seconds = Number(response.headers.get("retry-after"));
  const retryAfter = Number.isInteger(seconds) && seconds > 0 ? seconds : null;
  if (!isProblem(body)) return new Failure("unknown", response.status, "", [], null, retryAfter);
  const kind = body.type.split("/").at(-1) ?? "unknown";
  return new Failure(kind, response.status, body.detail, body.errors ?? [], body.reason ?? null, retryAfter);
}

function isProblem(body: unknown): body is Problem {
  return typeof body === "object" && body !== null && "type" in body && "detail" in body;
}

/** Whatever was thrown, as a failure; an abort is none. */
export function asFailure(thrown: unknown): Failure | null {
  if (thrown instanceof Failure) return thrown;
  if (thrown instanceof DOMException && thrown.name === "AbortError") return null;
  if (thrown instanceof TypeError) return offline();
  throw thrown;
}
