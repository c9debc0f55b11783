// The fields that say whether a push builds the service, which paths count, and whether the build is deployed.
import { CheckboxField, TextField } from "../../components/fields";
import type { ServiceForm } from "../../forms/service";
import { useMessages } from "../../i18n";

interface PushFieldsProps {
  form: ServiceForm;
  set: (change: Partial<ServiceForm>) => void;
}

export function PushFields({ form, set }: PushFieldsProps) {
  const t = useMessages();
  return (
    <section class="card">
      <CheckboxField
        name="build_on_push"
        label={t.pushes.enable}
        hint={t.pushes.enableHint}
        value={form.build_on_push}
        onChange={(build_on_push) => set({ build_on_push })}
      />
      {form.build_on_push && (
        <>
          <TextField
            name="watch_paths"
            label={t.pushes.watchPaths}
            hint={t.pushes.watchPathsHint(form.context.trim())}
            rows={3}
            value={form.watch_paths}
            onChange={(watch_paths) => set({ watch_paths })}
            optional
          />
          <CheckboxField
            name="use_config_file"
            label={t.configFile.enable}
            hint={t.configFile.enableHint}
            value={form.use_config_file}
            onChange={(use_config_file) => set({ use_config_file })}
          />
          <CheckboxField
            name="deploy_on_build"
            label={t.automation.enable}
            hint={t.automation.enableHint}
            value={form.deploy_on_build}
            onChange={(deploy_on_build) => set({ deploy_on_build })}
          />
        </>
      )}
    </section>
  );
}
