// The deploy form.
import { useState } from "preact/hooks";
import { Link, useLocation } from "wouter-preact";
import { useAction } from "../../api/action";
import { api, unwrap } from "../../api/client";
import type { FieldError } from "../../api/error";
import type { DryRun, NewDeployment } from "../../api/types";
import { RadioField } from "../../components/fields";
import { Form } from "../../components/form";
import { Notice } from "../../components/notice";
import { Page } from "../../components/page";
import { projectBreadcrumbs } from "../../components/project";
import { RestoredDraftNotice } from "../../components/restored-draft-notice";
import { toRequest, withoutSecrets } from "../../forms/deploy";
import { useDraft } from "../../forms/draft";
import { toFieldErrors } from "../../forms/variables";
import { useMessages } from "../../i18n";
import { AdvancedOptions } from "./advanced-options";
import type { DeployFormData } from "./load-form";
import { Preview } from "./preview";
import { SecretsField } from "./secrets";
import { textFieldsOf } from "./text-fields";

interface DeployFormPageProps extends DeployFormData {
  draftKey: string;
}

export function DeployFormPage({ draftKey, project, initial, deployment, existingServices }: DeployFormPageProps) {
  const t = useMessages();
  const [, navigate] = useLocation();
  const draft = useDraft(`deploy ${draftKey}`, initial, withoutSecrets);
  const { form, discard, restored } = draft;
  const { busy, error, run } = useAction();
  const [clientErrors, setClientErrors] = useState<FieldError[]>([]);
  const [preview, setPreview] = useState<DryRun | null>(null);

  // A change of the form makes the preview outdated.
  const set: typeof draft.set = (change) => {
    setPreview(null);
    draft.set(change);
  };
  const reset = () => {
    setPreview(null);
    draft.reset();
  };

  const text = textFieldsOf(form, set);

  const send = (callback: (body: NewDeployment) => Promise<void>) => {
    const { body, lineErrors, fieldErrors } = toRequest(form, project);
    const errors = [...toFieldErrors("env_vars", lineErrors, t), ...fieldErrors];
    setClientErrors(errors);
    setPreview(null);
    if (errors.length === 0) void run(() => callback(body));
  };
  const loadPreview = () =>
    send(async (body) => {
      const params = { query: { dry_run: true } };
      const response = await unwrap(api.POST("/api/v1/deploy", { params, body }));
      if ("dry_run" in response) setPreview(response);
    });
  const deploy = () =>
    send(async (body) => {
      const response = await unwrap(api.POST("/api/v1/deploy", { body }));
      discard();
      if ("deployment_id" in response) navigate(`/deployments/${response.deployment_id}`);
    });

  const cancelHref = deployment === null ? `/projects/${project.id}` : `/deployments/${deployment}`;
  const image = form.image_name.split("/").at(-1) || t.deploy.image;
  return (
    <Page
      title={deployment === null ? t.deploy.title(image) : t.deploy.edit(form.service_name)}
      breadcrumbs={projectBreadcrumbs(t, project)}
    >
      <Form error={error} clientErrors={clientErrors} onSubmit={deploy}>
        <RestoredDraftNotice draft={{ restored, reset }} />
        <section class="card">
          {form.build_id === null ? (
            text("image_name", t.deploy.image, { hint: t.deploy.imageHint, required: true })
          ) : (
            <div class="field">
              <p class="label">{t.deploy.image}</p>
              <p class="wrap-anywhere">
                <code>{form.image_name}</code>
              </p>
              <p class="hint">
                {t.deploy.fromBuild} · <Link href={`/builds/${form.build_id}`}>build</Link>
              </p>
            </div>
          )}
          <div class="two-columns">
            {text("service_name", t.deploy.service, {
              hint: deployment === null ? t.newBuild.serviceHint : "",
              disabled: deployment !== null,
              required: true,
            })}
            {text("replicas", t.deploy.replicas, { number: true, hint: t.deploy.replicasHint })}
          </div>
          <div class="two-columns">
            {text("container_port", t.deploy.port, { number: true, hint: t.deploy.portHint })}
            {form.service_type === "worker" ? (
              <p class="muted">{t.deploy.workerNoRequests}</p>
            ) : (
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
          <AdvancedOptions form={form} set={set} />
        </section>
        {deployment === null && existingServices.includes(form.service_name.trim()) && (
          <Notice kind="warning">{t.deploy.serviceExists(form.service_name.trim())}</Notice>
        )}
        {preview && <Preview preview={preview} />}
        <div class="actions sticky">
          <Link class="button" href={cancelHref} onClick={discard}>
            {t.cancel}
          </Link>
          <button type="button" disabled={busy} onClick={loadPreview}>
            {t.deploy.preview}
          </button>
          <button type="submit" class="primary" disabled={busy}>
            {t.deploy.submit}
          </button>
        </div>
      </Form>
    </Page>
  );
}
