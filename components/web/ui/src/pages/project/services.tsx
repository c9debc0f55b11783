// The services of a project, each with its source, its last build and what runs.
import { useState } from "preact/hooks";
import { Link } from "wouter-preact";
import { api, unwrap } from "../../api/client";
import { toApiError, type ApiError } from "../../api/error";
import { hasRole } from "../../api/project";
import { useQuery, type ListResult } from "../../api/query";
import type { Deployment, Project, Service } from "../../api/types";
import { ErrorNotice } from "../../components/notice";
import { QueryView } from "../../components/page";
import { Section } from "../../components/section";
import { ShowMore } from "../../components/show-more";
import { useMessages } from "../../i18n";
import { isBuildingService, isDeploying, pollInterval } from "./activity";
import { ServiceRow } from "./service-row";

export function useServices(project: number): ListResult<ServicesOfProject> {
  const [limit, setLimit] = useState(50);
  const result = useQuery(
    (signal) => fetchServices(project, limit, signal),
    [project, limit],
    ({ services, deployments }) => pollInterval(services.some(isBuildingService) || deployments.some(isDeploying)),
  );
  return { result, limit, setLimit };
}

interface ServicesProps extends ListResult<ServicesOfProject> {
  project: Project;
}

export function Services({ project, result, limit, setLimit }: ServicesProps) {
  const t = useMessages();
  return (
    <Section
      title={t.project.services}
      actions={
        hasRole(project, "developer") && (
          <Link class="button" href={`/projects/${project.id}/deploy`}>
            {t.project.deployImage}
          </Link>
        )
      }
    >
      <QueryView result={result}>
        {({ services, total, deployments, clusterError }) => (
          <>
            {clusterError && <ErrorNotice error={clusterError} />}
            {services.length === 0 && (
              <p class="empty">
                {t.project.noServices} {hasRole(project, "developer") && t.project.firstSteps}
              </p>
            )}
            <ul class="rows">
              {services.map((service) => (
                <ServiceRow
                  key={service.name}
                  project={project}
                  service={service}
                  deployment={deployments.find(({ deployment_id }) => deployment_id === service.deployment_id)}
                />
              ))}
            </ul>
            <ShowMore total={total} limit={limit} factor={4} onMore={setLimit} />
          </>
        )}
      </QueryView>
    </Section>
  );
}

interface ServicesOfProject {
  services: Service[];
  total: number;
  deployments: Deployment[];
  /** Why it is not known what runs. Sources and builds are shown all the same. */
  clusterError: ApiError | null;
}

async function fetchServices(project: number, limit: number, signal: AbortSignal): Promise<ServicesOfProject> {
  const path = { project };
  const [{ services, total }, whatRuns] = await Promise.all([
    unwrap(api.GET("/api/v1/projects/{project}/services", { params: { path, query: { limit } }, signal })),
    fetchDeployments(project, limit, signal),
  ]);
  return { services, total, ...whatRuns };
}

async function fetchDeployments(
  project: number,
  limit: number,
  signal: AbortSignal,
): Promise<Pick<ServicesOfProject, "deployments" | "clusterError">> {
  const params = { path: { project }, query: { limit } };
  try {
    const { deployments } = await unwrap(api.GET("/api/v1/projects/{project}/deployments", { params, signal }));
    return { deployments, clusterError: null };
  } catch (thrown) {
    const clusterError = toApiError(thrown);
    if (clusterError === null || clusterError.kind === "offline") throw thrown;
    return { deployments: [], clusterError };
  }
}
