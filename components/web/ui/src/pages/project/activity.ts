// Whether something in a project changes now, and how often the page looks.
import type { Build, Deployment, Service } from "../../api/types";

const ACTIVE_POLL_INTERVAL_MS = 3_000;
const IDLE_POLL_INTERVAL_MS = 20_000;

export const isBuilding = ({ status }: Pick<Build, "status">) => status === "building" || status === "pending";

export const isBuildingService = ({ last_build }: Service) => last_build !== null && isBuilding(last_build);

export const isDeploying = ({ status }: Deployment) => status === "deploying" || status === "pending";

export function pollInterval(isActive: boolean): number {
  return isActive ? ACTIVE_POLL_INTERVAL_MS : IDLE_POLL_INTERVAL_MS;
}
