// The members of a project and their roles.
import { useState } from "preact/hooks";
import { useLocation } from "wouter-preact";
import { useAction } from "../../api/action";
import { api, unwrap } from "../../api/client";
import { useMe } from "../../api/me";
import { useQuery } from "../../api/query";
import type { Member, Project } from "../../api/types";
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
  const { busy, error, run } = useAction();

  const setMember = async (username: string, role: AssignableRole) => {
    const params = { path: { ...path, username } };
    await unwrap(api.PUT("/api/v1/projects/{project}/members/{username}", { params, body: { role } }));
    result.refetch();
  };
  const remove = async (username: string) => {
    const params = { path: { ...path, username } };
    await unwrap(api.DELETE("/api/v1/projects/{project}/members/{username}", { params }));
    if (username === me.username) navigate("/");
    else result.refetch();
  };
  return (
    <Section title={t.settings.members}>
      {error && <ErrorNotice error={error} />}
      <QueryView result={result}>
        {({ members }) => (
          <ul class="rows">
            {members.map((member) => (
              <MemberRow
                key={member.username}
                member={member}
                isOwner={isOwner}
                busy={busy}
                setRole={(role) => void run(() => setMember(member.username, role))}
                remove={() => void run(() => remove(member.username))}
              />
            ))}
          </ul>
        )}
      </QueryView>
      {isOwner && <AddMember setMember={setMember} />}
    </Section>
  );
}

interface MemberRowProps {
  member: Member;
  isOwner: boolean;
  busy: boolean;
  setRole: (role: AssignableRole) => void;
  remove: () => void;
}

function MemberRow({ member: { username, role }, isOwner, busy, setRole, remove }: MemberRowProps) {
  const t = useMessages();
  const isMe = username === useMe().username;
  return (
    <li>
      <div class="wrap-anywhere">{username}</div>
      <div class="row-end">
        {isOwner && role !== "owner" ? (
          <RoleSelect aria-label={`${t.settings.role} ${username}`} role={role} onChange={setRole} />
        ) : (
          t.settings.roles[role]
        )}{" "}
        {role !== "owner" && (isOwner || isMe) && (
          <button
            type="button"
            class="small"
            aria-label={isMe ? undefined : t.settings.remove(username)}
            disabled={busy}
            onClick={remove}
          >
            {isMe ? t.settings.leave : "✕"}
          </button>
        )}
      </div>
    </li>
  );
}

interface AddMemberProps {
  setMember: (username: string, role: AssignableRole) => Promise<void>;
}

function AddMember({ setMember }: AddMemberProps) {
  const t = useMessages();
  const [name, setName] = useState("");
  const [role, setRole] = useState<AssignableRole>("developer");
  const { busy, error, run } = useAction();
  const add = () =>
    void run(async () => {
      await setMember(name.trim(), role);
      setName("");
    });
  return (
    <Form error={error} onSubmit={add}>
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
          <RoleSelect id="field-role" role={role} onChange={setRole} />
          <p class="hint">{t.settings.rolesHint}</p>
        </div>
      </div>
      <div class="actions">
        <button type="submit" disabled={busy || name.trim() === ""}>
          {t.settings.add}
        </button>
      </div>
    </Form>
  );
}

interface RoleSelectProps {
  id?: string;
  "aria-label"?: string;
  role: AssignableRole;
  onChange: (role: AssignableRole) => void;
}

function RoleSelect({ role, onChange, ...attributes }: RoleSelectProps) {
  const t = useMessages();
  return (
    <select {...attributes} value={role} onChange={(event) => onChange(event.currentTarget.value as AssignableRole)}>
      {ASSIGNABLE_ROLES.map((role) => (
        <option key={role} value={role}>
          {t.settings.roles[role]}
        </option>
      ))}
    </select>
  );
}
