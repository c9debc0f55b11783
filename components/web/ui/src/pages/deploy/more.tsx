// What most services never change: kind, names, address, health checks, volume, autoscaling.
import type { ComponentChildren } from "preact";
import type { DeployForm } from "../../forms/deploy";
import { useT } from "../../i18n";
import { Check, Choice } from "../../parts/form";
import { texts, type Change } from "./text";

interface MoreProps {
  form: DeployForm;
  set: Change;
}

export function More({ form, set }: MoreProps) {
  const t = useT();
  const text = texts(form, set);
  return (
    <details>
      <summary>{t.more}</summary>
      <Choice
        name="service_type"
        label={t.deploy.type}
        value={form.service_type}
        onChoose={(service_type) => set({ service_type })}
        options={(["web", "api", "worker"] as const).map((value) => ({ value, label: t.deploy.types[value] }))}
      />
      <div class="pair">
        {text("display_name", t.deploy.displayName)}
        {text("description", t.deploy.description)}
      </div>
      <Part title={t.deploy.address}>
        <div class="pair">
          {text("custom_domain", t.deploy.domain)}
          {text("custom_path", t.deploy.path)}
        </div>
        <div class="pair">
          {text("service_port", t.deploy.servicePort, { number: true })}
          <Check
            name="enable_https"
            label={t.deploy.https}
            value={form.enable_https}
            onCheck={(enable_https) => set({ enable_https })}
          />
        </div>
      </Part>
      <Part title={t.deploy.health}>
        <Check
          name="health_check_enabled"
          label={t.deploy.healthEnabled}
          hint={t.deploy.healthHint}
          value={form.health_check_enabled}
          onCheck={(health_check_enabled) => set({ health_check_enabled })}
        />
        {form.health_check_enabled && (
          <>
            <div class="pair">
              {text("readiness_check_path", t.deploy.readinessPath)}
              {text("readiness_initial_delay", t.deploy.readinessDelay, { number: true })}
            </div>
            <div class="pair">
              {text("liveness_check_path", t.deploy.livenessPath)}
              {text("liveness_initial_delay", t.deploy.livenessDelay, { number: true })}
            </div>
            <div class="four">
              {text("health_check_port", t.deploy.healthPort, { number: true })}
              {text("health_check_period", t.deploy.period, { number: true })}
              {text("health_check_timeout", t.deploy.timeout, { number: true })}
              {text("health_check_failure_threshold", t.deploy.threshold, { number: true })}
            </div>
          </>
        )}
      </Part>
      <Part title={t.deploy.storage}>
        <p class="hint">{t.deploy.storageHint}</p>
        <div class="pair">
          {text("storage_size", t.deploy.storageSize, { hint: "1Gi, 10Gi…" })}
          {text("storage_path", t.deploy.storagePath, { hint: "/var/lib/data" })}
        </div>
      </Part>
      <Part title={t.deploy.scaling}>
        <Check
          name="enable_autoscaling"
          label={t.deploy.scalingEnabled}
          value={form.enable_autoscaling}
          onCheck={(enable_autoscaling) => set({ enable_autoscaling })}
        />
        {form.enable_autoscaling && (
          <div class="four">
            {text("min_replicas", t.deploy.minReplicas, { number: true })}
            {text("max_replicas", t.deploy.maxReplicas, { number: true })}
            {text("target_cpu_percent", t.deploy.targetCpu, { number: true })}
          </div>
        )}
      </Part>
    </details>
  );
}

function Part({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <fieldset>
      <legend>{title}</legend>
      {children}
    </fieldset>
  );
}
