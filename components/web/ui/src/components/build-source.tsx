// What a build was made from: a pull request, else a branch, a tag or a commit.
import type { Build } from "../api/types";
import { useMessages } from "../i18n";

export function BuildSource({ build: { pull_request, branch } }: { build: Pick<Build, "pull_request" | "branch"> }) {
  const t = useMessages();
  return pull_request === undefined ? <bdi>{branch}</bdi> : <>{t.previews.pullRequest(pull_request)}</>;
}
