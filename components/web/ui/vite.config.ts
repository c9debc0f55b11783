// Builds the page into `dist`. The web component embeds these files.
import { readdirSync, readFileSync, writeFileSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

/** Adds the OpenAPI document to the output, and compressed copies of the files that get smaller. */
const compress: Plugin = {
  name: "compress",
  apply: "build",
  closeBundle() {
    const output = join("dist", "api", "v1", "openapi.json");
    mkdirSync(dirname(output), { recursive: true });
    const document: unknown = JSON.parse(readFileSync("../../../docs/api/openapi.json", "utf8"));
    writeFileSync(output, JSON.stringify(document));
    for (const entry of readdirSync("dist", { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      const plain = readFileSync(path);
      const compressed = {
        gz: gzipSync(plain, { level: 9 }),
        br: brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
      };
      for (const [extension, bytes] of Object.entries(compressed)) {
        if (bytes.length < plain.length) writeFileSync(`${path}.${extension}`, bytes);
      }
    }
  },
};

export default defineConfig({
  plugins: [compress],
  build: {
    target: "es2022",
    // The page's Content-Security-Policy forbids data: URLs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  // `npm run dev` next to `make run`: the page reloads on changes, and API requests go to the running platform.
  server: {
    proxy: { "/api": { target: "http://127.0.0.1:3000", headers: { origin: "http://127.0.0.1:3000" } } },
  },
});
