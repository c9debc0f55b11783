// Parses raw log lines for display.

export interface DisplayLine {
  text: string;
  kind: "plain" | "group" | "error" | "warning" | "command";
}

// ANSI escape sequences (ECMA-48): colours and cursor movements.
const ANSI_ESCAPE = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007]*\u0007)/g;
const TIMESTAMP = /^\uFEFF?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z ?/;
const WORKFLOW_COMMAND = /^(?:##\[(\w+)\]|\[(command)\])/;

/** A line that a program wrote. */
export function parseProgramLine(line: string): DisplayLine {
  return { text: line.replace(ANSI_ESCAPE, ""), kind: "plain" };
}

/** A line of a GitHub job's log, without its timestamp and workflow command; `null` if nothing is left to show. */
export function parseGitHubLine(line: string): DisplayLine | null {
  const { text } = parseProgramLine(line.replace(TIMESTAMP, ""));
  const match = WORKFLOW_COMMAND.exec(text);
  const kind = match?.[1] ?? match?.[2];
  const rest = text.slice(match?.[0].length ?? 0);
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
