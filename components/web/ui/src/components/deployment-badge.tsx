// The status of a deployment as a badge.
import type { Deployment } from "../api/types";
import { useMessages } from "../i18n";
import { Badge } from "./badge";

export function DeploymentBadge({ deployment }: { deployment: Deployment }) {
  const t = useMessages();
  const { status } = deployment;
  return <Badge status={status} label={t.deployment.status[status]} isWarning={isImpaired(deployment)} />;
}

/** Whether a service runs, but is not reachable or has another issue: nobody should believe that all is well. */
export function isImpaired({ status, issues, reachable }: Deployment): boolean {
  return status === "running" && (issues.length > 0 || reachable === "no");
}
