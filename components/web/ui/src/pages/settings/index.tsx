// A project's settings: details, members, audit log, deletion.
import { useState } from "preact/hooks";
import { useLocation } from "wouter-preact";
import { useAction } from "../../api/action";
import { api, unwrap } from "../../api/client";
import { fetchProject, hasRole } from "../../api/project";
import { useQuery } from "../../api/query";
import type { Project } from "../../api/types";
import { AuditLog } from "../../components/audit-log";
import { ConfirmDialog } from "../../components/confirm-dialog";
import { CheckboxField, TextField } from "../../components/fields";
import { Form } from "../../components/form";
import { Notice } from "../../components/notice";
import { Page, QueryView } from "../../components/page";
import { projectBreadcrumbs } from "../../components/project";
import { Section } from "../../components/section";
import { useMessages } from "../../i18n";
import { fetchMembers, Members } from "./members";

export function ProjectSettingsPage({ id }: { id: number }) {
  const t = useMessages();
  const path = { project: id };
  // Both at once, so that the page does not move when the members arrive.
  const result = useQuery((signal) => Promise.all([fetchProject(id, signal), fetchMembers(id, signal)]), [id]);
  return (
    <QueryView result={result}>
      {([project, members]) => {
        const isOwner = hasRole(project, "owner");
        return (
          <Page title={t.settings.title} breadcrumbs={projectBreadcrumbs(t, project)}>
            {!isOwner && <p class="muted">{t.settings.ownerOnly(project.owner)}</p>}
            {isOwner && <Details project={project} />}
            <Members project={project} isOwner={isOwner} {...members} refetch={result.refetch} />
            {isOwner && (
              <>
                <Section title={t.settings.auditLog}>
                  <AuditLog
                    deps={[id]}
                    fetchEntries={(limit, signal) =>
                      unwrap(
                        api.GET("/api/v1/projects/{project}/audit", { params: { path, query: { limit } }, signal }),
                      )
                    }
                  />
                </Section>
                <DeleteProject project={project} />
              </>
            )}
          </Page>
        );
      }}
    </QueryView>
  );
}

function Details({ project }: { project: Project }) {
  const t = useMessages();
  const [form, setForm] = useState({
    description: project.description ?? "",
    repository_url: project.repository_url ?? "",
    framework: project.framework ?? "",
  });
  const [saved, setSaved] = useState(false);
  const { busy, error, run } = useAction();
  const set = (change: Partial<typeof form>) => {
    setSaved(false);
    setForm({ ...form, ...change });
  };
  const save = () =>
    void run(async () => {
      const body = {
        description: form.description || null,
        repository_url: form.repository_url || null,
        framework: form.framework || null,
      };
      await unwrap(api.PATCH("/api/v1/projects/{project}", { params: { path: { project: project.id } }, body }));
      setSaved(true);
    });
  return (
    <Section title={t.settings.details}>
      <Form error={error} onSubmit={save}>
        <TextField
          name="description"
          label={t.projects.description}
          rows={3}
          value={form.description}
          onChange={(description) => set({ description })}
        />
        <div class="two-columns">
          <TextField
            name="repository_url"
            label={t.settings.repository}
            value={form.repository_url}
            onChange={(repository_url) => set({ repository_url })}
          />
          <TextField
            name="framework"
            label={t.settings.framework}
            value={form.framework}
            onChange={(framework) => set({ framework })}
          />
        </div>
        <div class="actions">
          {saved && <Notice kind="success">{t.saved}</Notice>}
          <button type="submit" disabled={busy}>
            {t.save}
          </button>
        </div>
      </Form>
    </Section>
  );
}

function DeleteProject({ project }: { project: Project }) {
  const t = useMessages();
  const [, navigate] = useLocation();
  const [confirming, setConfirming] = useState(false);
  const [takeDown, setTakeDown] = useState(false);
  const [volumes, setVolumes] = useState(false);
  const { busy, error, run, clear } = useAction();
  const deleteProject = () =>
    void run(async () => {
      const query = { take_down: takeDown, volumes: takeDown && volumes };
      const params = { path: { project: project.id }, query };
      await unwrap(api.DELETE("/api/v1/projects/{project}", { params }));
      navigate("/");
    });
  return (
    <Section title={t.settings.delete}>
      <p>{t.settings.deleteHint}</p>
      <button type="button" class="danger" onClick={() => setConfirming(true)}>
        {t.settings.delete}
      </button>
      {confirming && (
        <ConfirmDialog
          title={t.settings.delete}
          name={project.name}
          action={t.settings.delete}
          busy={busy}
          error={error}
          onConfirm={deleteProject}
          onClose={() => {
            clear();
            setConfirming(false);
          }}
        >
          <CheckboxField name="take_down" label={t.settings.takeDown} value={takeDown} onChange={setTakeDown} />
          {takeDown && <CheckboxField name="volumes" label={t.settings.volumes} value={volumes} onChange={setVolumes} />}
        </ConfirmDialog>
      )}
    </Section>
  );
}
