// What a rollout waits for, long before it counts as failed.
import type { Deployment } from "../../api/types";

/** Milliseconds after which a program that runs and does not answer is worth a word. */
const patience = 60_000;

export type Wait = "pods" | "container" | "health" | "answer";

/** `null`: for nothing, or for what is said in other words already. */
export function waitsFor(of: Pick<Deployment, "status" | "error_code" | "pods">, now: number): Wait | null {
  if (of.status !== "deploying" || of.error_code !== null) return null;
  const pods = of.pods.filter((pod) => pod.current);
  const late = pods.filter((pod) => !pod.ready);
  if (pods.length === 0) return "pods";
  if (late.length === 0) return null;
  if (late.some((pod) => pod.phase !== "Running")) return "container";
  const since = late.map((pod) => now - Date.parse(pod.started_at ?? ""));
  return since.some((age) => age > patience) ? "answer" : "health";
}
