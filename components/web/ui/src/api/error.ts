// Errors of API requests: a problem (RFC 9457) that the API returned, or no response at all.
import type { Problem, ProblemReason } from "./types";

export class ApiError extends Error {
  constructor(
    /** The last segment of the problem's type; `offline` without a response, `unknown` for another body. */
    readonly kind: string,
    /** HTTP status, 0 without a response. */
    readonly status: number,
    detail: string,
    readonly fieldErrors: readonly FieldError[] = [],
    /** The more specific cause within the kind. */
    readonly reason: ProblemReason | null = null,
    /** Seconds to wait before a retry, from the `Retry-After` header. */
    readonly retryAfter: number | null = null,
    /** How many field errors there are in addition to `fieldErrors`. */
    readonly moreErrors = 0,
  ) {
    super(detail);
  }

  /** The same error, with the field `from` under the name that it has in a form. */
  withFieldName(from: string, to: string): ApiError {
    const errors = this.fieldErrors.map((error) => (error.field === from ? { ...error, field: to } : error));
    return new ApiError(this.kind, this.status, this.message, errors, this.reason, this.retryAfter, this.moreErrors);
  }

  /** Whether the platform would refuse another request of this kind too, whatever is in it. */
  get isRefusal(): boolean {
    return this.kind === "misconfigured" || (!this.isTransient && this.kind !== "invalid");
  }

  /** Whether the same request may succeed when it is retried. */
  get isTransient(): boolean {
    return this.status === 0 || this.status >= 500 || this.status === 429;
  }
}

export interface FieldError {
  field: string;
  detail: string;
}

/** No response: the network or the platform is down. */
export function networkError(): ApiError {
  return new ApiError("offline", 0, "");
}

/** The error of an unsuccessful response. A proxy may have sent it, so the body need not be a problem. */
export function errorFromResponse(response: Response, body: unknown): ApiError {
  const seconds = Number(response.headers.get("retry-after"));
  const retryAfter = Number.isInteger(seconds) && seconds > 0 ? seconds : null;
  if (!isProblem(body)) return new ApiError("unknown", response.status, "", [], null, retryAfter);
  const kind = body.type.split("/").at(-1) ?? "unknown";
  const { detail, errors = [], reason = null, more_errors } = body;
  return new ApiError(kind, response.status, detail, errors, reason, retryAfter, more_errors);
}

function isProblem(body: unknown): body is Problem {
  return typeof body === "object" && body !== null && "type" in body && "detail" in body;
}

/** Converts a caught value. `null` for an aborted request; other errors are rethrown, they are bugs. */
export function toApiError(thrown: unknown): ApiError | null {
  if (thrown instanceof ApiError) return thrown;
  if (thrown instanceof DOMException && thrown.name === "AbortError") return null;
  // `fetch` rejects with a TypeError when the network fails.
  if (thrown instanceof TypeError) return networkError();
  throw thrown;
}
