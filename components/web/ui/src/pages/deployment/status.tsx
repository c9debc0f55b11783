// The status of a deployment: progress, errors and its address.
import { Link } from "wouter-preact";
import type { Deployment } from "../../api/types";
import { useClock } from "../../components/clock";
import { DeploymentAddress } from "../../components/deployment-address";
import { DeploymentBadge, isImpaired } from "../../components/deployment-badge";
import { Notice } from "../../components/notice";
import { RelativeTime } from "../../components/relative-time";
import { useI18n, useMessages } from "../../i18n";
import { Issues } from "./issues";
import { rolloutPhase } from "./rollout-phase";

interface StatusNoticeProps {
  deployment: Deployment;
  /** Whether the user may change the deployment. */
  canEdit: boolean;
  applyAgain: () => void;
  busy: boolean;
}

export function StatusNotice({ deployment, canEdit, applyAgain, busy }: StatusNoticeProps) {
  const { t, language } = useI18n();
  const { status, error_code, replicas_total, preview } = deployment;
  const ready = readyReplicas(deployment);
  return (
    <Notice kind={noticeKind(deployment)}>
      <h2>
        <DeploymentBadge deployment={deployment} />
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
      {/* The API's own text, which English readers see, says it too. */}
      {language !== "en" && isPreviousServing(deployment) && <p>{t.deployment.previousStillServing}</p>}
      <Issues deployment={deployment} applyAgain={canEdit ? applyAgain : undefined} busy={busy} />
      {error_code === "cluster_unreachable" && deployment.observed_at && (
        // Screen readers must not announce every change of a relative time.
        <p aria-live="off">
          <RelativeTime time={deployment.observed_at} />
        </p>
      )}
      {canEdit && preview === null && (status === "failed" || status === "degraded") && (
        <div class="actions">
          <Link class="button" href={`/projects/${deployment.project_id}/deploy?deployment=${deployment.deployment_id}`}>
            {t.deployment.edit}
          </Link>
        </div>
      )}
      <DeploymentAddress deployment={deployment} />
    </Notice>
  );
}

function noticeKind(deployment: Deployment) {
  switch (deployment.status) {
    case "stopped":
      return "info";
    case "failed":
      return "error";
    case "running":
      return isImpaired(deployment) ? "warning" : "success";
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

/** Whether the rollout of the current revision has failed, while pods of an earlier one serve requests. */
function isPreviousServing({ status, pods }: Deployment): boolean {
  return (status === "degraded" || status === "failed") && pods.some((pod) => pod.ready && !pod.current);
}
