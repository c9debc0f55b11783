// The saved source of a service in a line.
import type { ServiceSource } from "../api/types";
import { useMessages } from "../i18n";

export function SourceText({ source }: { source: ServiceSource | null }) {
  const t = useMessages();
  if (source === null) return <span class="muted">{t.service.notSaved}</span>;
  const { repository_url, branch, context } = source;
  const details = [repositoryName(repository_url), branch ?? t.service.defaultBranch, ...(context === "." ? [] : [context])];
  return <span class="wrap-anywhere">{details.join(" · ")}</span>;
}

/** `OWNER/NAME` of a repository at GitHub. */
function repositoryName(url: string): string {
  return new URL(url).pathname.slice(1);
}
