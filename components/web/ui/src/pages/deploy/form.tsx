// The deploy form.
import { useState } from "preact/hooks";
import { Link, useLocation } from "wouter-preact";
import { useAction } from "../../api/action";
import { api, unwrap } from "../../api/client";
import type { FieldError } from "../../api/error";
import type { DryRun, NewDeployment, Project } from "../../api/types";
import { FileFieldsProvider } from "../../components/file-fields";
import { Form } from "../../components/form";
import { Notice } from "../../components/notice";
import { Page } from "../../components/page";
import { projectBreadcrumbs } from "../../components/project";
import { RestoredDraftNotice } from "../../components/restored-draft-notice";
import { toRequest, withoutSecrets, type DeployForm } from "../../forms/deploy";
import { useDraft } from "../../forms/draft";
import { toFieldErrors } from "../../forms/variables";
import { useMessages } from "../../i18n";
import { AdvancedOptions } from "./advanced-options";
import { MainFields } from "./fields";
import type { DeployFormData } from "./load-form";
import { Preview } from "./preview";

interface DeployFormPageProps extends DeployFormData {
  draftKey: string;
}

export function DeployFormPage({ draftKey, project, initial, deployment, existingServices, file }: DeployFormPageProps) {
  const t = useMessages();
  const { draft, busy, error, clientErrors, preview, loadPreview, deploy } = useDeployForm(draftKey, project, initial);
  const { form, set, discard } = draft;
  const cancelHref = deployment === null ? `/projects/${project.id}` : `/deployments/${deployment}`;
  const image = form.image_name.split("/").at(-1) || t.deploy.image;
  return (
    <Page
      title={deployment === null ? t.deploy.title(image) : t.deploy.edit(form.service_name)}
      breadcrumbs={projectBreadcrumbs(t, project)}
    >
      <Form error={error} clientErrors={clientErrors} onSubmit={deploy}>
        <RestoredDraftNotice draft={draft} />
        <section class="card">
          <FileFieldsProvider file={file}>
            <MainFields form={form} set={set} isNew={deployment === null} />
            <AdvancedOptions form={form} set={set} />
          </FileFieldsProvider>
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

/** The input of the form, and the requests made from it. */
function useDeployForm(draftKey: string, project: Project, initial: DeployForm) {
  const t = useMessages();
  const [, navigate] = useLocation();
  const draft = useDraft(`deploy ${draftKey}`, initial, withoutSecrets);
  const { form, discard } = draft;
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
  return { draft: { ...draft, set, reset }, busy, error, clientErrors, preview, loadPreview, deploy };
}
