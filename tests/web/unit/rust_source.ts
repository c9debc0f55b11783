// Texts in the platform's Rust code, to compare with the page's translations of them.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../../..");

interface Literal {
  /** Relative to the root of the project. */
  file: string;
  text: string;
}

/** The string literals in the Rust files below `directories`, without those in comments. */
export function stringLiterals(...directories: string[]): Literal[] {
  return directories.flatMap((directory) =>
    readdirSync(join(ROOT, directory), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".rs"))
      .map((name) => join(directory, name))
      .flatMap((file) => literalsOf(readFileSync(join(ROOT, file), "utf8")).map((text) => ({ file, text }))),
  );
}

export function readProjectFile(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

function literalsOf(source: string): string[] {
  const code = source.replace(/^\s*\/\/.*$/gm, "").replaceAll(`'"'`, "");
  return [...code.matchAll(/"((?:[^"\\]|\\[\s\S])*)"/g)].map(([, literal = ""]) =>
    literal.replace(/\\\n\s*/g, "").replace(/\\(["\\])/g, "$1"),
  );
}

/** The values of `enum name` as the API has them: its variants in snake case. */
export function enumValues(file: string, name: string): string[] {
  const [, body = ""] = new RegExp(`enum ${name} \\{([^}]*)\\}`).exec(readProjectFile(file)) ?? [];
  return [...body.matchAll(/^ {4}([A-Z]\w*),$/gm)].map(([, variant = ""]) =>
    variant.replace(/(?<!^)[A-Z]/g, (letter) => `_${letter}`).toLowerCase(),
  );
}
