// Asking for a build.
import { useRef, useState } from "preact/hooks";
import { Link, useLocation, useSearchParams } from "wouter-preact";
import { useAct } from "../api/act";
import { api, content } from "../api/client";
import { Failure, type Fault } from "../api/failure";
import { useLoad } from "../api/load";
import type { BuildRequest, Project } from "../api/types";
import { again, empty, hasMore, lineFaults, request } from "../forms/build";
import { useDraft } from "../forms/draft";
import { useT } from "../i18n";
import { Choice, Form, Text } from "../parts/form";
import { Page, Shown } from "../parts/page";
import { above, LookOnly, may, projectOf } from "../parts/project";
import { Restored } from "../parts/restored";

export function NewBuildPage({ id }: { id: number }) {
  const t = useT();
  const [search] = useSearchParams();
  const from = search.get("from");
  const begun = useLoad((signal) => begin(id, from, signal), [id, from]);
  return (
    <Shown of={begun}>
      {({ project, asked }) => (
        <Page title={t.newBuild.title} trail={above(t, project)}>
          {may(project, "developer") ? (
            <NewBuildForm key={from} project={project} asked={asked} draft={`${id} ${from}`} />
          ) : (
            <LookOnly project={project} />
          )}
        </Page>
      )}
    </Shown>
  );
}

interface Begun {
  project: Project;
  /** What a build was asked for that is asked for again. */
  asked: BuildRequest | null;
}

async function begin(id: number, from: string | null, signal: AbortSignal): Promise<Begun> {
  if (from === null) return { project: await projectOf(id, signal), asked: null };
  const params = { path: { build: from } };
  const [project, asked] = await Promise.all([
    projectOf(id, signal),
    content(api.GET("/api/v1/builds/{build}/request", { params, signal })),
  ]);
  // What one project is told is not for another.
  if (asked.project_id !== id) throw new Failure("not-found", 404, "");
  return { project, asked };
}

function NewBuildForm({ project, asked, draft: kept }: Begun & { draft: string }) {
  const t = useT();
  const [, go] = useLocation();
  const [search] = useSearchParams();
  const prefilled = Object.fromEntries(
    ["repository_url", "branch", "service_name"].flatMap((name) => {
      const value = search.get(name);
      return value === null ? [] : [[name, value]];
    }),
  );
  const start = asked ? again(asked) : { ...empty(project), ...prefilled };
  const draft = useDraft(`build ${kept}`, start);
  const { form, set, forget } = draft;
  const { busy, failure, run } = useAct();
  const [faults, setFaults] = useState<Fault[]>([]);
  const key = useRef({ of: "", key: "" });

  const submit = () => {
    const { body, faults } = request(form, project);
    setFaults(lineFaults("build_args", faults, t));
    if (faults.length > 0) return;
    // The same request sent again, because its answer got lost, starts one build.
    const of = JSON.stringify(body);
    if (key.current.of !== of) key.current = { of, key: randomKey() };
    void run(async () => {
      const header = { "Idempotency-Key": key.current.key };
      const { build_id } = await content(api.POST("/api/v1/builds", { body, params: { header } }));
      forget();
      go(`/builds/${build_id}`);
    });
  };
  const service = form.service_name.trim() || "service";
  return (
    <Form failure={failure} faults={faults} onSubmit={submit}>
      <Restored draft={draft} />
      <section class="card">
        <Text
          name="repository_url"
          type="url"
          label={t.newBuild.repository}
          hint={t.newBuild.repositoryHint}
          value={form.repository_url}
          onText={(repository_url) => set({ repository_url })}
          required
        />
        <div class="pair">
          <Text name="branch" label={t.newBuild.branch} value={form.branch} onText={(branch) => set({ branch })} />
          <Text
            name="service_name"
            label={t.newBuild.service}
            hint={t.newBuild.serviceHint}
            value={form.service_name}
            onText={(service_name) => set({ service_name })}
            required
          />
        </div>
        <Choice
          name="source"
          label={t.newBuild.source}
          value={form.source}
          onChoose={(source) => set({ source })}
          options={[
            { value: "buildpacks", label: t.newBuild.buildpacks },
            { value: "at", label: t.newBuild.dockerfileAt },
            { value: "given", label: t.newBuild.dockerfileGiven },
          ]}
        />
        {form.source === "at" && (
          <Text
            name="dockerfile_path"
            label={t.newBuild.dockerfilePath}
            value={form.dockerfile_path}
            onText={(dockerfile_path) => set({ dockerfile_path })}
          />
        )}
        {form.source === "given" && (
          <Text
            name="dockerfile_content"
            label={t.newBuild.dockerfileContent}
            rows={10}
            value={form.dockerfile_content}
            onText={(dockerfile_content) => set({ dockerfile_content })}
          />
        )}
        <details open={hasMore(start)}>
          <summary>{t.more}</summary>
          <Text
            name="build_args"
            label={t.newBuild.args}
            hint={t.newBuild.argsHint}
            rows={4}
            value={form.build_args}
            onText={(build_args) => set({ build_args })}
          />
          <div class="pair">
            <Text
              name="context"
              label={t.newBuild.context}
              value={form.context}
              onText={(context) => set({ context })}
            />
            <Text
              name="image_tag"
              label={t.newBuild.tag}
              value={form.image_tag}
              onText={(image_tag) => set({ image_tag })}
            />
          </div>
        </details>
        <p class="quiet">
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

/** `crypto.randomUUID` is not there on a page without TLS. */
function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
