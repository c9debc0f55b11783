// A project: its services and builds.
import { useState } from "preact/hooks";
import { Link } from "wouter-preact";
import { api, unwrap } from "../api/client";
import { hasRole, useProject } from "../api/project";
import { useQuery } from "../api/query";
import type { Build, Deployment, Project } from "../api/types";
import { Badge } from "../components/badge";
import { Page, QueryView } from "../components/page";
import { projectBreadcrumbs, ReadOnlyNotice } from "../components/project";
import { RelativeTime } from "../components/relative-time";
import { Section } from "../components/section";
import { ShowMore } from "../components/show-more";
import { useMessages } from "../i18n";
import { formatDuration } from "../i18n/time";

/** While something changes, and while nothing does. */
const ACTIVE_POLL_INTERVAL_MS = 3_000;
const IDLE_POLL_INTERVAL_MS = 20_000;

export function ProjectPage({ id }: { id: number }) {
  const t = useMessages();
  const result = useProject(id);
  return (
    <QueryView result={result}>
      {(project) => (
        <Page
          title={project.name}
          breadcrumbs={projectBreadcrumbs(t, null)}
          actions={
            <>
              <Link class="button" href={`/projects/${id}/settings`}>
                {t.project.settings}
              </Link>
              {hasRole(project, "developer") && (
                <>
                  <Link class="button" href={`/projects/${id}/deploy`}>
                    {t.project.deployImage}
                  </Link>
                  <Link class="button primary" href={`/projects/${id}/build`}>
                    {t.project.newBuild}
                  </Link>
                </>
              )}
            </>
          }
        >
          <ReadOnlyNotice project={project} />
          <About project={project} />
          <Services project={project} />
          <Builds projectId={id} />
        </Page>
      )}
    </QueryView>
  );
}

function About({ project: { description, owner, repository_url } }: { project: Project }) {
  const t = useMessages();
  return (
    <>
      {description && <p>{description}</p>}
      <p class="muted">
        {t.projects.owner(owner)}
        {repository_url && (
          <>
            {" · "}
            <a href={repository_url} rel="noopener noreferrer">
              {repository_url}
            </a>
          </>
        )}
      </p>
    </>
  );
}

function Services({ project }: { project: Project }) {
  const t = useMessages();
  const [limit, setLimit] = useState(50);
  const isActive = ({ status }: Deployment) => status === "deploying" || status === "pending";
  const result = useQuery(
    (signal) =>
      unwrap(
        api.GET("/api/v1/projects/{project}/deployments", {
          params: { path: { project: project.id }, query: { limit } },
          signal,
        }),
      ),
    [project.id, limit],
    ({ deployments }) => (deployments.some(isActive) ? ACTIVE_POLL_INTERVAL_MS : IDLE_POLL_INTERVAL_MS),
  );
  return (
    <Section title={t.project.services}>
      <QueryView result={result}>
        {({ deployments, total }) => (
          <>
            {deployments.length === 0 && (
              <p class="empty">
                {t.project.noServices} {hasRole(project, "developer") && t.project.firstSteps}
              </p>
            )}
            <ul class="rows">
              {deployments.map((deployment) => (
                <li key={deployment.deployment_id}>
                  <div>
                    <Link href={`/deployments/${deployment.deployment_id}`}>{deployment.display_name}</Link>
                    <div class="muted wrap-anywhere">{deployment.image_name}</div>
                  </div>
                  <div class="row-end">
                    <Badge status={deployment.status} label={t.deployment.status[deployment.status]} />
                    <div class="muted">{t.project.pods(deployment.replicas_ready, deployment.replicas_total)}</div>
                  </div>
                </li>
              ))}
            </ul>
            <ShowMore total={total} limit={limit} factor={4} onMore={setLimit} />
          </>
        )}
      </QueryView>
    </Section>
  );
}

function Builds({ projectId }: { projectId: number }) {
  const t = useMessages();
  const [limit, setLimit] = useState(10);
  const isActive = ({ status }: Build) => status === "building" || status === "pending";
  const result = useQuery(
    (signal) =>
      unwrap(api.GET("/api/v1/projects/{project}/builds", { params: { path: { project: projectId }, query: { limit } }, signal })),
    [projectId, limit],
    ({ builds }) => (builds.some(isActive) ? ACTIVE_POLL_INTERVAL_MS : IDLE_POLL_INTERVAL_MS),
  );
  return (
    <Section title={t.project.builds}>
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
                      {build.branch} · <code>{build.commit_sha.slice(0, 7)}</code> · {build.repository}
                    </div>
                  </div>
                  <div class="row-end">
                    <Badge status={build.status} label={t.build.status[build.status]} />
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
