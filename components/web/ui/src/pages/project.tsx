// One project at a glance: what runs, and what was built.
import { useState } from "preact/hooks";
import { Link } from "wouter-preact";
import { api, content } from "../api/client";
import { useLoad } from "../api/load";
import type { Build, Deployment, Project } from "../api/types";
import { useT } from "../i18n";
import { duration } from "../i18n/time";
import { Page, Shown } from "../parts/page";
import { LookOnly, may, useProject } from "../parts/project";
import { Badge, Section, ShowMore, When } from "../parts/small";

/** Milliseconds between two looks while something moves, and while nothing does. */
const soon = 3_000;
const later = 20_000;

export function ProjectPage({ id }: { id: number }) {
  const t = useT();
  const project = useProject(id);
  return (
    <Shown of={project}>
      {(project) => (
        <Page
          title={project.name}
          trail={[{ to: "/", label: t.nav.projects }]}
          actions={
            <>
              <Link class="button" href={`/projects/${id}/settings`}>
                {t.project.settings}
              </Link>
              {may(project, "developer") && (
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
          <LookOnly project={project} />
          <About project={project} />
          <Services project={project} />
          <Builds project={id} />
        </Page>
      )}
    </Shown>
  );
}

function About({ project: { description, owner, repository_url } }: { project: Project }) {
  const t = useT();
  return (
    <>
      {description && <p>{description}</p>}
      <p class="quiet">
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
  const t = useT();
  const [limit, setLimit] = useState(50);
  const moves = (all: readonly Deployment[]) => all.some((one) => one.status === "deploying" || one.status === "pending");
  const loaded = useLoad(
    (signal) =>
      content(
        api.GET("/api/v1/projects/{project}/deployments", {
          params: { path: { project: project.id }, query: { limit } },
          signal,
        }),
      ),
    [project.id, limit],
    ({ deployments }) => (moves(deployments) ? soon : later),
  );
  return (
    <Section title={t.project.services}>
      <Shown of={loaded}>
        {({ deployments, total }) => (
          <>
            {deployments.length === 0 && (
              <p class="empty">
                {t.project.noServices} {may(project, "developer") && t.project.firstSteps}
              </p>
            )}
            <ul class="rows">
              {deployments.map((one) => (
                <li key={one.deployment_id}>
                  <div>
                    <Link href={`/deployments/${one.deployment_id}`}>{one.display_name}</Link>
                    <div class="quiet break">{one.image_name}</div>
                  </div>
                  <div class="end">
                    <Badge status={one.status} label={t.deployment.status[one.status]} />
                    <div class="quiet">{t.project.pods(one.replicas_ready, one.replicas_total)}</div>
                  </div>
                </li>
              ))}
            </ul>
            <ShowMore total={total} limit={limit} factor={4} onMore={setLimit} />
          </>
        )}
      </Shown>
    </Section>
  );
}

function Builds({ project }: { project: number }) {
  const t = useT();
  const [limit, setLimit] = useState(10);
  const moves = (all: readonly Build[]) => all.some((one) => one.status === "building" || one.status === "pending");
  const loaded = useLoad(
    (signal) =>
      content(api.GET("/api/v1/projects/{project}/builds", { params: { path: { project }, query: { limit } }, signal })),
    [project, limit],
    ({ builds }) => (moves(builds) ? soon : later),
  );
  return (
    <Section title={t.project.builds}>
      <Shown of={loaded}>
        {({ builds, ...page }) => (
          <>
            {builds.length === 0 && <p class="empty">{t.project.noBuilds}</p>}
            <ul class="rows">
              {builds.map((one) => (
                <li key={one.build_id}>
                  <div>
                    <Link href={`/builds/${one.build_id}`}>{one.service_name}</Link>
                    <div class="quiet break">
                      {one.branch} · <code>{one.commit_sha.slice(0, 7)}</code> · {one.repository}
                    </div>
                  </div>
                  <div class="end">
                    <Badge status={one.status} label={t.build.status[one.status]} />
                    <div class="quiet">
                      <When at={one.created_at} />
                      {typeof one.duration === "number" && <> · {duration(one.duration)}</>}
                    </div>
                  </div>
                </li>
              ))}
            </ul>
            {"total" in page && <ShowMore total={page.total} limit={limit} factor={5} onMore={setLimit} />}
          </>
        )}
      </Shown>
    </Section>
  );
}
