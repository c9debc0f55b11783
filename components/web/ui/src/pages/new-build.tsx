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
import { CheckboxField, RadioField, TextField } from "../components/fields";
import { Form } from "../components/form";
import { MoreOptions } from "../components/more-options";
import { Page, QueryView } from "../components/page";
import { projectBreadcrumbs, ReadOnlyNotice } from "../components/project";
import { RestoredDraftNotice } from "../components/restored-draft-notice";
import { emptyForm, formFromRequest, hasAdvancedOptions, toRequest, type BuildForm } from "../forms/build";
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
        <RepositoryFields form={form} set={set} />
        <DockerfileFields form={form} set={set} />
        <AdvancedOptions form={form} set={set} />
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

interface FieldsProps {
  form: BuildForm;
  set: (change: Partial<BuildForm>) => void;
}

function RepositoryFields({ form, set }: FieldsProps) {
  const t = useMessages();
  return (
    <>
      <TextField
        name="repository_url"
        type="url"
        label={t.newBuild.repository}
        hint={t.newBuild.repositoryHint}
        value={form.repository_url}
        onChange={(repository_url) => set({ repository_url })}
        required
      />
      <div class="two-columns">
        <TextField
          name="branch"
          label={t.newBuild.branch}
          hint={t.newBuild.branchHint}
          value={form.branch}
          onChange={(branch) => set({ branch })}
        />
        <TextField
          name="service_name"
          label={t.newBuild.service}
          hint={t.newBuild.serviceHint}
          value={form.service_name}
          onChange={(service_name) => set({ service_name })}
          required
        />
      </div>
    </>
  );
}

function DockerfileFields({ form, set }: FieldsProps) {
  const t = useMessages();
  return (
    <>
      <RadioField
        name="source"
        label={t.newBuild.source}
        value={form.source}
        onChange={(source) => set({ source })}
        options={[
          { value: "buildpacks", label: t.newBuild.buildpacks },
          { value: "repository", label: t.newBuild.dockerfileInRepository },
          { value: "inline", label: t.newBuild.dockerfileInline },
        ]}
      />
      {form.source === "repository" && (
        <TextField
          name="dockerfile_path"
          label={t.newBuild.dockerfilePath}
          hint={t.newBuild.dockerfilePathHint}
          value={form.dockerfile_path}
          onChange={(dockerfile_path) => set({ dockerfile_path })}
        />
      )}
      {form.source === "inline" && (
        <TextField
          name="dockerfile_content"
          label={t.newBuild.dockerfileContent}
          rows={10}
          value={form.dockerfile_content}
          onChange={(dockerfile_content) => set({ dockerfile_content })}
        />
      )}
    </>
  );
}

function AdvancedOptions({ form, set }: FieldsProps) {
  const t = useMessages();
  return (
    <MoreOptions open={hasAdvancedOptions(form)}>
      <TextField
        name="build_args"
        label={t.newBuild.args}
        hint={t.newBuild.argsHint}
        rows={4}
        value={form.build_args}
        onChange={(build_args) => set({ build_args })}
      />
      <div class="two-columns">
        <TextField
          name="context"
          label={t.newBuild.context}
          hint={t.newBuild.contextHint}
          value={form.context}
          onChange={(context) => set({ context })}
        />
        <TextField
          name="image_tag"
          label={t.newBuild.tag}
          value={form.image_tag}
          onChange={(image_tag) => set({ image_tag })}
        />
      </div>
      <CheckboxField
        name="submodules"
        label={t.newBuild.submodules}
        hint={t.newBuild.submodulesHint}
        value={form.submodules}
        onChange={(submodules) => set({ submodules })}
      />
      <CheckboxField name="lfs" label={t.newBuild.lfs} value={form.lfs} onChange={(lfs) => set({ lfs })} />
    </MoreOptions>
  );
}
