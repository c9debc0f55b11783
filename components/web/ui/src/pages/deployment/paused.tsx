// Says that automatic deployment is paused, for a service that is deployed automatically.
import { api, unwrap } from "../../api/client";
import { useQuery } from "../../api/query";
import type { Deployment } from "../../api/types";
import { AutomationPaused } from "../../components/automation-paused";

interface PausedProps {
  deployment: Deployment;
  canEdit: boolean;
  onResumed: () => void;
}

/** Every rollback and stop pauses, also of a service whose switch is off: only the service knows its switch. */
export function Paused({ deployment, canEdit, onResumed }: PausedProps) {
  const { automation_paused: pause, deployment_id, project_id, service_name, preview } = deployment;
  const isAsked = pause !== null && preview === null;
  const service = useQuery(
    async (signal) => {
      if (!isAsked) return null;
      const params = { path: { project: project_id, service: service_name } };
      return unwrap(api.GET("/api/v1/projects/{project}/services/{service}", { params, signal }));
    },
    [isAsked, project_id, service_name],
  );
  if (pause === null || !service.data?.deploy_on_build) return null;
  return <AutomationPaused pause={pause} deployment={canEdit ? deployment_id : null} onResumed={onResumed} />;
}
