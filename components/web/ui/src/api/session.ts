// The session lives some minutes and is renewed silently while the sign-in lasts.

import { forgetDrafts } from "../forms/draft";

const path = "/api/v1/auth/session";

let renewing: Promise<boolean> | null = null;

/** Renews the session; of several callers at once, one asks. `false`: one must sign in again. */
export function renew(): Promise<boolean> {
  renewing ??= fetch(path, { method: "POST" })
    .then((answer) => {
      // An answer in the platform's place says nothing of the sign-in.
      if (!answer.ok && answer.status !== 401) throw new TypeError("no renewal");
      return answer.ok;
    })
    .finally(() => {
      renewing = null;
    });
  return renewing;
}

/** As `fetch`; when the session has ended, it is renewed and the request is sent once more. */
export async function fetchSignedIn(request: Request): Promise<Response> {
  const again = request.clone();
  const answer = await fetch(request);
  if (answer.status !== 401) return answer;
  if (await renew()) return fetch(again);
  whenSignedOut();
  return answer;
}

let whenSignedOut = () => {};

/** Calls `what` when a request finds that the sign-in is over. */
export function onSignedOut(what: () => void): void {
  whenSignedOut = what;
}

/** Ends the sign-in; what failed is thrown. */
export async function signOut(): Promise<void> {
  const answer = await fetch(path, { method: "DELETE" });
  // Signed out already is signed out.
  if (!answer.ok && answer.status !== 401) throw new TypeError("no sign-out");
}

/** Leaves nothing of whoever was here to whoever comes next: neither drafts nor a page to go back to. */
export function leave(): void {
  forgetDrafts();
  whenSignedOut();
  window.location.replace("/");
}

/** Where one signs in, to come back to this page. */
export function signInAddress(): string {
  const search = new URLSearchParams(window.location.search);
  search.delete("sign_in");
  const here = window.location.pathname + (search.size > 0 ? `?${search}` : "");
  return `/api/v1/auth/login?return_to=${encodeURIComponent(here)}`;
}
