// The main fields of the deploy form: image, name, port, resources, variables, secrets.
import { Link } from "wouter-preact";
import { RadioField } from "../../components/fields";
import type { DeployForm } from "../../forms/deploy";
import { useMessages } from "../../i18n";
import { SecretsField } from "./secrets";
import { textFieldsOf, type SetForm } from "./text-fields";

interface FieldsProps {
  form: DeployForm;
  set: SetForm;
}

/** `isNew`: the service is not deployed yet, so its name can be chosen. */
export function MainFields({ form, set, isNew }: FieldsProps & { isNew: boolean }) {
  const t = useMessages();
  const text = textFieldsOf(form, set);
  return (
    <>
      <ImageField form={form} set={set} />
      <div class="two-columns">
        {text("service_name", t.deploy.service, {
          hint: isNew ? t.newBuild.serviceHint : "",
          disabled: !isNew,
          required: true,
        })}
        {text("replicas", t.deploy.replicas, { number: true, hint: t.deploy.replicasHint })}
      </div>
      <div class="two-columns">
        {text("container_port", t.deploy.port, { number: true, hint: t.deploy.portHint })}
        {form.service_type === "worker" ? (
          <p class="muted">{t.deploy.workerNoRequests}</p>
        ) : (
          <ExposureField form={form} set={set} />
        )}
      </div>
      <div class="four-columns">
        {text("cpu_request", t.deploy.cpuRequest, { hint: t.deploy.cpuHint })}
        {text("cpu_limit", t.deploy.cpuLimit)}
        {text("memory_request", t.deploy.memoryRequest, { hint: t.deploy.memoryHint })}
        {text("memory_limit", t.deploy.memoryLimit)}
      </div>
      {text("env_vars", t.deploy.variables, { hint: t.deploy.variablesHint, rows: 5 })}
      <SecretsField rows={form.secrets} onChange={(secrets) => set({ secrets })} />
    </>
  );
}

/** The image of a build cannot be changed. */
function ImageField({ form, set }: FieldsProps) {
  const t = useMessages();
  const text = textFieldsOf(form, set);
  if (form.build_id === null) return text("image_name", t.deploy.image, { hint: t.deploy.imageHint, required: true });
  return (
    <div class="field">
      <p class="label">{t.deploy.image}</p>
      <p class="wrap-anywhere">
        <code>{form.image_name}</code>
      </p>
      <p class="hint">
        {t.deploy.fromBuild} · <Link href={`/builds/${form.build_id}`}>build</Link>
      </p>
    </div>
  );
}

function ExposureField({ form, set }: FieldsProps) {
  const t = useMessages();
  return (
    <RadioField
      name="exposure_type"
      label={t.deploy.exposure}
      value={form.exposure_type}
      onChange={(exposure_type) => set({ exposure_type })}
      options={(["external", "internal", "none"] as const).map((value) => ({
        value,
        label: t.deploy.exposures[value],
        hint: t.deploy.exposureHints[value],
      }))}
    />
  );
}
