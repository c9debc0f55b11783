// A hook that loads data for a page, polls it, and retries after transient errors.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { ApiError } from "./error";
import { startPoll } from "./poll";

export interface QueryResult<T> {
  /** The latest data; kept when a later request fails. */
  data: T | undefined;
  /** Why the latest request failed. */
  error: ApiError | null;
  refetch: () => void;
}

/** A list that shows more on request. */
export interface ListResult<T> {
  result: QueryResult<T>;
  limit: number;
  setLimit: (limit: number) => void;
}

/** Whether a first response or an error has arrived. */
export function hasSettled({ data, error }: QueryResult<unknown>): boolean {
  return data !== undefined || error !== null;
}

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
    setState({ error: null });
    const { refetch, stop } = startPoll({
      fetchData: (signal) => latest.current.fetchData(signal),
      pollInterval: (data: T) => latest.current.pollInterval(data),
      onData: (data) => setState({ data, error: null }),
      onError: (error) => setState((before) => ({ ...before, error })),
    });
    refetchRef.current = refetch;
    return stop;
  }, deps);

  const refetch = useCallback(() => refetchRef.current(), []);
  return { data: state.data, error: state.error, refetch };
}
