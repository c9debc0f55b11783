// Variables as people write them: one `KEY=value` a line, as in a `.env` file.

export interface BadLine {
  line: number;
  /** The name that is there twice, or none if the line cannot be read. */
  twice: string | null;
}

export interface Variables {
  values: Record<string, string>;
  faults: BadLine[];
}

/**
 * Reads lines. Empty ones and those that begin with `#` count for nothing. A value in double quotes
 * may hold `\n`, `\"` and `\\`; in single quotes it is as it stands. Which names are good is the
 * platform's to say.
 */
export function parse(text: string): Variables {
  const values: Record<string, string> = Object.create(null) as Record<string, string>;
  const faults: BadLine[] = [];
  text.split(/\r?\n/).forEach((raw, index) => {
    const line = raw.trim().replace(/^export\s+/, "");
    if (line === "" || line.startsWith("#")) return;
    const equals = line.indexOf("=");
    const name = line.slice(0, equals).trim();
    if (equals < 1 || name === "") faults.push({ line: index + 1, twice: null });
    else if (name in values) faults.push({ line: index + 1, twice: name });
    else values[name] = unquote(line.slice(equals + 1).trim());
  });
  return { values: { ...values }, faults };
}

function unquote(value: string): string {
  if (/^'[^']*'$/.test(value)) return value.slice(1, -1);
  if (!/^"(?:[^"\\]|\\.)*"$/s.test(value)) return value;
  return value.slice(1, -1).replace(/\\(.)/g, (_, c: string) => (c === "n" ? "\n" : c === "r" ? "\r" : c));
}

/** Writes lines that `parse` reads as the same values. */
export function format(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${quote(value)}\n`)
    .join("");
}

function quote(value: string): string {
  if (value === value.trim() && !/[\n\r]/.test(value) && !/^["']/.test(value)) return value;
  const escaped = value.replace(/[\\"]/g, "\\$&").replace(/\n/g, "\\n").replace(/\r/g, "\\r");
  return `"${escaped}"`;
}
