// A deployment: its actions, status, pods, logs, image, revisions and events.
import { useState } from "preact/hooks";
import { Link } from "wouter-preact";
import { useAction } from "../../api/action";
import { api, unwrap } from "../../api/client";
import { hasRole, useProjectOf } from "../../api/project";
import { useQuery } from "../../api/query";
import type { Deployment } from "../../api/types";
import { CopyableCode } from "../../components/copyable-code";
import { ErrorNotice, Notice } from "../../components/notice";
import { Page, QueryView } from "../../components/page";
import { projectBreadcrumbs, ReadOnlyNotice } from "../../components/project";
import { DescriptionList, Section } from "../../components/section";
import { Warnings } from "../../components/warnings";
import { useMessages, type Messages } from "../../i18n";
import { DeleteDialog } from "./delete-dialog";
import { Events } from "./events";
import { Logs } from "./logs";
import { deploymentName, Origin } from "./origin";
import { Paused } from "./paused";
import { Pods } from "./pods";
import { PromoteDialog } from "./promote-dialog";
import { Revisions } from "./revisions";
import { StatusNotice } from "./status";

/** While the deployment changes, and otherwise. */
const ACTIVE_POLL_INTERVAL_MS = 2_000;
const IDLE_POLL_INTERVAL_MS = 10_000;

const isChanging = ({ status, pods }: Deployment) =>
  status === "deploying" || status === "pending" || (status === "stopped" && pods.length > 0);

export function DeploymentPage({ id }: { id: string }) {
  const [dialog, setDialog] = useState<"delete" | "promote" | null>(null);
  const path = { deployment: id };
  const result = useQuery(
    (signal) => unwrap(api.GET("/api/v1/deployments/{deployment}", { params: { path }, signal })),
    [id],
    (deployment) => (isChanging(deployment) ? ACTIVE_POLL_INTERVAL_MS : IDLE_POLL_INTERVAL_MS),
  );
  const t = useMessages();
  const project = useProjectOf(result.data);
  const canEdit = hasRole(project, "developer");
  const { busy, error, run } = useAction();
  const runAndRefetch: RunAndRefetch = (request) =>
    void run(async () => {
      await request();
      result.refetch();
    });
  const closeDialog = () => setDialog(null);
  const applyAgain = () =>
    runAndRefetch(() => unwrap(api.POST("/api/v1/deployments/{deployment}/apply", { params: { path } })));
  return (
    <QueryView result={result}>
      {(deployment) => (
        <Page
          title={deploymentName(deployment, t)}
          breadcrumbs={projectBreadcrumbs(t, project)}
          actions={
            canEdit && (
              <Actions
                deployment={deployment}
                busy={busy}
                runAndRefetch={runAndRefetch}
                open={setDialog}
              />
            )
          }
        >
          {error && <ErrorNotice error={error} />}
          <ReadOnlyNotice project={project} />
          <Origin deployment={deployment} />
          <StatusNotice deployment={deployment} canEdit={canEdit} busy={busy} applyAgain={applyAgain} />
          <Paused deployment={deployment} canEdit={canEdit} onResumed={result.refetch} />
          <WarningsNotice deployment={deployment} />
          <Pods deployment={deployment} />
          <Logs deployment={deployment} />
          <Section title="Image">
            <ImageDetails deployment={deployment} />
          </Section>
          <Revisions deployment={deployment} canEdit={canEdit && deployment.preview === null} onRollback={result.refetch} />
          <Events id={id} />
          {dialog === "delete" && <DeleteDialog deployment={deployment} onClose={closeDialog} />}
          {dialog === "promote" && <PromoteDialog deployment={deployment} onClose={closeDialog} />}
        </Page>
      )}
    </QueryView>
  );
}

type RunAndRefetch = (request: () => Promise<unknown>) => void;

interface ActionsProps {
  deployment: Deployment;
  busy: boolean;
  runAndRefetch: RunAndRefetch;
  open: (dialog: "delete" | "promote") => void;
}

function Actions({ deployment, busy, runAndRefetch, open }: ActionsProps) {
  const t = useMessages();
  const params = { path: { deployment: deployment.deployment_id } };
  const restart = () => runAndRefetch(() => unwrap(api.POST("/api/v1/deployments/{deployment}/restart", { params })));
  const stop = () => runAndRefetch(() => unwrap(api.POST("/api/v1/deployments/{deployment}/stop", { params })));
  const start = () => runAndRefetch(() => unwrap(api.POST("/api/v1/deployments/{deployment}/start", { params })));
  return (
    <>
      <button type="button" class="danger" disabled={busy} onClick={() => open("delete")}>
        {t.deployment.delete}
      </button>
      {deployment.status === "stopped" ? (
        <button type="button" disabled={busy} onClick={start}>
          {t.deployment.start}
        </button>
      ) : (
        <>
          <button type="button" disabled={busy} onClick={stop}>
            {t.deployment.stop}
          </button>
          <button type="button" disabled={busy} onClick={restart}>
            {t.deployment.restart}
          </button>
        </>
      )}
      {/* What a preview runs is decided by its pull request. */}
      {deployment.preview === null && (
        <>
          <button type="button" disabled={busy} onClick={() => open("promote")}>
            {t.promotion.promote}
          </button>
          <Link class="button primary" href={`/projects/${deployment.project_id}/deploy?deployment=${deployment.deployment_id}`}>
            {t.deployment.edit}
          </Link>
        </>
      )}
    </>
  );
}

/** The revision, and the one whose release it runs if that is another. */
function formatRevision({ revision, release }: Deployment, t: Messages): string {
  return revision === release ? `${revision}` : t.deployment.releaseOf(revision, release);
}

function WarningsNotice({ deployment }: { deployment: Deployment }) {
  const t = useMessages();
  const warnings = deployment.warnings ?? [];
  if (warnings.length === 0) return null;
  return (
    <Notice kind="warning">
      <h2>{t.deployment.warnings}</h2>
      <Warnings warnings={warnings} />
    </Notice>
  );
}

function ImageDetails({ deployment }: { deployment: Deployment }) {
  const t = useMessages();
  const { image_name, image_digest, build_id } = deployment;
  return (
    <>
      <DescriptionList
        items={[
          [t.build.image, <CopyableCode text={image_name} />],
          ...(image_digest ? [[t.build.digest, <CopyableCode text={image_digest} />] as const] : []),
          [t.deployment.revision, formatRevision(deployment, t)],
          ...(build_id ? [[t.build.build, <Link href={`/builds/${build_id}`}>{build_id}</Link>] as const] : []),
        ]}
      />
      {(deployment.errors ?? []).map((error) => (
        <Notice kind="error" key={error.kind + error.name}>
          <code>
            {error.kind} {error.name}
          </code>{" "}
          <span lang="en">{error.detail}</span>
        </Notice>
      ))}
    </>
  );
}
