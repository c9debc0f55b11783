// Names and values of secrets. The API never returns the values.
import { FieldGroup } from "../../components/fields";
import type { SecretRow } from "../../forms/deploy";
import { useMessages } from "../../i18n";

interface SecretsFieldProps {
  rows: readonly SecretRow[];
  onChange: (rows: SecretRow[]) => void;
}

export function SecretsField({ rows, onChange }: SecretsFieldProps) {
  const t = useMessages();
  const update = (changed: number, change: Partial<SecretRow>) =>
    onChange(rows.map((row, index) => (index === changed ? { ...row, ...change } : row)));
  return (
    <FieldGroup
      name="secrets"
      label={t.deploy.secrets}
      hint={rows.some((row) => row.isStored) ? t.deploy.storedSecretsHint : t.deploy.secretsHint}
    >
      {rows.map((row, index) => (
        <div class="secret-row" key={index}>
          <input
            aria-label={t.deploy.secretName}
            placeholder={t.deploy.secretName}
            value={row.name}
            readOnly={row.isStored}
            autocomplete="off"
            spellcheck={false}
            onInput={(event) => update(index, { name: event.currentTarget.value })}
          />
          <input
            type="password"
            aria-label={`${t.deploy.secretValue} ${row.name}`}
            placeholder={row.isStored ? t.deploy.secretUnchanged : t.deploy.secretValue}
            value={row.value}
            autocomplete="new-password"
            onInput={(event) => update(index, { value: event.currentTarget.value })}
          />
          <button
            type="button"
            class="small"
            aria-label={t.deploy.removeSecret(row.name)}
            onClick={() => onChange(rows.filter((_, other) => other !== index))}
          >
            ✕
          </button>
        </div>
      ))}
      <button type="button" onClick={() => onChange([...rows, { name: "", value: "", isStored: false }])}>
        {t.deploy.addSecret}
      </button>
    </FieldGroup>
  );
}
