// Rolls back to a revision after showing what changes.
import { useAction } from "../../api/action";
import { api, unwrap } from "../../api/client";
import type { Deployment, Revision } from "../../api/types";
import { ChangesTable } from "../../components/changes-table";
import { ConfirmDialog } from "../../components/confirm-dialog";
import { fieldLabel } from "../../forms/field-label";
import { diffReleases } from "../../forms/release-diff";
import { useMessages } from "../../i18n";

export interface RollbackResult {
  /** The new revision. */
  revision: number;
  /** The revision whose release it restores. */
  release: number;
}

interface RollbackDialogProps {
  deployment: Deployment;
  /** The current release, if it is retained. */
  from: Revision | undefined;
  to: Revision;
  onDone: (done: RollbackResult) => void;
  onClose: () => void;
}

export function RollbackDialog({ deployment, from, to, onDone, onClose }: RollbackDialogProps) {
  const t = useMessages();
  const { busy, error, run } = useAction();
  const rollBack = () =>
    void run(async () => {
      const params = { path: { deployment: deployment.deployment_id } };
      const body = { revision: to.revision };
      const { revision } = await unwrap(api.POST("/api/v1/deployments/{deployment}/rollback", { params, body }));
      onDone({ revision, release: to.revision });
    });
  const changes = from && diffReleases(from, to);
  const hasSecrets = Object.keys(to.configuration.secrets).length > 0;
  return (
    <ConfirmDialog
      title={t.deployment.rollbackTitle(to.revision)}
      action={t.deployment.rollback}
      busy={busy}
      error={error}
      onConfirm={rollBack}
      onClose={onClose}
    >
      <p>{t.deployment.rollbackHint}</p>
      {changes?.length === 0 && <p>{t.deployment.noDifference}</p>}
      {changes && <ChangesTable changes={changes} label={(field) => fieldLabel(field, t)} />}
      {hasSecrets && <p class="muted">{t.deployment.secretsRestored}</p>}
      {to.image_digest === null && <p class="muted">{t.deployment.tagNotPinned}</p>}
    </ConfirmDialog>
  );
}
