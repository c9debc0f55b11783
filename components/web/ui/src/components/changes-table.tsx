// A table of changed fields with their values before and after.
import type { FieldChange } from "../api/types";
import { useMessages } from "../i18n";

interface ChangesTableProps {
  title?: string;
  changes: readonly FieldChange[];
  /** The field's label; without one, its API name is shown. */
  label?: (field: string) => string | undefined;
}

export function ChangesTable({ title, changes, label }: ChangesTableProps) {
  const t = useMessages();
  if (changes.length === 0) return null;
  return (
    <div class="scroll-x" tabIndex={0}>
      <table>
        {title && <caption>{title}</caption>}
        <thead>
          <tr>
            <th>{t.deploy.field}</th>
            <th>{t.deploy.before}</th>
            <th>{t.deploy.after}</th>
          </tr>
        </thead>
        <tbody>
          {changes.map((change) => (
            <tr key={change.field}>
              <th scope="row">{label?.(change.field) ?? <code>{change.field}</code>}</th>
              <td class="before">{change.before ?? "–"}</td>
              <td class="after">{change.after ?? "–"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
