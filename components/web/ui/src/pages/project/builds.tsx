// All builds of a project, the newest first.
import { useState } from "preact/hooks";
import { Link } from "wouter-preact";
import { api, unwrap } from "../../api/client";
import { hasRole } from "../../api/project";
import { useQuery, type ListResult } from "../../api/query";
import type { BuildList, Project } from "../../api/types";
import { BuildBadge } from "../../components/build-badge";
import { BuildSource } from "../../components/build-source";
import { CommitText, ShortSha } from "../../components/commit-text";
import { QueryView } from "../../components/page";
import { RelativeTime } from "../../components/relative-time";
import { Section } from "../../components/section";
import { ShowMore } from "../../components/show-more";
import { useMessages } from "../../i18n";
import { formatDuration } from "../../i18n/time";
import { isBuilding, pollInterval } from "./activity";

export function useBuilds(project: number): ListResult<BuildList> {
  const [limit, setLimit] = useState(10);
  const params = { path: { project }, query: { limit } };
  const result = useQuery(
    (signal) => unwrap(api.GET("/api/v1/projects/{project}/builds", { params, signal })),
    [project, limit],
    ({ builds }) => pollInterval(builds.some(isBuilding)),
  );
  return { result, limit, setLimit };
}

interface BuildsProps extends ListResult<BuildList> {
  project: Project;
}

export function Builds({ project, result, limit, setLimit }: BuildsProps) {
  const t = useMessages();
  return (
    <Section
      title={t.project.builds}
      actions={
        hasRole(project, "developer") && (
          <Link class="button" href={`/projects/${project.id}/build`}>
            {t.project.newBuild}
          </Link>
        )
      }
    >
      <QueryView result={result}>
        {({ builds, ...page }) => (
          <>
            {builds.length === 0 && <p class="empty">{t.project.noBuilds}</p>}
            <ul class="rows">
              {builds.map((build) => (
                <li key={build.build_id}>
                  <div>
                    <Link href={`/builds/${build.build_id}`}>{build.service_name}</Link>
                    <div class="muted wrap-anywhere">
                      <BuildSource build={build} /> · <ShortSha sha={build.commit_sha} /> · {build.repository}
                    </div>
                    {build.commit && <CommitText commit={build.commit} />}
                  </div>
                  <div class="row-end">
                    <BuildBadge build={build} />
                    <div class="muted">
                      <RelativeTime time={build.created_at} />
                      {typeof build.duration === "number" && <> · {formatDuration(build.duration)}</>}
                    </div>
                  </div>
                </li>
              ))}
            </ul>
            {"total" in page && <ShowMore total={page.total} limit={limit} factor={5} onMore={setLimit} />}
          </>
        )}
      </QueryView>
    </Section>
  );
}
