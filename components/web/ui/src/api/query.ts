// A hook that loads data for a page, polls it, and retries after transient errors.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { toApiError, type ApiError } from "./error";

export interface QueryResult<T> {
  /** The latest data; kept when a later request fails. */
  data: T | undefined;
  /** Why the latest request failed. */
  error: ApiError | null;
  refetch: () => void;
}

const INITIAL_RETRY_DELAY_MS = 2_000;
const MAX_RETRY_DELAY_MS = 30_000;

/**
 * Calls `fetchData`, again whenever one of `deps` changes. `pollInterval` returns the milliseconds until the next
 * request, or `null` to stop polling. Transient errors are retried with exponential backoff, or as soon as the
 * browser is online again. A hidden tab sends no requests.
 */
export function useQuery<T>(
  fetchData: (signal: AbortSignal) => Promise<T>,
  deps: readonly unknown[],
  pollInterval: (data: T) => number | null = () => null,
): QueryResult<T> {
  const [state, setState] = useState<{ data?: T; error: ApiError | null }>({ error: null });
  const refetchRef = useRef(() => {});
  const latest = useRef({ fetchData, pollInterval });
  latest.current = { fetchData, pollInterval };

  useEffect(() => {
    const abort = new AbortController();
    let timer: number | undefined;
    let failures = 0;
    let isRunning = false;
    // A refetch during a request must run afterwards: the response in flight may be older than the change.
    let isQueued = false;
    let isDue = true;
    setState({ error: null });

    const schedule = (delay: number | null) => {
      window.clearTimeout(timer);
      isDue = false;
      if (delay === null) return;
      timer = window.setTimeout(() => {
        isDue = true;
        if (!document.hidden) void run();
      }, delay);
    };
    const run = async () => {
      if (abort.signal.aborted) return;
      if (isRunning) {
        isQueued = true;
        return;
      }
      isRunning = true;
      try {
        const data = await latest.current.fetchData(abort.signal);
        failures = 0;
        setState({ data, error: null });
        schedule(latest.current.pollInterval(data));
      } catch (thrown) {
        const error = toApiError(thrown);
        if (abort.signal.aborted || error === null) return;
        setState((before) => ({ ...before, error }));
        const backoff = Math.min(MAX_RETRY_DELAY_MS, INITIAL_RETRY_DELAY_MS * 2 ** failures++);
        schedule(error.isTransient ? Math.max(backoff, (error.retryAfter ?? 0) * 1_000) : null);
      } finally {
        isRunning = false;
        if (isQueued) {
          isQueued = false;
          void run();
        }
      }
    };
    const onVisibilityChange = () => {
      if (!document.hidden && isDue) void run();
    };
    const runNow = () => void run();
    refetchRef.current = runNow;
    document.addEventListener("visibilitychange", onVisibilityChange);
    window.addEventListener("online", runNow);
    void run();
    return () => {
      abort.abort();
      window.clearTimeout(timer);
      document.removeEventListener("visibilitychange", onVisibilityChange);
      window.removeEventListener("online", runNow);
    };
  }, deps);

  const refetch = useCallback(() => refetchRef.current(), []);
  return { data: state.data, error: state.error, refetch };
}
