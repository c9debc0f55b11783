// A service: its source, its last build, what a push and a pull request do, and what followed from the last ones.
import { Link, useLocation } from "wouter-preact";
import { useAction } from "../../api/action";
import { startBuild } from "../../api/build";
import { api, unwrap } from "../../api/client";
import { useIdempotencyKey } from "../../api/idempotency-key";
import { hasRole, useProject } from "../../api/project";
import { hasSettled, useQuery, type QueryResult } from "../../api/query";
import type { Project, Service } from "../../api/types";
import { LastBuild } from "../../components/last-build";
import { ErrorNotice } from "../../components/notice";
import { Loading, Page, QueryView } from "../../components/page";
import { projectBreadcrumbs, ReadOnlyNotice } from "../../components/project";
import { DescriptionList, Section } from "../../components/section";
import { SourceText } from "../../components/service-source";
import { buildFieldLabel } from "../../forms/field-label";
import { useMessages } from "../../i18n";
import { isBuildingService, pollInterval } from "../project/activity";
import { AutomaticBuilds } from "./automatic-builds";
import { AutomaticDeployments } from "./automatic-deployments";
import { ConfigFile } from "./config-file";
import { Previews, usePreviews } from "./previews";
import { PushList, usePushes } from "./pushes";

function useService(project: number, service: string): QueryResult<Service> {
  const params = { path: { project, service } };
  return useQuery(
    (signal) => unwrap(api.GET("/api/v1/projects/{project}/services/{service}", { params, signal })),
    [project, service],
    (service) => pollInterval(isBuildingService(service)),
  );
}

export function ServicePage({ id, name }: { id: number; name: string }) {
  const t = useMessages();
  const project = useProject(id);
  const service = useService(id, name);
  const pushes = usePushes(id, name);
  const previews = usePreviews(id, name);
  const refetch = () => {
    service.refetch();
    pushes.refetch();
    previews.refetch();
  };
  return (
    <QueryView result={project}>
      {(project) => (
        <Page title={name} breadcrumbs={projectBreadcrumbs(t, project)}>
          <ReadOnlyNotice project={project} />
          {/* The sections appear together: the upper one would push the lower one down. */}
          {hasSettled(service) && hasSettled(pushes) && hasSettled(previews) ? (
            <>
              <QueryView result={service}>
                {(service) => (
                  <>
                    <Source project={project} service={service} />
                    {service.source && (
                      <>
                        <AutomaticBuilds project={project} service={service} onChange={refetch} />
                        <ConfigFile project={project} service={service} />
                        <AutomaticDeployments project={project} service={service} onChange={refetch} />
                        <Previews project={project} service={service} result={previews} />
                      </>
                    )}
                  </>
                )}
              </QueryView>
              {service.data?.source && <PushList service={service.data} result={pushes} />}
            </>
          ) : (
            <Loading />
          )}
        </Page>
      )}
    </QueryView>
  );
}

function Source({ project, service }: { project: Project; service: Service }) {
  const t = useMessages();
  const [, navigate] = useLocation();
  const { busy, error, run } = useAction();
  const idempotencyKey = useIdempotencyKey();
  const { name, source, last_build, deployment_id } = service;
  const build = () =>
    void run(async () => {
      navigate(`/builds/${await startBuild(project.id, name, idempotencyKey({ name }))}`);
    });
  return (
    <Section
      title={t.service.source}
      actions={
        hasRole(project, "developer") && (
          <>
            <Link
              class="button"
              aria-label={source ? t.service.editNamed(name) : t.service.saveNamed(name)}
              href={`/projects/${project.id}/service?name=${name}`}
            >
              {source ? t.service.edit : t.service.save}
            </Link>
            {source && (
              <button type="button" class="primary" aria-label={t.service.buildNamed(name)} disabled={busy} onClick={build}>
                {t.service.build}
              </button>
            )}
          </>
        )
      }
    >
      {error && <ErrorNotice error={error} label={(field) => buildFieldLabel(field, t)} />}
      <DescriptionList
        items={[
          [t.service.source, <SourceText source={source} />],
          ...(last_build ? [[t.service.lastBuild, <LastBuild build={last_build} />] as const] : []),
          ...(deployment_id
            ? [[t.service.deployment, <Link href={`/deployments/${deployment_id}`}>{t.service.showDeployment}</Link>] as const]
            : []),
        ]}
      />
    </Section>
  );
}
