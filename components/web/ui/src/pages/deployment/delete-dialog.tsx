// Deletes a deployment after a confirmation.
import { useState } from "preact/hooks";
import { useLocation } from "wouter-preact";
import { useAction } from "../../api/action";
import { api, unwrap } from "../../api/client";
import type { Deployment } from "../../api/types";
import { ConfirmDialog } from "../../components/confirm-dialog";
import { CheckboxField } from "../../components/fields";
import { useMessages } from "../../i18n";
import { deploymentName } from "./origin";

export function DeleteDialog({ deployment, onClose }: { deployment: Deployment; onClose: () => void }) {
  const t = useMessages();
  const [, navigate] = useLocation();
  const { project_id, preview } = deployment;
  const [volumes, setVolumes] = useState(false);
  const { busy, error, run } = useAction();
  const deleteDeployment = () =>
    void run(async () => {
      const params = { path: { deployment: deployment.deployment_id }, query: { volumes } };
      await unwrap(api.DELETE("/api/v1/deployments/{deployment}", { params }));
      navigate(preview ? `/projects/${project_id}/services/${preview.service_name}` : `/projects/${project_id}`);
    });
  return (
    <ConfirmDialog
      title={t.deployment.deleteTitle(deploymentName(deployment, t))}
      name={deployment.service_name}
      action={t.deployment.delete}
      busy={busy}
      error={error}
      onConfirm={deleteDeployment}
      onClose={onClose}
    >
      <p>{preview ? t.previews.deleteHint : t.deployment.deleteHint}</p>
      {!preview && <CheckboxField name="volumes" label={t.settings.volumes} value={volumes} onChange={setVolumes} />}
    </ConfirmDialog>
  );
}
