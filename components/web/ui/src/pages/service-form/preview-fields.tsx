// The fields that say what a pull request starts, and what its preview gets.
import { RadioField, TextField } from "../../components/fields";
import { PREVIEW_MODES, type ServiceForm } from "../../forms/service";
import { useMessages } from "../../i18n";

interface PreviewFieldsProps {
  form: ServiceForm;
  set: (change: Partial<ServiceForm>) => void;
}

export function PreviewFields({ form, set }: PreviewFieldsProps) {
  const t = useMessages();
  return (
    <section class="card">
      <RadioField
        name="previews"
        label={t.previews.title}
        hint={form.previews === "off" ? "" : t.previews.whoDecides}
        value={form.previews}
        onChange={(previews) => set({ previews })}
        options={PREVIEW_MODES.map((value) => ({ value, label: t.previews.modes[value], hint: t.previews.modeHints[value] }))}
      />
      {form.previews !== "off" && (
        <TextField
          name="preview_base_branches"
          label={t.previews.baseBranches}
          hint={t.previews.baseBranchesHint(form.branch.trim())}
          rows={2}
          value={form.preview_base_branches}
          onChange={(preview_base_branches) => set({ preview_base_branches })}
          optional
        />
      )}
      {form.previews === "deploy" && (
        <>
          <TextField
            name="preview_env_vars"
            label={t.previews.variables}
            hint={t.previews.variablesHint}
            rows={4}
            value={form.preview_env_vars}
            onChange={(preview_env_vars) => set({ preview_env_vars })}
            optional
          />
          <TextField
            name="preview_secrets"
            label={t.previews.secrets}
            hint={t.previews.secretsHint}
            rows={2}
            value={form.preview_secrets}
            onChange={(preview_secrets) => set({ preview_secrets })}
            optional
          />
        </>
      )}
    </section>
  );
}
