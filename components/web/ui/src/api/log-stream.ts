// A hook that reads a log as server-sent events while the tab is visible.
import { useEffect, useState, type Dispatch, type StateUpdater } from "preact/hooks";
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
    const buffer = lineBuffer(setLines);
    const stop = startStream(path, buffer, setState);
    return () => {
      stop();
      buffer.stop();
    };
  }, [path]);

  return { lines, state };
}

interface LineBuffer {
  add: (text: string, pod?: string | null, reason?: NoLog | null) => void;
  clear: () => void;
  stop: () => void;
}

/** Lines arrive in bursts: render a burst once. */
function lineBuffer(setLines: Dispatch<StateUpdater<readonly LogLine[]>>): LineBuffer {
  let timer: number | undefined;
  let buffer: LogLine[] = [];
  let count = 0;

  const flush = () => {
    timer = undefined;
    const added = buffer;
    buffer = [];
    setLines((before) => [...before, ...added].slice(-MAX_LINES));
  };
  return {
    add: (text, pod = null, reason = null) => {
      buffer.push({ key: count++, pod, text, reason });
      timer ??= window.setTimeout(flush, FLUSH_INTERVAL_MS);
    },
    clear: () => {
      setLines([]);
      buffer = [];
    },
    stop: () => window.clearTimeout(timer),
  };
}

/** Reads the log until it ends, while the tab is visible. Returns a function that stops it. */
function startStream(path: string, lines: LineBuffer, setState: (state: LogStream["state"]) => void): () => void {
  let source: EventSource | null = null;
  let failures = 0;
  let isClosed = false;

  const connect = () => {
    if (isClosed || document.hidden || source !== null) return;
    lines.clear();
    setState("connecting");
    source = new EventSource(path);
    source.addEventListener("open", () => {
      failures = 0;
      setState("live");
    });
    source.addEventListener("log", (event) => {
      const data: unknown = JSON.parse(event.data as string);
      if (typeof data === "string") lines.add(data);
      else if (isPodLine(data)) lines.add(data.line, data.pod, data.reason);
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
    document.removeEventListener("visibilitychange", onVisibilityChange);
  };
}

function isPodLine(data: unknown): data is { pod: string; line: string; reason?: NoLog } {
  return typeof data === "object" && data !== null && "line" in data && "pod" in data;
}
