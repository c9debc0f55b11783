// An audit log: who did what, when and from where.
import { useState } from "preact/hooks";
import { Link } from "wouter-preact";
import { useQuery } from "../api/query";
import type { AuditEntry } from "../api/types";
import { useI18n, type Messages } from "../i18n";
import { lookup } from "../i18n/lookup";
import { formatDateTime } from "../i18n/time";
import { objectName, pagePath, stillExists } from "./audit-entry";
import { QueryView } from "./page";
import { ShowMore } from "./show-more";

interface AuditLogProps {
  /** Called again when one of `deps` changes. */
  fetchEntries: (limit: number, signal: AbortSignal) => Promise<{ events: AuditEntry[]; total: number }>;
  deps: readonly unknown[];
}

export function AuditLog({ fetchEntries, deps }: AuditLogProps) {
  const { t, language } = useI18n();
  const [limit, setLimit] = useState(10);
  const result = useQuery((signal) => fetchEntries(limit, signal), [...deps, limit]);
  return (
    <QueryView result={result}>
      {({ events, total }) =>
        events.length === 0 ? (
          <p class="muted">{t.audit.empty}</p>
        ) : (
          <>
            <div class="scroll-x" tabIndex={0}>
              <table>
                <thead>
                  <tr>
                    <th>{t.audit.when}</th>
                    <th>{t.audit.who}</th>
                    <th>{t.audit.what}</th>
                    <th>{t.audit.from}</th>
                  </tr>
                </thead>
                <tbody>
                  {events.map((entry, index) => (
                    <tr key={entry.at + entry.request_id}>
                      <td>{formatDateTime(entry.at, language)}</td>
                      <td>
                        {entry.by.login} <span class="muted">({authMethod(entry.by, t)})</span>
                      </td>
                      <td>
                        <Action entry={entry} page={stillExists(events, index) ? pagePath(entry.object) : null} />
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
    </QueryView>
  );
}

/** The action as a sentence that links to its object. An unknown action is shown as it is. */
function Action({ entry: { action, object, role }, page }: { entry: AuditEntry; page: string | null }) {
  const { t } = useI18n();
  const name = objectName(object);
  const sentence = lookup(t.audit.actions, action)?.(name, role ? t.settings.roles[role] : "");
  if (sentence === undefined) {
    return (
      <>
        <code>{action}</code> <span class="muted">{object}</span>
      </>
    );
  }
  return page === null ? <>{sentence}</> : <Link href={page}>{sentence}</Link>;
}

function authMethod({ via, token }: AuditEntry["by"], t: Messages): string {
  return token ? t.audit.token(token) : (lookup<string>(t.audit.via, via) ?? via);
}
