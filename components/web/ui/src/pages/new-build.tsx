// The form of a new build.
import { useState } from "preact/hooks";
import { Link, useLocation, useSearchParams } from "wouter-preact";
import { useAction } from "../api/action";
import { api, unwrap } from "../api/client";
import { ApiError, type FieldError } from "../api/error";
import { useIdempotencyKey } from "../api/idempotency-key";
import { fetchProject, hasRole } from "../api/project";
import { useQuery } from "../api/query";
import type { BuildRequest, Project } from "../api/types";
import { BuildFields } from "../components/build-fields";
import { Form } from "../components/form";
import { Page, QueryView } from "../components/page";
import { projectBreadcrumbs, ReadOnlyNotice } from "../components/project";
import { RestoredDraftNotice } from "../components/restored-draft-notice";
import { emptyForm, formFromRequest, toRequest, type BuildForm } from "../forms/build";
import { useDraft } from "../forms/draft";
import { toFieldErrors } from "../forms/variables";
import { useMessages } from "../i18n";

export function NewBuildPage({ id }: { id: number }) {
  const t = useMessages();
  const [search] = useSearchParams();
  const from = search.get("from");
  const result = useQuery((signal) => loadForm(id, from, signal), [id, from]);
  return (
    <QueryView result={result}>
      {({ project, previous }) => (
        <Page title={t.newBuild.title} breadcrumbs={projectBreadcrumbs(t, project)}>
          {hasRole(project, "developer") ? (
            <NewBuildForm key={from} project={project} previous={previous} draftKey={`${id} ${from}`} />
          ) : (
            <ReadOnlyNotice project={project} />
          )}
        </Page>
      )}
    </QueryView>
  );
}

interface FormData {
  project: Project;
  /** The request of the build to repeat. */
  previous: BuildRequest | null;
}

async function loadForm(id: number, from: string | null, signal: AbortSignal): Promise<FormData> {
  if (from === null) return { project: await fetchProject(id, signal), previous: null };
  const params = { path: { build: from } };
  const [project, previous] = await Promise.all([
    fetchProject(id, signal),
    unwrap(api.GET("/api/v1/builds/{build}/request", { params, signal })),
  ]);
  // A build's arguments must not be copied to another project.
  if (previous.project_id !== id) throw new ApiError("not-found", 404, "");
  return { project, previous };
}

function NewBuildForm({ project, previous, draftKey }: FormData & { draftKey: string }) {
  const t = useMessages();
  const [, navigate] = useLocation();
  const [search] = useSearchParams();
  const initial = initialForm(project, previous, search);
  const draft = useDraft(`build ${draftKey}`, initial);
  const { form, set, discard } = draft;
  const { busy, error, run } = useAction();
  const [clientErrors, setClientErrors] = useState<FieldError[]>([]);
  const idempotencyKey = useIdempotencyKey();

  const submit = () => {
    const { body, lineErrors } = toRequest(form, project);
    setClientErrors(toFieldErrors("build_args", lineErrors, t));
    if (lineErrors.length > 0) return;
    const header = { "Idempotency-Key": idempotencyKey(body) };
    void run(async () => {
      const { build_id } = await unwrap(api.POST("/api/v1/builds", { body, params: { header } }));
      discard();
      navigate(`/builds/${build_id}`);
    });
  };
  const service = form.service_name.trim() || "service";
  return (
    <Form error={error} clientErrors={clientErrors} onSubmit={submit}>
      <RestoredDraftNotice draft={draft} />
      <section class="card">
        <BuildFields form={form} set={set} isNew />
        <p class="muted">
          {t.newBuild.image}
          {t.colon} <code>{`${project.name}-${service}:${form.image_tag || "latest"}`}</code>
        </p>
      </section>
      <div class="actions">
        <Link class="button" href={`/projects/${project.id}`}>
          {t.cancel}
        </Link>
        <button type="submit" class="primary" disabled={busy}>
          {t.newBuild.submit}
        </button>
      </div>
    </Form>
  );
}

/** The form of the build to repeat; else of a new build, with the values in the page's URL. */
function initialForm(project: Project, previous: BuildRequest | null, search: URLSearchParams): BuildForm {
  if (previous) return formFromRequest(previous);
  const prefilled = Object.fromEntries(
    ["repository_url", "branch", "service_name"].flatMap((name) => {
      const value = search.get(name);
      return value === null ? [] : [[name, value]];
    }),
  );
  return { ...emptyForm(project), ...prefilled };
}
