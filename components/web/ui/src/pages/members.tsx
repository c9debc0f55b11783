// Who is in a project, and as what.
import { useState } from "preact/hooks";
import { useLocation } from "wouter-preact";
import { useAct } from "../api/act";
import { api, content } from "../api/client";
import { useLoad } from "../api/load";
import type { Project } from "../api/types";
import { useT } from "../i18n";
import { useMe } from "../me";
import { Form, Text } from "../parts/form";
import { FailureNotice } from "../parts/notice";
import { Shown } from "../parts/page";
import { Section } from "../parts/small";

const roles = ["developer", "viewer"] as const;
type Role = (typeof roles)[number];

interface MembersProps {
  project: Project;
  /** May whoever looks change it? */
  owner: boolean;
}

export function Members({ project, owner }: MembersProps) {
  const t = useT();
  const me = useMe();
  const [, go] = useLocation();
  const path = { project: project.id };
  const loaded = useLoad(
    (signal) => content(api.GET("/api/v1/projects/{project}/members", { params: { path }, signal })),
    [project.id],
  );
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("developer");
  const add = useAct();
  const change = useAct();

  const put = async (username: string, role: Role) => {
    const params = { path: { ...path, username } };
    await content(api.PUT("/api/v1/projects/{project}/members/{username}", { params, body: { role } }));
    loaded.reload();
  };
  const remove = (username: string) =>
    void change.run(async () => {
      const params = { path: { ...path, username } };
      await content(api.DELETE("/api/v1/projects/{project}/members/{username}", { params }));
      if (username === me.username) go("/");
      else loaded.reload();
    });
  const submit = () =>
    void add.run(async () => {
      await put(name.trim(), role);
      setName("");
    });
  return (
    <Section title={t.settings.members}>
      {change.failure && <FailureNotice failure={change.failure} />}
      <Shown of={loaded}>
        {({ members }) => (
          <ul class="rows">
            {members.map(({ username, role }) => (
              <li key={username}>
                <div class="break">{username}</div>
                <div class="end">
                  {owner && role !== "owner" ? (
                    <select
                      aria-label={`${t.settings.role} ${username}`}
                      value={role}
                      onChange={(event) => void change.run(() => put(username, event.currentTarget.value as Role))}
                    >
                      {roles.map((role) => (
                        <option key={role} value={role}>
                          {t.settings.roles[role]}
                        </option>
                      ))}
                    </select>
                  ) : (
                    t.settings.roles[role]
                  )}{" "}
                  {role !== "owner" && (owner || username === me.username) && (
                    <button
                      type="button"
                      class="small"
                      aria-label={username === me.username ? undefined : t.settings.remove(username)}
                      disabled={change.busy}
                      onClick={() => remove(username)}
                    >
                      {username === me.username ? t.settings.leave : "✕"}
                    </button>
                  )}
                </div>
              </li>
            ))}
          </ul>
        )}
      </Shown>
      {owner && (
        <Form failure={add.failure} onSubmit={submit}>
          <div class="pair">
            <Text
              name="username"
              label={t.settings.username}
              hint={t.settings.usernameHint}
              value={name}
              onText={setName}
            />
            <div class="field">
              <label for="field-role">{t.settings.role}</label>
              <select id="field-role" value={role} onChange={(event) => setRole(event.currentTarget.value as Role)}>
                {roles.map((role) => (
                  <option key={role} value={role}>
                    {t.settings.roles[role]}
                  </option>
                ))}
              </select>
              <p class="hint">{t.settings.rolesHint}</p>
            </div>
          </div>
          <div class="actions">
            <button type="submit" disabled={add.busy || name.trim() === ""}>
              {t.settings.add}
            </button>
          </div>
        </Form>
      )}
    </Section>
  );
}
