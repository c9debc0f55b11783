// What a first visit loads.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const dist = join(import.meta.dirname, "../../components/web/ui/dist");

/** Bytes, of 100 KB that a first visit may take. */
const most = 100_000;

test("a first visit is small", () => {
  const files = ["index.html", ...readdirSync(join(dist, "assets")).map((name) => join("assets", name))];
  for (const form of ["gz", "br"]) {
    const packed = files.filter((name) => name.endsWith(`.${form}`) || name === "index.html");
    const sizes = packed.map((name) => readFileSync(join(dist, name)).length);
    const sum = sizes.reduce((a, b) => a + b, 0);
    console.log(`first visit, ${form}: ${sum} of ${most} bytes in ${packed.length} files`);
    assert.ok(packed.length >= 3, "page, script and style");
    assert.ok(sum <= most);
  }
});
