// Conditional requests: responses are kept with their entity tags, and the platform does not send an unchanged one again.
// (The browser's own cache keeps nothing, because responses are `no-store`.)

type Fetch = (request: Request) => Promise<Response>;

interface Stored {
  etag: string;
  body: string;
  headers: Headers;
}

/** A page polls a few resources at a time. The one that was read least recently is dropped first. */
const MAX_STORED = 20;

/**
 * Like `send`, but reads send the entity tag of what is kept. A 304 becomes the response that it stands for. The
 * platform checks the caller as for any other read, so a kept response is never shown after the caller has signed out.
 */
export function withEntityTags(send: Fetch): Fetch {
  const stored = new Map<string, Stored>();
  return async (request) => {
    if (request.method !== "GET" || request.headers.get("accept")?.includes("text/")) return send(request);
    const kept = stored.get(request.url);
    if (kept) request.headers.set("if-none-match", kept.etag);
    const response = await send(request);
    if (response.status === 304 && kept) {
      keep(stored, request.url, kept);
      return new Response(kept.body, { status: 200, headers: kept.headers });
    }
    stored.delete(request.url);
    const etag = response.headers.get("etag");
    if (response.status === 200 && etag !== null) {
      keep(stored, request.url, { etag, body: await response.clone().text(), headers: response.headers });
    }
    return response;
  };
}

function keep(stored: Map<string, Stored>, url: string, read: Stored): void {
  stored.delete(url);
  stored.set(url, read);
  const [oldest] = stored.keys();
  if (stored.size > MAX_STORED && oldest !== undefined) stored.delete(oldest);
}
