// What ran before, and going back to it: image and configuration.
import { useState } from "preact/hooks";
import { api, content } from "../../api/client";
import { useLoad } from "../../api/load";
import type { Deployment, Revision } from "../../api/types";
import { useT } from "../../i18n";
import { Notice } from "../../parts/notice";
import { Shown } from "../../parts/page";
import { Section, When } from "../../parts/small";
import { Rollback, type WentBack } from "./rollback";

interface RevisionsProps {
  of: Deployment;
  /** May whoever looks go back to one? */
  allowed: boolean;
  onBack: () => void;
}

export function Revisions({ of, allowed, onBack }: RevisionsProps) {
  const t = useT();
  const path = { deployment: of.deployment_id };
  const loaded = useLoad(
    (signal) => content(api.GET("/api/v1/deployments/{deployment}/revisions", { params: { path }, signal })),
    [of.deployment_id, of.revision],
  );
  const [to, setTo] = useState<Revision | null>(null);
  const [back, setBack] = useState<WentBack | null>(null);
  return (
    <Section title={t.deployment.revisions}>
      {to && (
        <Rollback
          of={of}
          from={loaded.data?.revisions.find((release) => release.current)}
          to={to}
          onClose={() => setTo(null)}
          onDone={(done) => {
            setTo(null);
            setBack(done);
            onBack();
          }}
        />
      )}
      {/* Until something else is asked for. */}
      {back && of.revision <= back.revision && (
        <Notice kind="good">{t.deployment.wentBack(back.revision, back.release)}</Notice>
      )}
      <Shown of={loaded}>
        {({ revisions }) => (
          <ul class="rows">
            {[...revisions]
              .sort((a, b) => b.revision - a.revision)
              .map((release) => (
                <li key={release.revision}>
                  <div>
                    <strong>{t.project.revision(release.revision)}</strong>{" "}
                    <span class="quiet">
                      <When at={release.created_at} /> {t.deployment.by(release.by)} ·{" "}
                      {t.deployment.causes[release.cause] ?? release.cause}
                    </span>
                    <div class="quiet break">{release.image_name}</div>
                    <details>
                      <summary>{t.deployment.configuration}</summary>
                      <pre tabIndex={0}>{JSON.stringify(release.configuration, null, 2)}</pre>
                    </details>
                  </div>
                  <div class="end">
                    {release.current ? (
                      <span class="badge">{t.deployment.current}</span>
                    ) : (
                      allowed && (
                        <button type="button" onClick={() => setTo(release)}>
                          {t.deployment.rollback}
                        </button>
                      )
                    )}
                  </div>
                </li>
              ))}
          </ul>
        )}
      </Shown>
    </Section>
  );
}
