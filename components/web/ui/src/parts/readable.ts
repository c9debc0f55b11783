// Log lines as people read them.

export interface Readable {
  text: string;
  kind: "plain" | "group" | "error" | "warning" | "command";
}

// Colours and cursor movements of terminals (ECMA-48), which mean nothing here.
const terminal = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007]*\u0007)/g;
const time = /^\uFEFF?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z ?/;
const marker = /^(?:##\[(\w+)\]|\[(command)\])/;

/** A line that a program wrote. */
export function plain(line: string): Readable {
  return { text: line.replace(terminal, ""), kind: "plain" };
}

/** A line of a GitHub job's log, with its time and its markers; `null` for one that says nothing. */
export function ofGitHub(line: string): Readable | null {
  const { text } = plain(line.replace(time, ""));
  const found = marker.exec(text);
  const kind = found?.[1] ?? found?.[2];
  const rest = text.slice(found?.[0].length ?? 0);
  switch (kind) {
    case "endgroup":
      return null;
    case "group":
    case "error":
    case "warning":
    case "command":
      return { text: rest, kind };
    default:
      return { text, kind: "plain" };
  }
}
