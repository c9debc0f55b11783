// What ran before, and going back to it: image and configuration.
import { api, content } from "../../api/client";
import { useLoad } from "../../api/load";
import type { Deployment } from "../../api/types";
import { useT } from "../../i18n";
import { Shown } from "../../parts/page";
import { Section, When } from "../../parts/small";

interface RevisionsProps {
  of: Deployment;
  /** May whoever looks go back to one? */
  allowed: boolean;
  busy: boolean;
  act: (what: () => Promise<unknown>) => void;
}

export function Revisions({ of, allowed, busy, act }: RevisionsProps) {
  const t = useT();
  const path = { deployment: of.deployment_id };
  const loaded = useLoad(
    (signal) => content(api.GET("/api/v1/deployments/{deployment}/revisions", { params: { path }, signal })),
    [of.deployment_id, of.revision],
  );
  const back = (revision: number) =>
    act(() => content(api.POST("/api/v1/deployments/{deployment}/rollback", { params: { path }, body: { revision } })));
  return (
    <Section title={t.deployment.revisions}>
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
                        <button type="button" disabled={busy} onClick={() => back(release.revision)}>
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
