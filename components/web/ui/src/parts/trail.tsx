// Who did what, when and from where.
import { useState } from "preact/hooks";
import type { AuditEntry } from "../api/types";
import { useLoad } from "../api/load";
import { useSpeech } from "../i18n";
import { moment } from "../i18n/time";
import { Shown } from "./page";
import { ShowMore } from "./small";

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
                  {events.map((entry) => (
                    <tr key={entry.at + entry.request_id}>
                      <td>{moment(entry.at, language)}</td>
                      <td>
                        {entry.by.login} <span class="quiet">({entry.by.via})</span>
                      </td>
                      <td>
                        <code>{entry.action}</code> <span class="quiet">{entry.object}</span>
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
