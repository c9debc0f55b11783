// The members of a project and their roles.
import { useState } from "preact/hooks";
import { useLocation } from "wouter-preact";
import { useAction } from "../../api/action";
import { api, unwrap } from "../../api/client";
import { useMe } from "../../api/me";
import { useQuery } from "../../api/query";
import type { Project } from "../../api/types";
import { TextField } from "../../components/fields";
import { Form } from "../../components/form";
import { ErrorNotice } from "../../components/notice";
import { QueryView } from "../../components/page";
import { Section } from "../../components/section";
import { useMessages } from "../../i18n";

const ASSIGNABLE_ROLES = ["developer", "viewer"] as const;
type AssignableRole = (typeof ASSIGNABLE_ROLES)[number];

interface MembersProps {
  project: Project;
  /** Only the owner may add members and change roles. */
  isOwner: boolean;
}

export function Members({ project, isOwner }: MembersProps) {
  const t = useMessages();
  const me = useMe();
  const [, navigate] = useLocation();
  const path = { project: project.id };
  const result = useQuery(
    (signal) => unwrap(api.GET("/api/v1/projects/{project}/members", { params: { path }, signal })),
    [project.id],
  );
  const [name, setName] = useState("");
  const [role, setRole] = useState<AssignableRole>("developer");
  const add = useAction();
  const change = useAction();

  const setMember = async (username: string, role: AssignableRole) => {
    const params = { path: { ...path, username } };
    await unwrap(api.PUT("/api/v1/projects/{project}/members/{username}", { params, body: { role } }));
    result.refetch();
  };
  const remove = (username: string) =>
    void change.run(async () => {
      const params = { path: { ...path, username } };
      await unwrap(api.DELETE("/api/v1/projects/{project}/members/{username}", { params }));
      if (username === me.username) navigate("/");
      else result.refetch();
    });
  const addMember = () =>
    void add.run(async () => {
      await setMember(name.trim(), role);
      setName("");
    });
  return (
    <Section title={t.settings.members}>
      {change.error && <ErrorNotice error={change.error} />}
      <QueryView result={result}>
        {({ members }) => (
          <ul class="rows">
            {members.map(({ username, role }) => (
              <li key={username}>
                <div class="wrap-anywhere">{username}</div>
                <div class="row-end">
                  {isOwner && role !== "owner" ? (
                    <select
                      aria-label={`${t.settings.role} ${username}`}
                      value={role}
                      onChange={(event) => void change.run(() => setMember(username, event.currentTarget.value as AssignableRole))}
                    >
                      {ASSIGNABLE_ROLES.map((role) => (
                        <option key={role} value={role}>
                          {t.settings.roles[role]}
                        </option>
                      ))}
                    </select>
                  ) : (
                    t.settings.roles[role]
                  )}{" "}
                  {role !== "owner" && (isOwner || username === me.username) && (
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
      </QueryView>
      {isOwner && (
        <Form error={add.error} onSubmit={addMember}>
          <div class="two-columns">
            <TextField
              name="username"
              label={t.settings.username}
              hint={t.settings.usernameHint}
              value={name}
              onChange={setName}
            />
            <div class="field">
              <label for="field-role">{t.settings.role}</label>
              <select id="field-role" value={role} onChange={(event) => setRole(event.currentTarget.value as AssignableRole)}>
                {ASSIGNABLE_ROLES.map((role) => (
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
