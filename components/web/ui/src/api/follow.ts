// A log that is followed: server-sent events, as long as somebody looks.
import { useEffect, useState } from "preact/hooks";
import { renew } from "./session";
import type { NoLog } from "./types";

export interface Line {
  key: number;
  /** The pod that wrote it. */
  pod: string | null;
  text: string;
  /** Why there is no log, if that is what it says. */
  reason: NoLog | null;
}

export interface Followed {
  lines: readonly Line[];
  state: "connecting" | "live" | "ended" | "lost";
}

/** More would make the page slow; the whole is to be had as text. */
const most = 5_000;

/** Follows the log at `path`, or nothing for `null`. A hidden tab does not. */
export function useLog(path: string | null): Followed {
  const [lines, setLines] = useState<readonly Line[]>([]);
  const [state, setState] = useState<Followed["state"]>("connecting");

  useEffect(() => {
    if (path === null) return;
    let source: EventSource | null = null;
    let timer: number | undefined;
    let fresh: Line[] = [];
    let count = 0;
    let failures = 0;
    let over = false;

    // Many lines come at once; they are shown together.
    const show = () => {
      timer = undefined;
      const added = fresh;
      fresh = [];
      setLines((before) => [...before, ...added].slice(-most));
    };
    const add = (text: string, pod: string | null = null, reason: NoLog | null = null) => {
      fresh.push({ key: count++, pod, text, reason });
      timer ??= window.setTimeout(show, 100);
    };
    const open = () => {
      if (over || document.hidden || source !== null) return;
      setLines([]);
      fresh = [];
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
        over = true;
        setState("ended");
        close();
      });
      source.addEventListener("error", () => {
        // The stream ends every now and then, and the browser comes back by itself, unless it was
        // refused: mostly because the session has ended.
        if (source?.readyState !== EventSource.CLOSED) return;
        close();
        setState("lost");
        const wait = Math.min(30_000, 1_000 * 2 ** failures++);
        window.setTimeout(() => void renew().then((is) => is && open(), open), wait);
      });
    };
    const close = () => {
      source?.close();
      source = null;
    };
    const seen = () => (document.hidden ? close() : open());
    document.addEventListener("visibilitychange", seen);
    open();
    return () => {
      over = true;
      close();
      window.clearTimeout(timer);
      document.removeEventListener("visibilitychange", seen);
    };
  }, [path]);

  return { lines, state };
}

function isPodLine(data: unknown): data is { pod: string; line: string; reason?: NoLog } {
  return typeof data === "object" && data !== null && "line" in data && "pod" in data;
}
