// Advanced options of the deploy form: type, names, program, address, health checks, volume, autoscaling.
import type { ComponentChildren } from "preact";
import { CheckboxField, RadioField } from "../../components/fields";
import { MoreOptions } from "../../components/more-options";
import { hasAdvancedOptions, type DeployForm } from "../../forms/deploy";
import { useMessages } from "../../i18n";
import { textFieldsOf, type SetForm } from "./text-fields";

interface OptionsProps {
  form: DeployForm;
  set: SetForm;
}

export function AdvancedOptions({ form, set }: OptionsProps) {
  const t = useMessages();
  const text = textFieldsOf(form, set);
  return (
    <MoreOptions open={hasAdvancedOptions(form)}>
      <RadioField
        name="service_type"
        label={t.deploy.type}
        value={form.service_type}
        onChange={(service_type) => set({ service_type })}
        options={(["web", "api", "worker"] as const).map((value) => ({ value, label: t.deploy.types[value] }))}
      />
      <div class="two-columns">
        {text("display_name", t.deploy.displayName)}
        {text("description", t.deploy.description)}
      </div>
      <CommandOptions form={form} set={set} />
      <AddressOptions form={form} set={set} />
      <HealthCheckOptions form={form} set={set} />
      <StorageOptions form={form} set={set} />
      <AutoscalingOptions form={form} set={set} />
    </MoreOptions>
  );
}

function CommandOptions({ form, set }: OptionsProps) {
  const t = useMessages();
  const text = textFieldsOf(form, set);
  return (
    <OptionGroup title={t.deploy.program}>
      <p class="hint">{t.deploy.programHint}</p>
      <div class="two-columns">
        {text("command", t.deploy.command, { hint: t.deploy.commandHint, rows: 2 })}
        {text("args", t.deploy.args, { hint: t.deploy.argsHint, rows: 2 })}
      </div>
    </OptionGroup>
  );
}

function AddressOptions({ form, set }: OptionsProps) {
  const t = useMessages();
  const text = textFieldsOf(form, set);
  return (
    <OptionGroup title={t.deploy.address}>
      <div class="two-columns">
        {text("custom_domain", t.deploy.domain)}
        {text("custom_path", t.deploy.path)}
      </div>
      <div class="two-columns">
        {text("service_port", t.deploy.servicePort, { number: true })}
        <CheckboxField
          name="enable_https"
          label={t.deploy.https}
          value={form.enable_https}
          onChange={(enable_https) => set({ enable_https })}
        />
      </div>
    </OptionGroup>
  );
}

function HealthCheckOptions({ form, set }: OptionsProps) {
  const t = useMessages();
  const text = textFieldsOf(form, set);
  return (
    <OptionGroup title={t.deploy.health}>
      <CheckboxField
        name="health_check_enabled"
        label={t.deploy.healthEnabled}
        hint={t.deploy.healthHint}
        value={form.health_check_enabled}
        onChange={(health_check_enabled) => set({ health_check_enabled })}
      />
      {form.health_check_enabled && (
        <>
          <div class="two-columns">
            {text("readiness_check_path", t.deploy.readinessPath)}
            {text("readiness_initial_delay", t.deploy.readinessDelay, { number: true })}
          </div>
          <div class="two-columns">
            {text("liveness_check_path", t.deploy.livenessPath)}
            {text("liveness_initial_delay", t.deploy.livenessDelay, { number: true })}
          </div>
          <div class="four-columns">
            {text("health_check_port", t.deploy.healthPort, { number: true })}
            {text("health_check_period", t.deploy.period, { number: true })}
            {text("health_check_timeout", t.deploy.timeout, { number: true })}
            {text("health_check_failure_threshold", t.deploy.threshold, { number: true })}
          </div>
        </>
      )}
    </OptionGroup>
  );
}

function StorageOptions({ form, set }: OptionsProps) {
  const t = useMessages();
  const text = textFieldsOf(form, set);
  return (
    <OptionGroup title={t.deploy.storage}>
      <p class="hint">{t.deploy.storageHint}</p>
      <div class="two-columns">
        {text("storage_size", t.deploy.storageSize, { hint: "1Gi, 10Gi…" })}
        {text("storage_path", t.deploy.storagePath, { hint: "/var/lib/data" })}
      </div>
    </OptionGroup>
  );
}

function AutoscalingOptions({ form, set }: OptionsProps) {
  const t = useMessages();
  const text = textFieldsOf(form, set);
  return (
    <OptionGroup title={t.deploy.scaling}>
      <CheckboxField
        name="enable_autoscaling"
        label={t.deploy.scalingEnabled}
        value={form.enable_autoscaling}
        onChange={(enable_autoscaling) => set({ enable_autoscaling })}
      />
      {form.enable_autoscaling && (
        <div class="four-columns">
          {text("min_replicas", t.deploy.minReplicas, { number: true })}
          {text("max_replicas", t.deploy.maxReplicas, { number: true })}
          {text("target_cpu_percent", t.deploy.targetCpu, { number: true })}
        </div>
      )}
    </OptionGroup>
  );
}

function OptionGroup({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <fieldset>
      <legend>{title}</legend>
      {children}
    </fieldset>
  );
}
