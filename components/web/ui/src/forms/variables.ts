// Variables as text: one `KEY=value` per line, like a `.env` file.
import type { FieldError } from "../api/error";
import type { Messages } from "../i18n";

export interface LineError {
  /** Line number, from 1. */
  line: number;
  /** The name, if it was defined before; `null` if the line is malformed. */
  duplicate: string | null;
}

export interface ParsedVariables {
  values: Record<string, string>;
  errors: LineError[];
}

/**
 * Empty lines and lines that begin with `#` are skipped. A value in double quotes may contain the escapes `\n`,
 * `\r`, `\"` and `\\`; a value in single quotes is literal. The API validates the names.
 */
export function parseVariables(text: string): ParsedVariables {
  const values: Record<string, string> = Object.create(null) as Record<string, string>;
  const errors: LineError[] = [];
  text.split(/\r?\n/).forEach((raw, index) => {
    const line = raw.trim().replace(/^export\s+/, "");
    if (line === "" || line.startsWith("#")) return;
    const equals = line.indexOf("=");
    const name = line.slice(0, equals).trim();
    if (equals < 1 || name === "") errors.push({ line: index + 1, duplicate: null });
    else if (name in values) errors.push({ line: index + 1, duplicate: name });
    else values[name] = unquote(line.slice(equals + 1).trim());
  });
  return { values: { ...values }, errors };
}

function unquote(value: string): string {
  if (/^'[^']*'$/.test(value)) return value.slice(1, -1);
  if (!/^"(?:[^"\\]|\\.)*"$/s.test(value)) return value;
  return value.slice(1, -1).replace(/\\(.)/g, (_, c: string) => (c === "n" ? "\n" : c === "r" ? "\r" : c));
}

/** The inverse of `parseVariables`. */
export function formatVariables(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${quote(value)}\n`)
    .join("");
}

function quote(value: string): string {
  if (value === value.trim() && !/[\n\r]/.test(value) && !/^["']/.test(value)) return value;
  const escaped = value.replace(/[\\"]/g, "\\$&").replace(/\n/g, "\\n").replace(/\r/g, "\\r");
  return `"${escaped}"`;
}

/** Line errors as translated errors of `field`. */
export function toFieldErrors(field: string, errors: readonly LineError[], t: Messages): FieldError[] {
  return errors.map(({ line, duplicate }) => ({
    field,
    detail: duplicate === null ? t.deploy.invalidLine(line) : t.deploy.duplicateVariable(line, duplicate),
  }));
}
