// Deploying: from a build, from any image, or a change of what is deployed.
import { useSearchParams } from "wouter-preact";
import { api, content } from "../../api/client";
import { useLoad } from "../../api/load";
import type { Project, Revision } from "../../api/types";
import { empty, ofBuild, ofRelease, type DeployForm } from "../../forms/deploy";
import { Shown } from "../../parts/page";
import { DeployFormPage } from "./form";

export interface Begun {
  project: Project;
  start: DeployForm;
  /** The deployment that is changed, if there is one. */
  deployment: string | null;
}

export function DeployPage({ id }: { id: number }) {
  const [search] = useSearchParams();
  const build = search.get("build");
  const deployment = search.get("deployment");
  const begun = useLoad((signal) => begin(id, build, deployment, signal), [id, build, deployment]);
  return (
    <Shown of={begun}>
      {(begun) => <DeployFormPage key={`${build} ${deployment}`} draft={`${id} ${build} ${deployment}`} {...begun} />}
    </Shown>
  );
}

async function begin(
  id: number,
  build: string | null,
  deployment: string | null,
  signal: AbortSignal,
): Promise<Begun> {
  const path = { project: id };
  const project = content(api.GET("/api/v1/projects/{project}", { params: { path }, signal }));
  if (deployment !== null) {
    const release = await current(deployment, signal);
    return { project: await project, start: release ? ofRelease(release) : empty, deployment };
  }
  if (build === null) return { project: await project, start: empty, deployment: null };
  const built = await content(api.GET("/api/v1/builds/{build}", { params: { path: { build } }, signal }));
  const service = await running(id, built.service_name, signal);
  const release = service === null ? null : await current(service, signal);
  return { project: await project, start: ofBuild(built, release), deployment: service };
}

/** The deployment of a service, if there is one. */
async function running(project: number, service: string, signal: AbortSignal): Promise<string | null> {
  const params = { path: { project }, query: { limit: 200 } };
  const { deployments } = await content(api.GET("/api/v1/projects/{project}/deployments", { params, signal }));
  return deployments.find((one) => one.service_name === service)?.deployment_id ?? null;
}

/** The release that a deployment runs. */
async function current(deployment: string, signal: AbortSignal): Promise<Revision | null> {
  const params = { path: { deployment } };
  const { revisions } = await content(api.GET("/api/v1/deployments/{deployment}/revisions", { params, signal }));
  return revisions.find((release) => release.current) ?? null;
}
