// A service in the list of a project.
import { Link, useLocation } from "wouter-preact";
import { useAction } from "../../api/action";
import { startBuild } from "../../api/build";
import { useIdempotencyKey } from "../../api/idempotency-key";
import { hasRole } from "../../api/project";
import type { Deployment, Project, Service } from "../../api/types";
import { Badge } from "../../components/badge";
import { ShortAddress } from "../../components/deployment-address";
import { DeploymentBadge } from "../../components/deployment-badge";
import { LastBuild } from "../../components/last-build";
import { ErrorNotice } from "../../components/notice";
import { DescriptionList } from "../../components/section";
import { SourceText } from "../../components/service-source";
import { buildFieldLabel } from "../../forms/field-label";
import { useI18n, useMessages, type Messages } from "../../i18n";
import { translateIssue } from "../../i18n/issues";

interface ServiceRowProps {
  project: Project;
  service: Service;
  /** `undefined` if nothing is deployed, or while the cluster does not respond. */
  deployment: Deployment | undefined;
}

export function ServiceRow({ project, service, deployment }: ServiceRowProps) {
  const t = useMessages();
  const [, navigate] = useLocation();
  const { busy, error, run } = useAction();
  const idempotencyKey = useIdempotencyKey();
  const canEdit = hasRole(project, "developer");
  const { name, last_build } = service;

  const build = () =>
    void run(async () => {
      navigate(`/builds/${await startBuild(project.id, name, idempotencyKey({ name }))}`);
    });
  const servicePath = `/projects/${project.id}/services/${name}`;
  const isDeployed = deployment?.build_id === last_build?.build_id;
  return (
    <li class="service">
      <header>
        <h3 class="wrap-anywhere">
          <Link href={servicePath}>{name}</Link>
        </h3>
        {canEdit && (
          <div class="actions">
            {service.source !== null && (
              <button
                type="button"
                class={last_build === null ? "primary" : ""}
                aria-label={t.service.buildNamed(name)}
                disabled={busy}
                onClick={build}
              >
                {t.service.build}
              </button>
            )}
            {last_build?.status === "success" && (
              <Link
                class={isDeployed ? "button" : "button primary"}
                aria-label={t.service.deployNamed(name)}
                href={`/projects/${project.id}/deploy?build=${last_build.build_id}`}
              >
                {t.service.deploy}
              </Link>
            )}
          </div>
        )}
      </header>
      {error && <ErrorNotice error={error} label={(field) => buildFieldLabel(field, t)} />}
      <DescriptionList items={rows(project, service, deployment, t)} />
      {problems(service, t).map((problem) => (
        <p key={problem}>
          <Badge status="pending" label={problem} isWarning /> <Link href={servicePath}>{t.pushes.why}</Link>
        </p>
      ))}
    </li>
  );
}

/** What keeps pushes from being built and deployed. */
function problems({ automatic_builds, automatic_deployments }: Service, t: Messages): string[] {
  const state = automatic_deployments?.state ?? "active";
  return [
    ...(automatic_builds?.problem ? [t.pushes.problem] : []),
    ...(state === "active" ? [] : [t.automation.states[state]]),
  ];
}

/** What there is: a new service has a source only. */
function rows(project: Project, service: Service, deployment: Deployment | undefined, t: Messages) {
  const { last_build, deployment_id } = service;
  return [
    [t.service.source, <Source project={project} service={service} />] as const,
    ...(last_build ? [[t.service.lastBuild, <LastBuild build={last_build} />] as const] : []),
    ...(deployment_id ? [[t.service.deployment, <WhatRuns id={deployment_id} deployment={deployment} />] as const] : []),
  ];
}

function Source({ project, service: { name, source } }: { project: Project; service: Service }) {
  const t = useMessages();
  return (
    <>
      <SourceText source={source} />{" "}
      {hasRole(project, "developer") && (
        <Link
          class="nowrap"
          aria-label={source ? t.service.editNamed(name) : t.service.saveNamed(name)}
          href={`/projects/${project.id}/service?name=${name}`}
        >
          {source ? t.service.edit : t.service.save}
        </Link>
      )}
    </>
  );
}

function WhatRuns({ id, deployment }: { id: string; deployment: Deployment | undefined }) {
  const { t, language } = useI18n();
  const href = `/deployments/${id}`;
  if (deployment === undefined) return <Link href={href}>{t.service.showDeployment}</Link>;
  const { status, issues, image_name, build_id, replicas_ready, replicas_total } = deployment;
  const issue = issues[0] && translateIssue(issues[0], language);
  return (
    <>
      <DeploymentBadge deployment={deployment} /> <Link href={href}>{t.project.revision(deployment.revision)}</Link>{" "}
      {status !== "stopped" && <span class="muted">{t.project.pods(replicas_ready, replicas_total)}</span>}
      {issue && <div lang={issue.language}>{issue.message}</div>}
      <ShortAddress deployment={deployment} />
      {build_id === null && <div class="muted">{image_name}</div>}
    </>
  );
}
