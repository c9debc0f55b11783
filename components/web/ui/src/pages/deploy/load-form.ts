// Loads the data of the deploy form.
import { api, unwrap } from "../../api/client";
import { ApiError } from "../../api/error";
import { fetchProject } from "../../api/project";
import type { Project, Revision } from "../../api/types";
import { emptyForm, formFromBuild, formFromRelease, type DeployForm } from "../../forms/deploy";

export interface DeployFormData {
  project: Project;
  /** The initial values of the form. */
  initial: DeployForm;
  /** Id of the deployment to change; `null` for a new service. */
  deployment: string | null;
  /** Names of the project's services. */
  existingServices: readonly string[];
}

/**
 * Fills the form from the current release of `deployment`, or with the image of `build`, or not at all.
 * Throws not-found if either belongs to another project: its configuration must not be copied to this one.
 */
export async function loadDeployForm(
  id: number,
  build: string | null,
  deployment: string | null,
  signal: AbortSignal,
): Promise<DeployFormData> {
  const params = { path: { project: id }, query: { limit: 200 } };
  const [project, { deployments }] = await Promise.all([
    fetchProject(id, signal),
    unwrap(api.GET("/api/v1/projects/{project}/deployments", { params, signal })),
  ]);
  const existingServices = deployments.map(({ service_name }) => service_name);
  if (deployment !== null) {
    const belongsToProject = deployments.some(({ deployment_id }) => deployment_id === deployment);
    const release = belongsToProject ? await fetchCurrentRelease(deployment, signal) : null;
    if (release === null) throw notFound();
    return { project, initial: formFromRelease(release), deployment, existingServices };
  }
  if (build === null) return { project, initial: emptyForm, deployment: null, existingServices };
  const source = await unwrap(api.GET("/api/v1/builds/{build}", { params: { path: { build } }, signal }));
  if (source.project_id !== id) throw notFound();
  // A service that is deployed already keeps its configuration.
  const service = deployments.find(({ service_name }) => service_name === source.service_name)?.deployment_id ?? null;
  const release = service === null ? null : await fetchCurrentRelease(service, signal);
  return { project, initial: formFromBuild(source, release), deployment: service, existingServices };
}

const notFound = () => new ApiError("not-found", 404, "");

async function fetchCurrentRelease(deployment: string, signal: AbortSignal): Promise<Revision | null> {
  const params = { path: { deployment } };
  const { revisions } = await unwrap(api.GET("/api/v1/deployments/{deployment}/revisions", { params, signal }));
  return revisions.find((release) => release.current) ?? null;
}
