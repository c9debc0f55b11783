// Loads the data of the form of a service's source.
import { api, unwrap } from "../../api/client";
import { ApiError } from "../../api/error";
import { fetchProject } from "../../api/project";
import type { BuildRequest, Project, Service } from "../../api/types";
import { emptyForm, formFromRequest, formFromSource, type BuildForm } from "../../forms/build";
import { withPushes, type ServiceForm } from "../../forms/service";

export interface ServiceFormData {
  project: Project;
  /** `null` for a new service. */
  service: Service | null;
  /** The initial values of the form. */
  initial: ServiceForm;
  /** For a new service: the names of those that have a source, which the form would replace. */
  savedServices: readonly string[];
}

/** Fills the form from the saved source of the service `name`, else from the request of its last build. */
export async function loadServiceForm(id: number, name: string | null, signal: AbortSignal): Promise<ServiceFormData> {
  if (name === null) {
    const [project, savedServices] = await Promise.all([fetchProject(id, signal), fetchSavedServices(id, signal)]);
    return { project, service: null, initial: withPushes(emptyForm(project), null), savedServices };
  }
  const params = { path: { project: id, service: name } };
  const [project, service] = await Promise.all([
    fetchProject(id, signal),
    unwrap(api.GET("/api/v1/projects/{project}/services/{service}", { params, signal })),
  ]);
  const form = await formOf(service, project, signal);
  return { project, service, initial: withPushes(form, service), savedServices: [] };
}

async function formOf(service: Service, project: Project, signal: AbortSignal): Promise<BuildForm> {
  const { name, source, last_build } = service;
  if (source !== null) return formFromSource(source, name);
  const last = last_build && (await fetchRequest(last_build.build_id, signal));
  return last ? formFromRequest(last) : { ...emptyForm(project), service_name: name };
}

async function fetchSavedServices(project: number, signal: AbortSignal): Promise<string[]> {
  const params = { path: { project }, query: { limit: 200 } };
  const { services } = await unwrap(api.GET("/api/v1/projects/{project}/services", { params, signal }));
  return services.filter(({ source }) => source !== null).map(({ name }) => name);
}

/** The request of a build; `null` if the user may not read it. */
async function fetchRequest(build: string, signal: AbortSignal): Promise<BuildRequest | null> {
  try {
    return await unwrap(api.GET("/api/v1/builds/{build}/request", { params: { path: { build } }, signal }));
  } catch (thrown) {
    if (thrown instanceof ApiError && (thrown.status === 403 || thrown.status === 404)) return null;
    throw thrown;
  }
}
