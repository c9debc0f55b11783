// The form that saves the source of a service, and builds it if that is wanted.
import { useState } from "preact/hooks";
import { Link, useLocation } from "wouter-preact";
import { useAction } from "../../api/action";
import { startBuild } from "../../api/build";
import { api, unwrap } from "../../api/client";
import { ApiError, type FieldError } from "../../api/error";
import { useIdempotencyKey } from "../../api/idempotency-key";
import type { NewSource } from "../../api/types";
import { BuildFields } from "../../components/build-fields";
import { FileFieldsProvider } from "../../components/file-fields";
import { Form } from "../../components/form";
import { Notice } from "../../components/notice";
import { RestoredDraftNotice } from "../../components/restored-draft-notice";
import { buildFieldsOfFile } from "../../forms/config-file";
import { useDraft } from "../../forms/draft";
import { toServiceRequest } from "../../forms/service";
import { toFieldErrors } from "../../forms/variables";
import { useMessages } from "../../i18n";
import type { ServiceFormData } from "./load-form";
import { PreviewFields } from "./preview-fields";
import { PushFields } from "./push-fields";

interface ServiceFormProps extends ServiceFormData {
  draftKey: string;
}

export function ServiceSourceForm({ project, service, initial, savedServices, draftKey }: ServiceFormProps) {
  const t = useMessages();
  const [, navigate] = useLocation();
  const draft = useDraft(`service ${draftKey}`, initial);
  const { form, set, discard } = draft;
  const { busy, error, run } = useAction();
  const [clientErrors, setClientErrors] = useState<FieldError[]>([]);
  const idempotencyKey = useIdempotencyKey();
  const name = form.service_name.trim();
  const isReplaced = service === null && savedServices.includes(name);
  const projectPath = `/projects/${project.id}`;

  /** Saves the source, then goes to the page that `next` returns. */
  const save = (next: (source: NewSource) => Promise<string>) => {
    const { body, lineErrors } = toServiceRequest(form);
    const errors = Object.entries(lineErrors).flatMap(([field, errors]) => toFieldErrors(field, errors, t));
    // The name is part of the request's path. Without a name, or with dots only, it would be another path.
    if (/^\.*$/.test(name)) errors.unshift({ field: "service_name", detail: "is required" });
    setClientErrors(errors);
    if (errors.length > 0) return;
    void run(async () => {
      await saveSource(project.id, name, body);
      const page = await next(body);
      discard();
      navigate(page);
    });
  };
  const saveOnly = () => save(async () => projectPath);
  const saveAndBuild = () =>
    save(async (source) => `/builds/${await startBuild(project.id, name, idempotencyKey({ name, source }))}`);

  return (
    <Form error={error} clientErrors={clientErrors} onSubmit={saveAndBuild}>
      <RestoredDraftNotice draft={draft} />
      <FileFieldsProvider file={form.build_on_push && form.use_config_file ? buildFieldsOfFile(service) : null}>
        <section class="card">
          <BuildFields form={form} set={set} isNew={service === null} />
        </section>
        <PushFields form={form} set={set} />
      </FileFieldsProvider>
      {form.build_on_push && <PreviewFields form={form} set={set} />}
      {isReplaced && <Notice kind="warning">{t.service.exists(name)}</Notice>}
      <div class="actions">
        <Link class="button" href={projectPath} onClick={discard}>
          {t.cancel}
        </Link>
        <button type="button" disabled={busy} onClick={saveOnly}>
          {t.save}
        </button>
        <button type="submit" class="primary" disabled={busy}>
          {t.service.saveAndBuild}
        </button>
      </div>
    </Form>
  );
}

async function saveSource(project: number, service: string, body: NewSource): Promise<void> {
  const params = { path: { project, service } };
  try {
    await unwrap(api.PUT("/api/v1/projects/{project}/services/{service}", { params, body }));
  } catch (thrown) {
    throw thrown instanceof ApiError ? thrown.withFieldName("service", "service_name") : thrown;
  }
}
