// The subject and author of a commit. Anybody may have written them, in any direction of writing: `bdi` keeps them from
// changing the order of the text around them.
import type { Commit } from "../api/types";
import { useMessages } from "../i18n";

export function CommitText({ commit }: { commit: Commit }) {
  const t = useMessages();
  return (
    <span class="wrap-anywhere">
      {commit.subject === "" ? <span class="muted">{t.pushes.noSubject}</span> : <bdi>{commit.subject}</bdi>}
      {commit.author && (
        <span class="muted">
          {" · "}
          <bdi>{commit.author}</bdi>
        </span>
      )}
    </span>
  );
}

/** A commit's id, as short as Git shows it. */
export function ShortSha({ sha }: { sha: string }) {
  return <code>{sha.slice(0, 7)}</code>;
}
