// What a rollout is waiting for.
import type { Deployment } from "../../api/types";

/** Time after which a running pod that is not ready counts as unresponsive. */
const UNRESPONSIVE_AFTER_MS = 60_000;

export type RolloutPhase = "pods" | "container" | "health" | "unresponsive";

/** `null` if there is no rollout, or if it reports an error. */
export function rolloutPhase(deployment: Pick<Deployment, "status" | "error_code" | "pods">, now: number): RolloutPhase | null {
  if (deployment.status !== "deploying" || deployment.error_code !== null) return null;
  const pods = deployment.pods.filter((pod) => pod.current);
  const notReady = pods.filter((pod) => !pod.ready);
  if (pods.length === 0) return "pods";
  if (notReady.length === 0) return null;
  if (notReady.some((pod) => pod.phase !== "Running")) return "container";
  const ages = notReady.map((pod) => now - Date.parse(pod.started_at ?? ""));
  return ages.some((age) => age > UNRESPONSIVE_AFTER_MS) ? "unresponsive" : "health";
}
