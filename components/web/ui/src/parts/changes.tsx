// What becomes of what: a table of fields before and after.
import type { FieldChange } from "../api/types";
import { useT } from "../i18n";

interface ChangesProps {
  title?: string;
  changes: readonly FieldChange[];
  /** How people call a field; else it keeps its own name. */
  label?: (field: string) => string | undefined;
}

export function Changes({ title, changes, label }: ChangesProps) {
  const t = useT();
  if (changes.length === 0) return null;
  return (
    <div class="scroll" tabIndex={0}>
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
