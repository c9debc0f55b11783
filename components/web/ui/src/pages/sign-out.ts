// Leaves the page after a sign-out.
import { redirectToSignIn } from "../api/session";
import { discardAllDrafts } from "../forms/draft";

/** Removes the user's data from this tab: drafts, and the page itself. */
export function leaveSignedOut(): void {
  discardAllDrafts();
  redirectToSignIn();
}
