// Builds the page into `dist`, which the component takes into itself.
import { readdirSync, readFileSync, writeFileSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

/** The API's description stands among the page's files; each that gains by it is there compressed too. */
const packed: Plugin = {
  name: "packed",
  apply: "build",
  closeBundle() {
    const contract = join("dist", "api", "v1", "openapi.json");
    mkdirSync(dirname(contract), { recursive: true });
    const description: unknown = JSON.parse(readFileSync("../../../docs/api/openapi.json", "utf8"));
    writeFileSync(contract, JSON.stringify(description));
    for (const entry of readdirSync("dist", { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      const plain = readFileSync(path);
      const forms = {
        gz: gzipSync(plain, { level: 9 }),
        br: brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
      };
      for (const [ending, bytes] of Object.entries(forms)) {
        if (bytes.length < plain.length) writeFileSync(`${path}.${ending}`, bytes);
      }
    }
  },
};

export default defineConfig({
  plugins: [packed],
  build: {
    target: "es2022",
    // A data: address is not allowed by the page's policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  // `npm run dev` beside `make run`: the page is built anew at each change, the API is the real one.
  server: {
    proxy: { "/api": { target: "http://127.0.0.1:3000", headers: { origin: "http://127.0.0.1:3000" } } },
  },
});
