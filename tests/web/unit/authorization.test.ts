// What the page accepts as a request of the command line: anybody can craft a link to it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { isAnswerTo, parseAuthorization, refusal } from "../../../components/web/ui/src/forms/authorization.ts";

const VALID = {
  response_type: "code",
  client_id: "nokube-cli",
  redirect_uri: "http://127.0.0.1:49152/callback",
  code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
  code_challenge_method: "S256",
  state: "af0ifjsldkj",
};

function parse(change: Record<string, string> = {}) {
  return parseAuthorization(new URLSearchParams({ ...VALID, ...change }));
}

test("a request of the command line is accepted, on both loopback addresses", () => {
  const { response_type: _, ...request } = VALID;
  assert.deepEqual(parse({ device: "laptop" }), { request: { ...request, device: "laptop" } });
  const redirect_uri = "http://[::1]:65535/callback";
  assert.deepEqual(parse({ redirect_uri }), { request: { ...request, redirect_uri, device: "" } });
});

test("only a loopback address with a port is redirected to", () => {
  for (const redirect_uri of [
    "https://evil.example/callback",
    "http://localhost:49152/callback",
    "http://127.0.0.1/callback",
    "http://127.0.0.1:0/callback",
    "http://127.0.0.1:65536/callback",
    "http://127.0.0.1:49152/callback?x=1",
    "http://127.0.0.1:49152/callback#x",
    "http://127.0.0.1:49152/other",
    "http://127.0.0.1:49152@evil.example/callback",
    "http://evil.example#http://127.0.0.1:49152/callback",
    "http://127.0.0.1:49152/callback\n",
    "http://127.0.0.2:49152/callback",
    "javascript:alert(1)//http://127.0.0.1:1/callback",
    "",
  ]) {
    assert.deepEqual(parse({ redirect_uri }), { invalid: ["redirect_uri"] }, redirect_uri);
  }
});

test("parameters that are missing, repeated or of another flow are named", () => {
  assert.deepEqual(parseAuthorization(new URLSearchParams()), { invalid: Object.keys(VALID) });
  for (const [name, value] of [
    ["response_type", "token"],
    ["client_id", "other"],
    ["code_challenge", "short"],
    ["code_challenge_method", "plain"],
    ["state", ""],
    ["state", "a b"],
  ] as const) {
    assert.deepEqual(parse({ [name]: value }), { invalid: [name] }, `${name}=${value}`);
  }
  const repeated = new URLSearchParams(VALID);
  repeated.append("redirect_uri", "http://127.0.0.1:49153/callback");
  assert.deepEqual(parseAuthorization(repeated), { invalid: ["redirect_uri"] });
});

test("the device's name is one short line without invisible characters", () => {
  const deviceOf = (device: string) => {
    const parsed = parse({ device });
    return "request" in parsed ? parsed.request.device : null;
  };
  assert.equal(deviceOf("Alice’s laptop"), "Alice’s laptop");
  assert.equal(deviceOf(" a\n\tb\u202e\u200bc\u0000 "), "a b c");
  assert.equal([...(deviceOf("😀".repeat(100)) ?? "")].length, 64);
});

test("answers go to the address of the request only", () => {
  const parsed = parse();
  assert.ok("request" in parsed);
  assert.equal(refusal(parsed.request), "http://127.0.0.1:49152/callback?error=access_denied&state=af0ifjsldkj");
  assert.ok(isAnswerTo(parsed.request, "http://127.0.0.1:49152/callback?code=c&state=s"));
  for (const address of ["http://127.0.0.1:49152/callback.evil?code=c", "http://127.0.0.1:491520/callback?code=c", "https://evil.example/?code=c", ""]) {
    assert.ok(!isAnswerTo(parsed.request, address), address);
  }
});
