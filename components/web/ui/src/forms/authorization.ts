// What a program on the user's computer asks for at `/authorize`: a sign-in by OAuth 2.0 for native apps (RFC 8252), with
// PKCE (RFC 7636). Anybody can craft a link to that page, so every parameter is checked.

export interface Authorization {
  client_id: "nokube-cli";
  /** An address of this computer, at which the program listens. */
  redirect_uri: string;
  code_challenge: string;
  code_challenge_method: "S256";
  state: string;
  /** The computer's name, as the program says; empty if it says none. */
  device: string;
}

type Parameter = "response_type" | keyof Authorization;

const RULES: Readonly<Record<Exclude<Parameter, "device">, (text: string) => boolean>> = {
  response_type: (text) => text === "code",
  client_id: (text) => text === "nokube-cli",
  redirect_uri: isLoopbackCallback,
  code_challenge: (text) => /^[A-Za-z0-9_-]{43}$/.test(text),
  code_challenge_method: (text) => text === "S256",
  state: (text) => /^[A-Za-z0-9._~-]{1,200}$/.test(text),
};

const DEVICE_LENGTH = 64;

/** The request in the query of the page, or the parameters that are missing, repeated or not allowed. */
export function parseAuthorization(query: URLSearchParams): { request: Authorization } | { invalid: Parameter[] } {
  const values = Object.keys(RULES).map((name) => [name as keyof typeof RULES, query.getAll(name)] as const);
  const invalid: Parameter[] = values
    .filter(([name, [value = "", ...repeated]]) => repeated.length > 0 || !RULES[name](value))
    .map(([name]) => name);
  if (invalid.length > 0) return { invalid };
  const text = (name: Parameter) => query.get(name) ?? "";
  return {
    request: {
      client_id: "nokube-cli",
      redirect_uri: text("redirect_uri"),
      code_challenge: text("code_challenge"),
      code_challenge_method: "S256",
      state: text("state"),
      device: toDeviceName(text("device")),
    },
  };
}

/** `http://127.0.0.1:PORT/callback`, or the same with `[::1]`: what comes there stays on this computer. */
function isLoopbackCallback(text: string): boolean {
  const [, port] = /^http:\/\/(?:127\.0\.0\.1|\[::1\]):([1-9]\d{0,4})\/callback$/.exec(text) ?? [];
  return port !== undefined && Number(port) <= 65_535;
}

/** A name for one line, without characters that are invisible or change the direction of the text around it. */
function toDeviceName(text: string): string {
  const visible = text.replace(/[\p{C}\p{Z}]+/gu, " ").trim();
  return [...visible].slice(0, DEVICE_LENGTH).join("");
}

/** Where the browser goes after the user has refused. */
export function refusal({ redirect_uri, state }: Authorization): string {
  return `${redirect_uri}?${new URLSearchParams({ error: "access_denied", state })}`;
}

/** Whether an address is the one of the request, with a query: nothing else may get the code. */
export function isAnswerTo({ redirect_uri }: Authorization, address: string): boolean {
  return address.startsWith(`${redirect_uri}?`);
}
