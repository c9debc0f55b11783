// A project: its services, and all its builds.
import { useRef } from "preact/hooks";
import { Link } from "wouter-preact";
import { hasRole, useProject } from "../../api/project";
import { hasSettled } from "../../api/query";
import type { Project } from "../../api/types";
import { Loading, Page, QueryView } from "../../components/page";
import { projectBreadcrumbs, ReadOnlyNotice } from "../../components/project";
import { useMessages } from "../../i18n";
import { Builds, useBuilds } from "./builds";
import { Services, useServices } from "./services";

export function ProjectPage({ id }: { id: number }) {
  const t = useMessages();
  const result = useProject(id);
  const services = useServices(id);
  const builds = useBuilds(id);
  // The lists appear together: the upper one would push the lower one down.
  const showLists = useLatch(hasSettled(services.result) && hasSettled(builds.result));
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
                <Link class="button primary" href={`/projects/${id}/service`}>
                  {t.project.addService}
                </Link>
              )}
            </>
          }
        >
          <ReadOnlyNotice project={project} />
          <About project={project} />
          {showLists ? (
            <>
              <Services project={project} {...services} />
              <Builds project={project} {...builds} />
            </>
          ) : (
            <Loading />
          )}
        </Page>
      )}
    </QueryView>
  );
}

/** Whether `value` was ever true. */
function useLatch(value: boolean): boolean {
  const latched = useRef(false);
  latched.current ||= value;
  return latched.current;
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
