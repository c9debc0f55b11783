// A build: its status, steps, log and image.
import { useState } from "preact/hooks";
import { Link } from "wouter-preact";
import { useAction } from "../api/action";
import { api, unwrap } from "../api/client";
import { hasRole, useProjectOf } from "../api/project";
import { useQuery } from "../api/query";
import type { Build, Step } from "../api/types";
import { ApiText, useTranslate } from "../components/api-text";
import { Badge } from "../components/badge";
import { CommitText } from "../components/commit-text";
import { CopyableCode } from "../components/copyable-code";
import { LogViewer } from "../components/log-viewer";
import { ErrorNotice, Notice } from "../components/notice";
import { Page, QueryView } from "../components/page";
import { projectBreadcrumbs, ReadOnlyNotice } from "../components/project";
import { PullRequestLink } from "../components/pull-request-link";
import { RelativeTime } from "../components/relative-time";
import { DescriptionList, Section } from "../components/section";
import { useI18n, useMessages, type Messages } from "../i18n";
import { buildErrorCodes, buildWarnings, translateStepName } from "../i18n/api-codes";
import { lookup } from "../i18n/lookup";
import { formatDateTime, formatDuration } from "../i18n/time";

const POLL_INTERVAL_MS = 2_000;

const hasEnded = (build: Build) => build.status !== "pending" && build.status !== "building";

export function BuildPage({ id }: { id: string }) {
  const t = useMessages();
  const path = { build: id };
  const { busy, error, run } = useAction();
  const result = useQuery(
    (signal) => unwrap(api.GET("/api/v1/builds/{build}", { params: { path }, signal })),
    [id],
    (build) => (hasEnded(build) ? null : POLL_INTERVAL_MS),
  );
  const project = useProjectOf(result.data);
  const canEdit = hasRole(project, "developer");
  const runAndRefetch = (request: () => Promise<unknown>) =>
    void run(async () => {
      await request();
      result.refetch();
    });
  const cancel = () => runAndRefetch(() => unwrap(api.DELETE("/api/v1/builds/{build}", { params: { path } })));
  const retry = () => runAndRefetch(() => unwrap(api.POST("/api/v1/builds/{build}/retry", { params: { path } })));
  return (
    <QueryView result={result}>
      {(build) => (
        <Page
          title={t.build.title(build.service_name)}
          breadcrumbs={projectBreadcrumbs(t, project)}
          actions={
            canEdit &&
            !hasEnded(build) && (
              <button type="button" disabled={busy || build.cancel_requested_at !== null} onClick={cancel}>
                {t.build.cancel}
              </button>
            )
          }
        >
          {error && <ErrorNotice error={error} />}
          <ReadOnlyNotice project={project} />
          <StatusNotice build={build} canEdit={canEdit} retry={retry} busy={busy} />
          <Warnings build={build} canEdit={canEdit} />
          <Steps steps={build.steps} ended={hasEnded(build)} />
          <Logs build={build} />
          <Section title={t.build.image}>
            <DescriptionList
              items={[
                [t.build.image, <CopyableCode text={build.image_full_name} />],
                ...(build.image_digest ? [[t.build.digest, <CopyableCode text={build.image_digest} />] as const] : []),
                [t.build.repository, build.repository],
                pullRequestOrBranch(build, t),
                [t.build.commit, <BuildCommit build={build} />],
                [t.build.trigger, t.build.triggers[build.trigger ?? "manual"]],
                [t.build.requestedAt, <RelativeTime time={build.created_at} />],
              ]}
            />
          </Section>
        </Page>
      )}
    </QueryView>
  );
}

function pullRequestOrBranch({ pull_request, branch, project_id, service_name }: Build, t: Messages) {
  if (pull_request === undefined) return [t.build.branch, <bdi>{branch}</bdi>] as const;
  return [
    t.build.pullRequest,
    <PullRequestLink project={project_id} service={service_name} number={pull_request} />,
  ] as const;
}

function BuildCommit({ build: { commit, commit_sha } }: { build: Build }) {
  return (
    <>
      <code>{commit_sha}</code>
      {commit && (
        <div>
          <CommitText commit={commit} />
        </div>
      )}
    </>
  );
}

interface StatusNoticeProps {
  build: Build;
  /** Whether the user may retry or deploy the build. */
  canEdit: boolean;
  retry: () => void;
  busy: boolean;
}

function StatusNotice({ build, canEdit, retry, busy }: StatusNoticeProps) {
  const t = useMessages();
  const retryActions = canEdit && (
    <div class="actions">
      <button type="button" class="primary" disabled={busy} onClick={retry}>
        {t.build.retry}
      </button>
      <EditLink build={build} />
    </div>
  );
  const duration = typeof build.duration === "number" && <p>{t.build.duration(formatDuration(build.duration))}</p>;
  switch (build.status) {
    case "success":
      return (
        <Notice kind="success">
          <h2>{t.build.success}</h2>
          {build.superseded && <p>{t.build.notNewest}</p>}
          {duration}
          {canEdit && build.pull_request === undefined && (
            <div class="actions">
              <Link class="button primary" href={`/projects/${build.project_id}/deploy?build=${build.build_id}`}>
                {t.build.deployNow}
              </Link>
            </div>
          )}
        </Notice>
      );
    case "failed":
      return (
        <Notice kind="error">
          <h2>{t.build.failed}</h2>
          <FailureReason build={build} />
          {build.superseded && <p>{t.build.notNewest}</p>}
          {duration}
          {retryActions}
        </Notice>
      );
    case "cancelled":
      return (
        <Notice>
          <h2>{build.superseded ? t.build.superseded : t.build.cancelled}</h2>
          {build.superseded && <p>{t.build.supersededHint}</p>}
          {duration}
          {retryActions}
        </Notice>
      );
    default:
      return (
        <Notice kind="warning">
          <h2>{build.waiting_for_capacity ? t.build.waiting : t.build[build.status]}</h2>
          <PendingDetail build={build} />
          {duration}
          {build.attempt > 1 && <p class="muted">{t.build.attempt(build.attempt)}</p>}
        </Notice>
      );
  }
}

/** The link to the form of a new build, filled with this build's request. The build of a pull request has no form. */
function EditLink({ build }: { build: Build }) {
  const t = useMessages();
  if (build.pull_request !== undefined) return null;
  return (
    <Link class="button" href={`/projects/${build.project_id}/build?from=${build.build_id}`}>
      {t.build.edit}
    </Link>
  );
}

/** What a build left out, with the way to build again. `StatusNotice` has it for failed and cancelled builds. */
function Warnings({ build, canEdit }: { build: Build; canEdit: boolean }) {
  const t = useMessages();
  const translate = useTranslate();
  const warnings = build.warnings ?? [];
  if (warnings.length === 0) return null;
  return (
    <Notice kind="warning">
      <h2>{t.build.warnings}</h2>
      <ul>
        {warnings.map(({ code, message }) => (
          <li key={code}>
            <ApiText translation={translate(buildWarnings, code)} text={message} />
          </li>
        ))}
      </ul>
      {canEdit && build.status === "success" && (
        <div class="actions">
          <EditLink build={build} />
        </div>
      )}
    </Notice>
  );
}

/** What an unfinished build waits for. */
function PendingDetail({ build }: { build: Build }) {
  const { t, language } = useI18n();
  if (build.superseded) return <p>{t.build.supersededHint}</p>;
  if (build.cancel_requested_at) return <p>{t.build.cancelling}</p>;
  if (build.limited_until) return <p>{t.build.limited(formatDateTime(build.limited_until, language))}</p>;
  if (build.waiting_for_capacity) return <p>{t.build.waitingHint}</p>;
  return <p>{t.build.estimate}</p>;
}

/** The failed step if that is all that is known, else the error. */
function FailureReason({ build }: { build: Build }) {
  const { t, language } = useI18n();
  const translate = useTranslate();
  const step = build.steps.find((step) => step.status === "failed");
  if (step && build.error_code === "step_failed") return <p>{t.build.stepFailed(translateStepName(step.name, language) ?? step.name)}</p>;
  const translation = translate(buildErrorCodes, build.error_code);
  return (
    <>
      <p>
        <ApiText translation={translation} text={build.error_message} />
      </p>
      {/* Only GitHub's own message says why. */}
      {translation && build.error_code === "refused" && <p lang="en">{build.error_message}</p>}
    </>
  );
}

function Steps({ steps: all, ended }: { steps: readonly Step[]; ended: boolean }) {
  const { t, language } = useI18n();
  // Skipped steps are not needed for this build.
  const steps = all.filter((step) => step.status !== "skipped");
  if (steps.length === 0 && ended) return null;
  return (
    <Section title={t.build.steps}>
      {steps.length === 0 ? (
        <p class="muted">{t.build.noSteps}</p>
      ) : (
        <ol class="rows">
          {steps.map((step) => (
            <li key={step.number}>
              <div class="wrap-anywhere">
                <ApiText translation={translateStepName(step.name, language)} text={step.name} />
              </div>
              <div class="row-end">
                <Badge status={step.status} label={stepStatus(step.status, t)} /> <StepDuration step={step} />
              </div>
            </li>
          ))}
        </ol>
      )}
    </Section>
  );
}

function stepStatus(status: string, t: Messages): string {
  return lookup<string>(t.build.step, status) ?? status;
}

function StepDuration({ step }: { step: Step }) {
  if (!step.started_at || !step.completed_at) return null;
  const seconds = (Date.parse(step.completed_at) - Date.parse(step.started_at)) / 1_000;
  return <span class="muted">{formatDuration(seconds)}</span>;
}

/** Open by default for a failed build. */
function Logs({ build }: { build: Build }) {
  const t = useMessages();
  const [toggled, setToggled] = useState<boolean | null>(null);
  const open = toggled ?? build.status === "failed";
  return (
    <Section
      title={t.build.logs}
      actions={
        <button type="button" aria-expanded={open} onClick={() => setToggled(!open)}>
          {open ? t.build.hideLogs : t.build.showLogs}
        </button>
      }
    >
      {open && (
        <>
          {!hasEnded(build) && <p class="muted">{t.build.logsDelayed}</p>}
          {/* Each attempt has its own log. */}
          <LogViewer key={build.attempt} source="build" path={`/api/v1/builds/${build.build_id}/logs`} />
        </>
      )}
    </Section>
  );
}
