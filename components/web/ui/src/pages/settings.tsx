// A project's settings: what is said about it, who is in it, what was done to it, and its end.
import { useState } from "preact/hooks";
import { useLocation } from "wouter-preact";
import { useAct } from "../api/act";
import { api, content } from "../api/client";
import type { Project } from "../api/types";
import { useT } from "../i18n";
import { Confirm } from "../parts/confirm";
import { Check, Form, Text } from "../parts/form";
import { Notice } from "../parts/notice";
import { Page, Shown } from "../parts/page";
import { above, may, useProject } from "../parts/project";
import { Section } from "../parts/small";
import { Trail } from "../parts/trail";
import { Members } from "./members";

export function Settings({ id }: { id: number }) {
  const t = useT();
  const path = { project: id };
  const loaded = useProject(id);
  return (
    <Shown of={loaded}>
      {(project) => {
        const owner = may(project, "owner");
        return (
          <Page
            title={t.settings.title}
            trail={above(t, project)}
          >
            {!owner && <p class="quiet">{t.settings.forOwner(project.owner)}</p>}
            {owner && <About project={project} />}
            <Members project={project} owner={owner} />
            {owner && (
              <>
                <Section title={t.settings.trail}>
                  <Trail
                    of={[id]}
                    look={(limit, signal) =>
                      content(
                        api.GET("/api/v1/projects/{project}/audit", { params: { path, query: { limit } }, signal }),
                      )
                    }
                  />
                </Section>
                <Delete project={project} />
              </>
            )}
          </Page>
        );
      }}
    </Shown>
  );
}

function About({ project }: { project: Project }) {
  const t = useT();
  const [form, setForm] = useState({
    description: project.description ?? "",
    repository_url: project.repository_url ?? "",
    framework: project.framework ?? "",
  });
  const [saved, setSaved] = useState(false);
  const { busy, failure, run } = useAct();
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
      await content(api.PATCH("/api/v1/projects/{project}", { params: { path: { project: project.id } }, body }));
      setSaved(true);
    });
  return (
    <Section title={t.settings.about}>
      <Form failure={failure} onSubmit={save}>
        <Text
          name="description"
          label={t.projects.description}
          rows={3}
          value={form.description}
          onText={(description) => set({ description })}
        />
        <div class="pair">
          <Text
            name="repository_url"
            label={t.settings.repository}
            value={form.repository_url}
            onText={(repository_url) => set({ repository_url })}
          />
          <Text
            name="framework"
            label={t.settings.framework}
            value={form.framework}
            onText={(framework) => set({ framework })}
          />
        </div>
        <div class="actions">
          {saved && <Notice kind="good">{t.saved}</Notice>}
          <button type="submit" disabled={busy}>
            {t.save}
          </button>
        </div>
      </Form>
    </Section>
  );
}

function Delete({ project }: { project: Project }) {
  const t = useT();
  const [, go] = useLocation();
  const [asking, setAsking] = useState(false);
  const [takeDown, setTakeDown] = useState(false);
  const [volumes, setVolumes] = useState(false);
  const { busy, failure, run, clear } = useAct();
  const remove = () =>
    void run(async () => {
      const query = { take_down: takeDown, volumes: takeDown && volumes };
      const params = { path: { project: project.id }, query };
      await content(api.DELETE("/api/v1/projects/{project}", { params }));
      go("/");
    });
  return (
    <Section title={t.settings.delete}>
      <p>{t.settings.deleteHint}</p>
      <button type="button" class="danger" onClick={() => setAsking(true)}>
        {t.settings.delete}
      </button>
      {asking && (
        <Confirm
          title={t.settings.delete}
          name={project.name}
          action={t.settings.delete}
          busy={busy}
          failure={failure}
          onConfirm={remove}
          onClose={() => {
            clear();
            setAsking(false);
          }}
        >
          <Check name="take_down" label={t.settings.takeDown} value={takeDown} onCheck={setTakeDown} />
          {takeDown && <Check name="volumes" label={t.settings.volumes} value={volumes} onCheck={setVolumes} />}
        </Confirm>
      )}
    </Section>
  );
}
