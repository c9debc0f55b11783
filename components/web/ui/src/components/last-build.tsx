// The last build of a service.
import { Link } from "wouter-preact";
import type { LastBuild as Build } from "../api/types";
import { BuildBadge } from "./build-badge";
import { CommitText, ShortSha } from "./commit-text";
import { RelativeTime } from "./relative-time";

export function LastBuild({ build }: { build: Build }) {
  return (
    <>
      <BuildBadge build={build} />{" "}
      <Link href={`/builds/${build.build_id}`}>
        <bdi>{build.branch}</bdi> · <ShortSha sha={build.commit_sha} />
      </Link>{" "}
      <span class="muted nowrap">
        <RelativeTime time={build.created_at} />
      </span>
      {build.commit && (
        <div>
          <CommitText commit={build.commit} />
        </div>
      )}
    </>
  );
}
