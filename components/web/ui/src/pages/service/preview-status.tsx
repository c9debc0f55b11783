// The state of a preview: its badge, its address, and why there is none.
import type { Preview } from "../../api/types";
import { Badge } from "../../components/badge";
import { useMessages } from "../../i18n";
import { lookup } from "../../i18n/lookup";

/** The states whose badge looks like that of another status. */
const BADGES: Partial<Record<Preview["state"], string>> = {
  waiting_for_capacity: "pending",
  build_failed: "failed",
  built: "success",
  not_affected: "skipped",
  waiting: "pending",
  ended: "cancelled",
};

export function PreviewStatus({ preview: { state, problem, url } }: { preview: Preview }) {
  const t = useMessages();
  // A draft waits because its author wants it to.
  const isWarning = state === "waiting" && problem !== "draft";
  const text = problem && lookup<string>(t.pushes.decisions, problem);
  return (
    <>
      <Badge status={BADGES[state] ?? state} label={t.previews.states[state]} isWarning={isWarning} />
      {text && <div>{text}</div>}
      {url && <Address url={url} isOpen={state === "running"} />}
    </>
  );
}

/** An address is a link once it leads somewhere. */
function Address({ url, isOpen }: { url: string; isOpen: boolean }) {
  return (
    <div class="wrap-anywhere">
      {isOpen ? (
        <a href={url} rel="noopener noreferrer" target="_blank">
          {url}
        </a>
      ) : (
        <span class="muted">{url}</span>
      )}
    </div>
  );
}
