// Loading what a page shows, and looking again gently.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { asFailure, type Failure } from "./failure";

export interface Loaded<T> {
  /** The newest answer, also while a later look fails. */
  data: T | undefined;
  /** Why the last look failed. */
  failure: Failure | null;
  /** Looks again now. */
  reload: () => void;
}

const firstWait = 2_000;
const longestWait = 30_000;

/**
 * Loads by `look`, anew when one of `of` changes. `every` says after how many milliseconds to look
 * again, or `null` for never. A hidden tab does not look; a look that fails for a passing reason is
 * made again, each time after a longer wait, or as soon as the network is back.
 */
export function useLoad<T>(
  look: (signal: AbortSignal) => Promise<T>,
  of: readonly unknown[],
  every: (data: T) => number | null = () => null,
): Loaded<T> {
  const [state, setState] = useState<{ data?: T; failure: Failure | null }>({ failure: null });
  const again = useRef(() => {});
  const latest = useRef({ look, every });
  latest.current = { look, every };

  useEffect(() => {
    const end = new AbortController();
    let timer: number | undefined;
    let failures = 0;
    let running = false;
    // Asked for while another look was under way, whose answer may be older than the wish.
    let wanted = false;
    let due = true;
    setState({ failure: null });

    const later = (wait: number | null) => {
      window.clearTimeout(timer);
      due = false;
      if (wait === null) return;
      timer = window.setTimeout(() => {
        due = true;
        if (!document.hidden) void run();
      }, wait);
    };
    const run = async () => {
      if (end.signal.aborted) return;
      if (running) {
        wanted = true;
        return;
      }
      running = true;
      try {
        const data = await latest.current.look(end.signal);
        failures = 0;
        setState({ data, failure: null });
        later(latest.current.every(data));
      } catch (thrown) {
        const failure = asFailure(thrown);
        if (end.signal.aborted || failure === null) return;
        setState((before) => ({ ...before, failure }));
        const wait = Math.min(longestWait, firstWait * 2 ** failures++);
        later(failure.passes ? Math.max(wait, (failure.retryAfter ?? 0) * 1_000) : null);
      } finally {
        running = false;
        if (wanted) {
          wanted = false;
          void run();
        }
      }
    };
    const seen = () => {
      if (!document.hidden && due) void run();
    };
    const back = () => void run();
    again.current = back;
    document.addEventListener("visibilitychange", seen);
    window.addEventListener("online", back);
    void run();
    return () => {
      end.abort();
      window.clearTimeout(timer);
      document.removeEventListener("visibilitychange", seen);
      window.removeEventListener("online", back);
    };
  }, of);

  const reload = useCallback(() => again.current(), []);
  return { data: state.data, failure: state.failure, reload };
}
