// What would happen: the manifests, what the cluster says to them, and the difference from what runs.
import { useEffect, useRef } from "preact/hooks";
import type { DryRun } from "../../api/types";
import { useT } from "../../i18n";
import { Changes } from "../../parts/changes";
import { Manifests } from "../../parts/manifests";
import { Notice } from "../../parts/notice";
import { Said } from "../../parts/said";
import { Badge } from "../../parts/small";

export function Preview({ of }: { of: DryRun }) {
  const t = useT();
  const top = useRef<HTMLElement>(null);
  useEffect(() => {
    top.current?.focus();
    top.current?.scrollIntoView({ block: "start" });
  }, [of]);
  return (
    <section class="card" ref={top} tabIndex={-1} aria-label={t.deploy.previewTitle}>
      <header>
        <h2>{t.deploy.previewTitle}</h2>
        <span class="quiet">{t.deploy.nothingYet}</span>
      </header>
      <Notice kind={of.accepted ? "good" : "bad"}>{of.accepted ? t.deploy.accepted : t.deploy.refused}</Notice>
      {of.note !== null && <p class="quiet">{t.deploy.firstTime}</p>}
      {of.access_url && (
        <p>
          {t.deploy.address}
          {t.colon} <code>{of.access_url}</code>
        </p>
      )}
      {of.warnings.length > 0 && (
        <ul>
          {of.warnings.map((warning) => (
            <li key={warning}>
              <Said text={warning} />
            </li>
          ))}
        </ul>
      )}
      <Changes title={t.deploy.variablesChanged} changes={of.variables} />
      <ul class="rows">
        {of.objects.map((object) => (
          <li key={object.kind + object.name}>
            <div>
              <code>
                {object.kind} {object.name}
              </code>
              {object.detail && (
                <p>
                  <Said text={object.detail} />
                </p>
              )}
              <Changes changes={object.difference ?? []} />
            </div>
            <Badge status={object.verdict} label={t.deploy.verdicts[object.verdict] ?? object.verdict} />
          </li>
        ))}
      </ul>
      <Manifests of={of.manifests} />
    </section>
  );
}
