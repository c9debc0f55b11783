// The status of a deployment: progress, errors and its address.
import { Link } from "wouter-preact";
import type { Deployment } from "../../api/types";
import { ApiText, useTranslate } from "../../components/api-text";
import { Badge } from "../../components/badge";
import { useClock } from "../../components/clock";
import { CopyableCode } from "../../components/copyable-code";
import { Notice } from "../../components/notice";
import { RelativeTime } from "../../components/relative-time";
import { useMessages } from "../../i18n";
import { deploymentErrorCodes } from "../../i18n/api-codes";
import { rolloutPhase } from "./rollout-phase";

interface StatusNoticeProps {
  deployment: Deployment;
  /** Whether the user may change the deployment. */
  canEdit: boolean;
}

export function StatusNotice({ deployment, canEdit }: StatusNoticeProps) {
  const t = useMessages();
  const { status, error_code, replicas_total } = deployment;
  const ready = readyReplicas(deployment);
  return (
    <Notice kind={noticeKind(deployment)}>
      <h2>
        <Badge status={status} label={t.deployment.status[status]} />
      </h2>
      {status !== "stopped" && (
        <p>
          <progress
            value={ready}
            max={Math.max(1, replicas_total)}
            aria-label={t.deployment.progress(ready, replicas_total)}
          />{" "}
          {t.deployment.progress(ready, replicas_total)}
        </p>
      )}
      <RolloutPhaseMessage deployment={deployment} />
      <ErrorMessage deployment={deployment} />
      {error_code === "cluster_unreachable" && deployment.observed_at && (
        // Screen readers must not announce every change of a relative time.
        <p aria-live="off">
          <RelativeTime time={deployment.observed_at} />
        </p>
      )}
      {canEdit && status === "failed" && (
        <div class="actions">
          <Link class="button" href={`/projects/${deployment.project_id}/deploy?deployment=${deployment.deployment_id}`}>
            {t.deployment.edit}
          </Link>
        </div>
      )}
      {deployment.access_url && <Address url={deployment.access_url} isServing={deployment.replicas_ready > 0} />}
    </Notice>
  );
}

function noticeKind({ status, error_code }: Deployment) {
  switch (status) {
    case "stopped":
      return "info";
    case "failed":
      return "error";
    case "running":
      return error_code ? "warning" : "success";
    default:
      return "warning";
  }
}

/** During a rollout, only pods of the current revision count. */
function readyReplicas({ status, pods, replicas_ready }: Deployment): number {
  if (status !== "deploying" || pods.length === 0) return replicas_ready;
  return pods.filter((pod) => pod.current && pod.ready).length;
}

function RolloutPhaseMessage({ deployment }: { deployment: Deployment }) {
  const t = useMessages();
  useClock();
  const phase = rolloutPhase(deployment, Date.now());
  return phase && <p>{t.deployment.rolloutPhases[phase]}</p>;
}

/** A public URL is a link once an instance is ready; an internal address can be copied. */
function Address({ url, isServing }: { url: string; isServing: boolean }) {
  const t = useMessages();
  if (!/-service:\d+$/.test(url)) {
    if (!isServing) return <p class="muted wrap-anywhere">{url}</p>;
    return (
      <p>
        <a href={url} rel="noopener noreferrer" target="_blank">
          {t.deployment.open}
        </a>{" "}
        <span class="muted wrap-anywhere">{url}</span>
      </p>
    );
  }
  return (
    <p>
      {t.deployment.internal}
      {t.colon} <CopyableCode text={url} />
    </p>
  );
}

/** The translated error, with the API's own message as details. Without a translation, only the API's message. */
function ErrorMessage({ deployment }: { deployment: Deployment }) {
  const t = useMessages();
  const translation = useTranslate()(deploymentErrorCodes, deployment.error_code);
  const message = deployment.error_message;
  if (!translation) {
    return (
      message && (
        <p class="keep-line-breaks">
          <ApiText text={message} />
        </p>
      )
    );
  }
  // The API's message says this too.
  const isPreviousServing = deployment.status === "failed" && deployment.pods.some((pod) => pod.ready && !pod.current);
  return (
    <>
      <p>
        {translation} {isPreviousServing && t.deployment.previousStillServing}
      </p>
      {message && (
        <details>
          <summary>{t.deployment.detail}</summary>
          <p class="keep-line-breaks" lang="en">
            {message}
          </p>
        </details>
      )}
    </>
  );
}
