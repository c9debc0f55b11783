// Deploying: from a build, from any image, or a change of what is deployed.
import { useSearchParams } from "wouter-preact";
import { api, content } from "../../api/client";
import { Failure } from "../../api/failure";
import { useLoad } from "../../api/load";
import type { Project, Revision } from "../../api/types";
import { useT } from "../../i18n";
import { empty, ofBuild, ofRelease, type DeployForm } from "../../forms/deploy";
import { Page, Shown } from "../../parts/page";
import { above, LookOnly, may } from "../../parts/project";
import { DeployFormPage } from "./form";

export interface Begun {
  project: Project;
  start: DeployForm;
  /** The deployment that is changed, if there is one. */
  deployment: string | null;
  /** Services that are there already. */
  taken: readonly string[];
}

export function DeployPage({ id }: { id: number }) {
  const t = useT();
  const [search] = useSearchParams();
  const build = search.get("build");
  const deployment = search.get("deployment");
  const begun = useLoad((signal) => begin(id, build, deployment, signal), [id, build, deployment]);
  return (
    <Shown of={begun}>
      {(begun) =>
        may(begun.project, "developer") ? (
          <DeployFormPage key={`${build} ${deployment}`} draft={`${id} ${build} ${deployment}`} {...begun} />
        ) : (
          <Page title={t.deploy.title(begun.start.image_name || t.deploy.image)} trail={above(t, begun.project)}>
            <LookOnly project={begun.project} />
          </Page>
        )
      }
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
  const [project, { deployments }] = await Promise.all([
    content(api.GET("/api/v1/projects/{project}", { params: { path }, signal })),
    content(api.GET("/api/v1/projects/{project}/deployments", { params: { path, query: { limit: 200 } }, signal })),
  ]);
  const taken = deployments.map((one) => one.service_name);
  if (deployment !== null) {
    // Only one of this project: what another one is told would go to this one.
    const known = deployments.some((one) => one.deployment_id === deployment);
    const release = known ? await current(deployment, signal) : null;
    if (release === null) throw missing();
    return { project, start: ofRelease(release), deployment, taken };
  }
  if (build === null) return { project, start: empty, deployment: null, taken };
  const built = await content(api.GET("/api/v1/builds/{build}", { params: { path: { build } }, signal }));
  if (built.project_id !== id) throw missing();
  // Of a service that runs already, the configuration stays.
  const service = deployments.find((one) => one.service_name === built.service_name)?.deployment_id ?? null;
  const release = service === null ? null : await current(service, signal);
  return { project, start: ofBuild(built, release), deployment: service, taken };
}

const missing = () => new Failure("not-found", 404, "");

/** The release that a deployment runs. */
async function current(deployment: string, signal: AbortSignal): Promise<Revision | null> {
  const params = { path: { deployment } };
  const { revisions } = await content(api.GET("/api/v1/deployments/{deployment}/revisions", { params, signal }));
  return revisions.find((release) => release.current) ?? null;
}
