// The download size of a first visit.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const DIST = join(import.meta.dirname, "../../components/web/ui/dist");

const MAX_BYTES = 100_000;

test("a first visit downloads at most 100 KB", () => {
  const files = ["index.html", ...readdirSync(join(DIST, "assets")).map((name) => join("assets", name))];
  for (const encoding of ["gz", "br"]) {
    const compressed = files.filter((name) => name.endsWith(`.${encoding}`) || name === "index.html");
    const sizes = compressed.map((name) => readFileSync(join(DIST, name)).length);
    const sum = sizes.reduce((a, b) => a + b, 0);
    console.log(`first visit, ${encoding}: ${sum} of ${MAX_BYTES} bytes in ${compressed.length} files`);
    assert.ok(compressed.length >= 3, "page, script and style");
    assert.ok(sum <= MAX_BYTES);
  }
});
