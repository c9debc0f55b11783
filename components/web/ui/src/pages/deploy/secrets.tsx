// Secrets: names and values, which are never shown again.
import type { SecretRow } from "../../forms/deploy";
import { useT } from "../../i18n";
import { Group } from "../../parts/form";

interface SecretsProps {
  rows: readonly SecretRow[];
  onChange: (rows: SecretRow[]) => void;
}

export function Secrets({ rows, onChange }: SecretsProps) {
  const t = useT();
  const change = (at: number, change: Partial<SecretRow>) =>
    onChange(rows.map((row, index) => (index === at ? { ...row, ...change } : row)));
  return (
    <Group name="secrets" label={t.deploy.secrets} hint={rows.some((row) => row.kept) ? t.deploy.secretsKept : t.deploy.secretsHint}>
      {rows.map((row, at) => (
        <div class="secret" key={at}>
          <input
            aria-label={t.deploy.secretName}
            placeholder={t.deploy.secretName}
            value={row.name}
            readOnly={row.kept}
            autocomplete="off"
            spellcheck={false}
            onInput={(event) => change(at, { name: event.currentTarget.value })}
          />
          <input
            type="password"
            aria-label={`${t.deploy.secretValue} ${row.name}`}
            placeholder={row.kept ? t.deploy.secretKept : t.deploy.secretValue}
            value={row.value}
            autocomplete="new-password"
            onInput={(event) => change(at, { value: event.currentTarget.value })}
          />
          <button
            type="button"
            class="small"
            aria-label={t.deploy.removeSecret(row.name)}
            onClick={() => onChange(rows.filter((_, index) => index !== at))}
          >
            ✕
          </button>
        </div>
      ))}
      <button type="button" onClick={() => onChange([...rows, { name: "", value: "", kept: false }])}>
        {t.deploy.addSecret}
      </button>
    </Group>
  );
}
