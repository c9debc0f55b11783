// A repeated read has no body as long as the response has not changed.
import assert from "node:assert/strict";
import { test } from "node:test";
import { withEntityTags } from "../../../components/web/ui/src/api/conditional.ts";

/** A server with one build, as the platform answers. Returns the page's `fetch`, and what the server was asked. */
function server(build: { status: string }) {
  const asked: (string | null)[] = [];
  const read = withEntityTags(async (request) => {
    const has = request.headers.get("if-none-match");
    asked.push(has);
    const etag = `"${build.status}"`;
    if (build.status === "gone") return new Response("{}", { status: 404 });
    if (has === etag) return new Response(null, { status: 304, headers: { etag } });
    return new Response(JSON.stringify(build), { headers: { etag, "content-type": "application/json" } });
  });
  const get = async (path: string) => {
    const response = await read(new Request(`https://nokube.test${path}`));
    return { status: response.status, body: (await response.json()) as unknown };
  };
  return { asked, get };
}

test("an unchanged build is taken from memory, and a changed one is read again", async () => {
  const build = { status: "building" };
  const { asked, get } = server(build);
  assert.deepEqual(await get("/build"), { status: 200, body: { status: "building" } });
  assert.deepEqual(await get("/build"), { status: 200, body: { status: "building" } });
  build.status = "success";
  assert.deepEqual(await get("/build"), { status: 200, body: { status: "success" } });
  assert.deepEqual(await get("/build"), { status: 200, body: { status: "success" } });
  assert.deepEqual(asked, [null, '"building"', '"building"', '"success"']);
});

test("responses that can no longer be read and old ones are dropped", async () => {
  const build = { status: "building" };
  const { asked, get } = server(build);
  await get("/build");
  build.status = "gone";
  assert.equal((await get("/build")).status, 404);
  build.status = "building";
  assert.equal((await get("/build")).status, 200);
  for (let number = 0; number < 20; number++) await get(`/other/${number}`);
  asked.length = 0;
  await get("/build");
  assert.deepEqual(asked, [null]);
});
