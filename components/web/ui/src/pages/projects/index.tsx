// The user's projects and invitations.
import { useState } from "preact/hooks";
import { Link, useLocation } from "wouter-preact";
import { useAction } from "../../api/action";
import { api, unwrap } from "../../api/client";
import { useQuery } from "../../api/query";
import { TextField } from "../../components/fields";
import { Form } from "../../components/form";
import { Page, QueryView } from "../../components/page";
import { RelativeTime } from "../../components/relative-time";
import { RestoredDraftNotice } from "../../components/restored-draft-notice";
import { ShowMore } from "../../components/show-more";
import { useDraft } from "../../forms/draft";
import { useMessages } from "../../i18n";
import { Invitations } from "./invitations";

export function ProjectsPage() {
  const t = useMessages();
  const [limit, setLimit] = useState(50);
  const [adding, setAdding] = useState(false);
  const result = useQuery((signal) => fetchProjects(limit, signal), [limit]);
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
      <QueryView result={result}>
        {({ projects, total, invitations }) => (
          <>
            <Invitations invitations={invitations} refetch={result.refetch} />
            {projects.length === 0 && !adding && <p class="empty">{t.projects.empty}</p>}
            <ul class="cards">
              {projects.map((project) => (
                <li key={project.id} class="card">
                  <h2>
                    <Link href={`/projects/${project.id}`}>{project.name}</Link>
                  </h2>
                  {project.description && <p>{project.description}</p>}
                  <p class="muted">
                    {t.projects.owner(project.owner)} · <RelativeTime time={project.updated_at} />
                  </p>
                </li>
              ))}
            </ul>
            <ShowMore total={total} limit={limit} factor={4} onMore={setLimit} />
          </>
        )}
      </QueryView>
    </Page>
  );
}

/** Both at once, so that the list does not move when invitations arrive. */
async function fetchProjects(limit: number, signal: AbortSignal) {
  const [page, { invitations }] = await Promise.all([
    unwrap(api.GET("/api/v1/projects", { params: { query: { limit } }, signal })),
    unwrap(api.GET("/api/v1/invitations", { signal })),
  ]);
  return { ...page, invitations };
}

function NewProject() {
  const t = useMessages();
  const [, navigate] = useLocation();
  const draft = useDraft("project", { name: "", description: "" });
  const { form, set, discard } = draft;
  const { busy, error, run } = useAction();
  const create = () =>
    void run(async () => {
      const description = form.description || null;
      const project = await unwrap(api.POST("/api/v1/projects", { body: { name: form.name, description } }));
      discard();
      navigate(`/projects/${project.id}`);
    });
  return (
    <section class="card">
      <Form error={error} onSubmit={create}>
        <RestoredDraftNotice draft={draft} />
        <TextField
          name="name"
          label={t.projects.name}
          hint={t.projects.nameHint}
          value={form.name}
          onChange={(name) => set({ name })}
          required
        />
        <TextField
          name="description"
          label={t.projects.description}
          optional
          value={form.description}
          onChange={(description) => set({ description })}
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
