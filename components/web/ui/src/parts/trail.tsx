// Who did what, when and from where.
import { useState } from "preact/hooks";
import { Link } from "wouter-preact";
import type { AuditEntry } from "../api/types";
import { useLoad } from "../api/load";
import { useSpeech, type Messages } from "../i18n";
import { known } from "../i18n/known";
import { moment } from "../i18n/time";
import { Shown } from "./page";
import { ShowMore } from "./small";
import { pageOf, still } from "./things";

interface TrailProps {
  look: (limit: number, signal: AbortSignal) => Promise<{ events: AuditEntry[]; total: number }>;
  of: readonly unknown[];
}

export function Trail({ look, of }: TrailProps) {
  const { t, language } = useSpeech();
  const [limit, setLimit] = useState(10);
  const loaded = useLoad((signal) => look(limit, signal), [...of, limit]);
  return (
    <Shown of={loaded}>
      {({ events, total }) =>
        events.length === 0 ? (
          <p class="quiet">{t.trail.empty}</p>
        ) : (
          <>
            <div class="scroll" tabIndex={0}>
              <table>
                <thead>
                  <tr>
                    <th>{t.trail.when}</th>
                    <th>{t.trail.who}</th>
                    <th>{t.trail.what}</th>
                    <th>{t.trail.where}</th>
                  </tr>
                </thead>
                <tbody>
                  {events.map((entry, index) => (
                    <tr key={entry.at + entry.request_id}>
                      <td>{moment(entry.at, language)}</td>
                      <td>
                        {entry.by.login} <span class="quiet">({via(entry.by, t)})</span>
                      </td>
                      <td>
                        <What entry={entry} page={still(events, index) ? pageOf(entry.object) : null} />
                      </td>
                      <td>{entry.from}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
            <ShowMore total={total} limit={limit} factor={4} onMore={setLimit} />
          </>
        )
      }
    </Shown>
  );
}

/** What was done, as a sentence that leads to what it was done to. */
function What({ entry: { action, object }, page }: { entry: AuditEntry; page: string | null }) {
  const { t } = useSpeech();
  const name = object.split("/").at(-1) ?? "";
  const sentence = known(t.trail.actions, action)?.(name);
  if (sentence === undefined) {
    return (
      <>
        <code>{action}</code> <span class="quiet">{object}</span>
      </>
    );
  }
  return page === null ? <>{sentence}</> : <Link href={page}>{sentence}</Link>;
}

function via({ via, token }: AuditEntry["by"], t: Messages): string {
  return token ? t.trail.token(token) : (known<string>(t.trail.via, via) ?? via);
}
