// A hook for requests that must not be carried out twice.
import { useRef } from "preact/hooks";

/**
 * Returns a function that gives a request's idempotency key. Retries of the same request share it, so that a lost
 * response does not carry out the request a second time.
 */
export function useIdempotencyKey(): (body: object) => string {
  const latest = useRef({ request: "", key: "" });
  return (body) => {
    const request = JSON.stringify(body);
    if (latest.current.request !== request) latest.current = { request, key: randomKey() };
    return latest.current.key;
  };
}

/** 128 random bits in hexadecimal. `crypto.randomUUID` is available only over HTTPS. */
function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
