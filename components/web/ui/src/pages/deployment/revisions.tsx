// The retained revisions of a deployment, and rollback to one of them.
import { useState } from "preact/hooks";
import { api, unwrap } from "../../api/client";
import { useQuery } from "../../api/query";
import type { Deployment, Revision } from "../../api/types";
import { Badge } from "../../components/badge";
import { Notice } from "../../components/notice";
import { QueryView } from "../../components/page";
import { RelativeTime } from "../../components/relative-time";
import { Section } from "../../components/section";
import { useMessages } from "../../i18n";
import { PromotedFromLink } from "./origin";
import { RollbackDialog, type RollbackResult } from "./rollback";

interface RevisionsProps {
  deployment: Deployment;
  /** Whether the user may roll back. */
  canEdit: boolean;
  /** Called after a rollback. */
  onRollback: () => void;
}

export function Revisions({ deployment, canEdit, onRollback }: RevisionsProps) {
  const t = useMessages();
  const path = { deployment: deployment.deployment_id };
  const result = useQuery(
    (signal) => unwrap(api.GET("/api/v1/deployments/{deployment}/revisions", { params: { path }, signal })),
    [deployment.deployment_id, deployment.revision],
  );
  const [target, setTarget] = useState<Revision | null>(null);
  const [rolledBack, setRolledBack] = useState<RollbackResult | null>(null);
  return (
    <Section title={t.deployment.revisions}>
      {target && (
        <RollbackDialog
          deployment={deployment}
          from={result.data?.revisions.find((release) => release.current)}
          to={target}
          onClose={() => setTarget(null)}
          onDone={(done) => {
            setTarget(null);
            setRolledBack(done);
            onRollback();
          }}
        />
      )}
      {/* Shown until there is a newer revision. */}
      {rolledBack && deployment.revision <= rolledBack.revision && (
        <Notice kind="success">{t.deployment.rolledBack(rolledBack.revision, rolledBack.release)}</Notice>
      )}
      <QueryView result={result}>
        {({ revisions }) => (
          <ul class="rows">
            {[...revisions]
              .sort((a, b) => b.revision - a.revision)
              .map((release) => (
                <RevisionRow
                  key={release.revision}
                  release={release}
                  canEdit={canEdit}
                  rollBack={() => setTarget(release)}
                />
              ))}
          </ul>
        )}
      </QueryView>
    </Section>
  );
}

interface RevisionRowProps {
  release: Revision;
  canEdit: boolean;
  rollBack: () => void;
}

function RevisionRow({ release, canEdit, rollBack }: RevisionRowProps) {
  const t = useMessages();
  return (
    <li>
      <div>
        <strong>{t.project.revision(release.revision)}</strong>{" "}
        <span class="muted">
          <RelativeTime time={release.created_at} /> {t.deployment.by(release.by)} ·{" "}
          {t.deployment.causes[release.cause] ?? release.cause}
        </span>{" "}
        {release.automatic && <Badge status="automatic" label={t.automation.badge} />}
        {release.promoted_from && (
          <div>
            {t.promotion.promoted} <PromotedFromLink from={release.promoted_from} />
          </div>
        )}
        <div class="muted wrap-anywhere">{release.image_name}</div>
        <details>
          <summary>{t.deployment.configuration}</summary>
          <pre tabIndex={0}>{JSON.stringify(release.configuration, null, 2)}</pre>
        </details>
      </div>
      <div class="row-end">
        {release.current ? (
          <span class="badge">{t.deployment.current}</span>
        ) : (
          canEdit && (
            <button type="button" onClick={rollBack}>
              {t.deployment.rollback}
            </button>
          )
        )}
      </div>
    </li>
  );
}
