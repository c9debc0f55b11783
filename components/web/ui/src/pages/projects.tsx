// All projects of whoever looks.
import { useState } from "preact/hooks";
import { Link, useLocation } from "wouter-preact";
import { useAct } from "../api/act";
import { api, content } from "../api/client";
import { useLoad } from "../api/load";
import { useDraft } from "../forms/draft";
import { useT } from "../i18n";
import { Form, Text } from "../parts/form";
import { Page, Shown } from "../parts/page";
import { Restored } from "../parts/restored";
import { ShowMore, When } from "../parts/small";

export function Projects() {
  const t = useT();
  const [limit, setLimit] = useState(50);
  const [adding, setAdding] = useState(false);
  const loaded = useLoad(
    (signal) => content(api.GET("/api/v1/projects", { params: { query: { limit } }, signal })),
    [limit],
  );
  return (
    <Page
      title={t.projects.title}
      actions={
        <button type="button" class="primary" aria-expanded={adding} onClick={() => setAdding(!adding)}>
          {t.projects.new}
        </button>
      }
    >
      {adding && <NewProject />}
      <Shown of={loaded}>
        {({ projects, total }) => (
          <>
            {projects.length === 0 && !adding && <p class="empty">{t.projects.empty}</p>}
            <ul class="cards">
              {projects.map((project) => (
                <li key={project.id} class="card">
                  <h2>
                    <Link href={`/projects/${project.id}`}>{project.name}</Link>
                  </h2>
                  {project.description && <p>{project.description}</p>}
                  <p class="quiet">
                    {t.projects.owner(project.owner)} · <When at={project.updated_at} />
                  </p>
                </li>
              ))}
            </ul>
            <ShowMore total={total} limit={limit} factor={4} onMore={setLimit} />
          </>
        )}
      </Shown>
    </Page>
  );
}

function NewProject() {
  const t = useT();
  const [, go] = useLocation();
  const draft = useDraft("project", { name: "", description: "" });
  const { form, set, forget } = draft;
  const { busy, failure, run } = useAct();
  const create = () =>
    run(async () => {
      const description = form.description || null;
      const project = await content(api.POST("/api/v1/projects", { body: { name: form.name, description } }));
      forget();
      go(`/projects/${project.id}`);
    });
  return (
    <section class="card">
      <Form failure={failure} onSubmit={() => void create()}>
        <Restored draft={draft} />
        <Text
          name="name"
          label={t.projects.name}
          hint={t.projects.nameHint}
          value={form.name}
          onText={(name) => set({ name })}
          required
        />
        <Text
          name="description"
          label={t.projects.description}
          optional
          value={form.description}
          onText={(description) => set({ description })}
        />
        <div class="actions">
          <button type="submit" class="primary" disabled={busy}>
            {t.projects.create}
          </button>
        </div>
      </Form>
    </section>
  );
}
