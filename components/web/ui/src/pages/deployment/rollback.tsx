// Going back to a release: first what that changes.
import { useAct } from "../../api/act";
import { api, content } from "../../api/client";
import type { Deployment, Revision } from "../../api/types";
import { difference } from "../../forms/difference";
import { useT, type Messages } from "../../i18n";
import { known } from "../../i18n/known";
import { Changes } from "../../parts/changes";
import { Confirm } from "../../parts/confirm";

/** What was done. */
export interface WentBack {
  revision: number;
  release: number;
}

interface RollbackProps {
  of: Deployment;
  /** The release that is there now, if it is still kept. */
  from: Revision | undefined;
  to: Revision;
  onDone: (done: WentBack) => void;
  onClose: () => void;
}

export function Rollback({ of, from, to, onDone, onClose }: RollbackProps) {
  const t = useT();
  const { busy, failure, run } = useAct();
  const go = () =>
    void run(async () => {
      const params = { path: { deployment: of.deployment_id } };
      const body = { revision: to.revision };
      const { revision } = await content(api.POST("/api/v1/deployments/{deployment}/rollback", { params, body }));
      onDone({ revision, release: to.revision });
    });
  const changes = from && difference(from, to);
  const hasSecrets = Object.keys(to.configuration.secrets).length > 0;
  return (
    <Confirm
      title={t.deployment.rollbackTitle(to.revision)}
      action={t.deployment.rollback}
      busy={busy}
      failure={failure}
      onConfirm={go}
      onClose={onClose}
    >
      <p>{t.deployment.rollbackHint}</p>
      {changes?.length === 0 && <p>{t.deployment.noDifference}</p>}
      {changes && <Changes changes={changes} label={(field) => label(field, t)} />}
      {hasSecrets && <p class="quiet">{t.deployment.secretsToo}</p>}
      {to.image_digest === null && <p class="quiet">{t.deployment.tagOnly}</p>}
    </Confirm>
  );
}

/** How the form of a deployment calls a field. */
function label(field: string, t: Messages): string | undefined {
  const d = t.deploy;
  const names: Record<string, string> = {
    image_name: d.image,
    image_digest: t.build.digest,
    build_id: t.build.one,
    display_name: d.displayName,
    description: d.description,
    service_type: d.type,
    exposure_type: d.exposure,
    custom_domain: d.domain,
    custom_path: d.path,
    enable_https: d.https,
    container_port: d.port,
    service_port: d.servicePort,
    replicas: d.replicas,
    cpu_request: d.cpuRequest,
    cpu_limit: d.cpuLimit,
    memory_request: d.memoryRequest,
    memory_limit: d.memoryLimit,
    storage_size: d.storageSize,
    storage_path: d.storagePath,
    enable_autoscaling: d.scaling,
    health_check_enabled: d.health,
  };
  const [, variable] = /^env_vars\.(.*)$/s.exec(field) ?? [];
  if (variable !== undefined) return d.variable(variable);
  const [, secret] = /^secrets\.(.*)$/s.exec(field) ?? [];
  return secret === undefined ? known(names, field) : d.secret(secret);
}
