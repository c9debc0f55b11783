// A hook that reads a log as server-sent events while the tab is visible.
import { useEffect, useState } from "preact/hooks";
import { renewSession } from "./session";
import type { NoLog } from "./types";

export interface LogLine {
  key: number;
  /** The pod that wrote the line; `null` in a build log. */
  pod: string | null;
  text: string;
  /** Why there is no log; `null` for a line of a log. */
  reason: NoLog | null;
}

export interface LogStream {
  lines: readonly LogLine[];
  state: "connecting" | "live" | "ended" | "lost";
}

/** Older lines are dropped to keep the page fast. The full log is available as text. */
const MAX_LINES = 5_000;
const FLUSH_INTERVAL_MS = 100;
const MAX_RECONNECT_DELAY_MS = 30_000;

/** Streams the log at `path`; nothing for `null`. */
export function useLogStream(path: string | null): LogStream {
  const [lines, setLines] = useState<readonly LogLine[]>([]);
  const [state, setState] = useState<LogStream["state"]>("connecting");

  useEffect(() => {
    if (path === null) return;
    let source: EventSource | null = null;
    let timer: number | undefined;
    let buffer: LogLine[] = [];
    let count = 0;
    let failures = 0;
    let isClosed = false;

    // Lines arrive in bursts: render a burst once.
    const flush = () => {
      timer = undefined;
      const added = buffer;
      buffer = [];
      setLines((before) => [...before, ...added].slice(-MAX_LINES));
    };
    const add = (text: string, pod: string | null = null, reason: NoLog | null = null) => {
      buffer.push({ key: count++, pod, text, reason });
      timer ??= window.setTimeout(flush, FLUSH_INTERVAL_MS);
    };
    const connect = () => {
      if (isClosed || document.hidden || source !== null) return;
      setLines([]);
      buffer = [];
      setState("connecting");
      source = new EventSource(path);
      source.addEventListener("open", () => {
        failures = 0;
        setState("live");
      });
      source.addEventListener("log", (event) => {
        const data: unknown = JSON.parse(event.data as string);
        if (typeof data === "string") add(data);
        else if (isPodLine(data)) add(data.line, data.pod, data.reason);
      });
      source.addEventListener("end", () => {
        isClosed = true;
        setState("ended");
        disconnect();
      });
      source.addEventListener("error", () => {
        // The browser reconnects when the server closes the stream, but not after an HTTP error, which
        // usually means that the session has expired.
        if (source?.readyState !== EventSource.CLOSED) return;
        disconnect();
        setState("lost");
        const delay = Math.min(MAX_RECONNECT_DELAY_MS, 1_000 * 2 ** failures++);
        window.setTimeout(() => void renewSession().then((renewed) => renewed && connect(), connect), delay);
      });
    };
    const disconnect = () => {
      source?.close();
      source = null;
    };
    const onVisibilityChange = () => (document.hidden ? disconnect() : connect());
    document.addEventListener("visibilitychange", onVisibilityChange);
    connect();
    return () => {
      isClosed = true;
      disconnect();
      window.clearTimeout(timer);
      document.removeEventListener("visibilitychange", onVisibilityChange);
    };
  }, [path]);

  return { lines, state };
}

function isPodLine(data: unknown): data is { pod: string; line: string; reason?: NoLog } {
  return typeof data === "object" && data !== null && "line" in data && "pod" in data;
}
