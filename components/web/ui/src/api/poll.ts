// Repeats a request while the tab is visible, and retries it after transient errors.
import { toApiError, type ApiError } from "./error";

const INITIAL_RETRY_DELAY_MS = 2_000;
const MAX_RETRY_DELAY_MS = 30_000;

interface PollOptions<T> {
  fetchData: (signal: AbortSignal) => Promise<T>;
  /** The milliseconds until the next request, or `null` to stop polling. */
  pollInterval: (data: T) => number | null;
  onData: (data: T) => void;
  onError: (error: ApiError) => void;
}

interface Poll {
  /** Sends a request now. */
  refetch: () => void;
  stop: () => void;
}

export function startPoll<T>({ fetchData, pollInterval, onData, onError }: PollOptions<T>): Poll {
  const abort = new AbortController();
  let timer: number | undefined;
  let failures = 0;
  let isDue = true;

  const schedule = (delay: number | null) => {
    window.clearTimeout(timer);
    isDue = false;
    if (delay === null) return;
    timer = window.setTimeout(() => {
      isDue = true;
      if (!document.hidden) run();
    }, delay);
  };
  const run = oneAtATime(async () => {
    if (abort.signal.aborted) return;
    try {
      const data = await fetchData(abort.signal);
      failures = 0;
      onData(data);
      schedule(pollInterval(data));
    } catch (thrown) {
      const error = toApiError(thrown);
      if (abort.signal.aborted || error === null) return;
      onError(error);
      schedule(retryDelay(error, failures++));
    }
  });
  const onVisibilityChange = () => {
    if (!document.hidden && isDue) run();
  };
  document.addEventListener("visibilitychange", onVisibilityChange);
  window.addEventListener("online", run);
  run();
  const stop = () => {
    abort.abort();
    window.clearTimeout(timer);
    document.removeEventListener("visibilitychange", onVisibilityChange);
    window.removeEventListener("online", run);
  };
  return { refetch: run, stop };
}

/** A call during a run starts another one afterwards: the response in flight may be older than the change. */
function oneAtATime(callback: () => Promise<void>): () => void {
  let isRunning = false;
  let isQueued = false;
  const run = async () => {
    if (isRunning) {
      isQueued = true;
      return;
    }
    isRunning = true;
    try {
      await callback();
    } finally {
      isRunning = false;
      if (isQueued) {
        isQueued = false;
        void run();
      }
    }
  };
  return () => void run();
}

/** The milliseconds until the next attempt; `null` if it would fail again. */
function retryDelay(error: ApiError, failures: number): number | null {
  if (!error.isTransient) return null;
  const backoff = Math.min(MAX_RETRY_DELAY_MS, INITIAL_RETRY_DELAY_MS * 2 ** failures);
  return Math.max(backoff, (error.retryAfter ?? 0) * 1_000);
}
