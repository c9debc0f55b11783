// Removes the source of a service.
import { useState } from "preact/hooks";
import { useLocation } from "wouter-preact";
import { useAction } from "../../api/action";
import { api, unwrap } from "../../api/client";
import type { Service } from "../../api/types";
import { ConfirmDialog } from "../../components/confirm-dialog";
import { Section } from "../../components/section";
import { useMessages } from "../../i18n";

export function RemoveSource({ service: { project_id, name } }: { service: Service }) {
  const t = useMessages();
  const [, navigate] = useLocation();
  const [confirming, setConfirming] = useState(false);
  const { busy, error, run, clear } = useAction();
  const remove = () =>
    void run(async () => {
      const params = { path: { project: project_id, service: name } };
      await unwrap(api.DELETE("/api/v1/projects/{project}/services/{service}", { params }));
      navigate(`/projects/${project_id}`);
    });
  return (
    <Section title={t.service.remove}>
      <p>{t.service.removeHint}</p>
      <button type="button" class="danger" onClick={() => setConfirming(true)}>
        {t.service.remove}
      </button>
      {confirming && (
        <ConfirmDialog
          title={t.service.removeTitle(name)}
          action={t.service.remove}
          busy={busy}
          error={error}
          onConfirm={remove}
          onClose={() => {
            clear();
            setConfirming(false);
          }}
        >
          <p>{t.service.removeHint}</p>
        </ConfirmDialog>
      )}
    </Section>
  );
}
