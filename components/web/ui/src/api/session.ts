// The session cookie: it expires after some minutes and is renewed silently while the sign-in is valid.

const SESSION_PATH = "/api/v1/auth/session";

let pendingRenewal: Promise<boolean> | null = null;

/** Renews the session; concurrent callers share one request. `false`: the user must sign in again. */
export function renewSession(): Promise<boolean> {
  pendingRenewal ??= fetch(SESSION_PATH, { method: "POST" })
    .then((response) => {
      // An error of a proxy says nothing about the sign-in.
      if (!response.ok && response.status !== 401) throw new TypeError("the session could not be renewed");
      return response.ok;
    })
    .finally(() => {
      pendingRenewal = null;
    });
  return pendingRenewal;
}

/** Like `fetch`, but renews an expired session and retries the request once. */
export async function fetchWithSession(request: Request): Promise<Response> {
  const retry = request.clone();
  const response = await fetch(request);
  if (response.status !== 401) return response;
  if (await renewSession()) return fetch(retry);
  notifySignedOut();
  return response;
}

let notifySignedOut = () => {};

/** Sets the listener that is called when the sign-in has ended. */
export function onSignedOut(listener: () => void): void {
  notifySignedOut = listener;
}

/** Ends the sign-in. Throws if the request fails. */
export async function signOut(): Promise<void> {
  const response = await fetch(SESSION_PATH, { method: "DELETE" });
  // 401: already signed out.
  if (!response.ok && response.status !== 401) throw new TypeError("the sign-out failed");
}

/** Shows the sign-in page, and replaces the history entry so that "back" does not return to the user's page. */
export function redirectToSignIn(): void {
  notifySignedOut();
  window.location.replace("/");
}

/** The sign-in URL, with this page as the return address. */
export function signInUrl(): string {
  const search = new URLSearchParams(window.location.search);
  search.delete("sign_in");
  const here = window.location.pathname + (search.size > 0 ? `?${search}` : "");
  return `/api/v1/auth/login?return_to=${encodeURIComponent(here)}`;
}
