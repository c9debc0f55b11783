// The result of a dry run: the cluster's verdict on each object, the changes and the manifests.
import { useEffect, useRef } from "preact/hooks";
import type { DryRun } from "../../api/types";
import { ApiText } from "../../components/api-text";
import { Badge } from "../../components/badge";
import { ChangesTable } from "../../components/changes-table";
import { ManifestList } from "../../components/manifest-list";
import { Notice } from "../../components/notice";
import { Warnings } from "../../components/warnings";
import { useMessages } from "../../i18n";

export function Preview({ preview }: { preview: DryRun }) {
  const t = useMessages();
  const top = useRef<HTMLElement>(null);
  useEffect(() => {
    top.current?.focus();
    top.current?.scrollIntoView({ block: "start" });
  }, [preview]);
  return (
    <section class="card" ref={top} tabIndex={-1} aria-label={t.deploy.previewTitle}>
      <header>
        <h2>{t.deploy.previewTitle}</h2>
        <span class="muted">{t.deploy.nothingChangedYet}</span>
      </header>
      <Notice kind={preview.accepted ? "success" : "error"}>{preview.accepted ? t.deploy.accepted : t.deploy.rejected}</Notice>
      {preview.note !== null && <p class="muted">{t.deploy.firstDeployment}</p>}
      {preview.access_url && (
        <p>
          {t.deploy.address}
          {t.colon} <code>{preview.access_url}</code>
        </p>
      )}
      {preview.warnings.length > 0 && (
        <Notice kind="warning">
          <Warnings warnings={preview.warnings} />
        </Notice>
      )}
      <ChangesTable title={t.deploy.variableChanges} changes={preview.variables} />
      <ul class="rows">
        {preview.objects.map((object) => (
          <li key={object.kind + object.name}>
            <div>
              <code>
                {object.kind} {object.name}
              </code>
              {object.detail && (
                <p>
                  <ApiText text={object.detail} />
                </p>
              )}
              <ChangesTable changes={object.difference ?? []} />
            </div>
            <Badge status={object.verdict} label={t.deploy.verdicts[object.verdict] ?? object.verdict} />
          </li>
        ))}
      </ul>
      <ManifestList manifests={preview.manifests} />
    </section>
  );
}
