// Loads the data of the deploy form.
import { api, unwrap } from "../../api/client";
import { ApiError } from "../../api/error";
import { fetchProject } from "../../api/project";
import type { Project, Revision, Service } from "../../api/types";
import { deploymentFieldsOfFile, type FieldsOfFile } from "../../forms/config-file";
import { emptyForm, formFromBuild, formFromRelease, withConfiguration, type DeployForm } from "../../forms/deploy";

export interface DeployFormData {
  project: Project;
  /** The initial values of the form. */
  initial: DeployForm;
  /** Id of the deployment to change; `null` for a new service. */
  deployment: string | null;
  /** Names of the project's services. */
  existingServices: readonly string[];
  /** What comes from the configuration file in the service's repository. */
  file: FieldsOfFile | null;
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
    const found = deployments.find(({ deployment_id }) => deployment_id === deployment);
    const release = found ? await fetchCurrentRelease(deployment, signal) : null;
    if (!found || release === null) throw notFound();
    const form = await withFile(formFromRelease(release), id, found.service_name, signal);
    return { project, ...form, deployment, existingServices };
  }
  if (build === null) return { project, initial: emptyForm, deployment: null, existingServices, file: null };
  const source = await unwrap(api.GET("/api/v1/builds/{build}", { params: { path: { build } }, signal }));
  if (source.project_id !== id) throw notFound();
  // A service that is deployed already keeps its configuration.
  const service = deployments.find(({ service_name }) => service_name === source.service_name)?.deployment_id ?? null;
  const release = service === null ? null : await fetchCurrentRelease(service, signal);
  const form = await withFile(formFromBuild(source, release), id, source.service_name, signal);
  return { project, ...form, deployment: service, existingServices };
}

/** The form with what the configuration file in the service's repository says. */
async function withFile(
  form: DeployForm,
  project: number,
  service: string,
  signal: AbortSignal,
): Promise<Pick<DeployFormData, "initial" | "file">> {
  const file = deploymentFieldsOfFile(await fetchService(project, service, signal));
  if (file === null) return { initial: form, file };
  const params = { path: { project, service } };
  const read = api.GET("/api/v1/projects/{project}/services/{service}/deployment", { params, signal });
  const { configuration } = await unwrap(read);
  // What the file does not name has its default. The domain is never in it.
  const names = Object.keys(configuration).filter((name) => name !== "custom_domain");
  return { initial: withConfiguration(form, configuration, names), file: { ...file, names } };
}

/** `null` for a service that was never saved or built. */
async function fetchService(project: number, service: string, signal: AbortSignal): Promise<Service | null> {
  try {
    const params = { path: { project, service } };
    return await unwrap(api.GET("/api/v1/projects/{project}/services/{service}", { params, signal }));
  } catch (thrown) {
    if (thrown instanceof ApiError && thrown.status === 404) return null;
    throw thrown;
  }
}

const notFound = () => new ApiError("not-found", 404, "");

async function fetchCurrentRelease(deployment: string, signal: AbortSignal): Promise<Revision | null> {
  const params = { path: { deployment } };
  const { revisions } = await unwrap(api.GET("/api/v1/deployments/{deployment}/revisions", { params, signal }));
  return revisions.find((release) => release.current) ?? null;
}
