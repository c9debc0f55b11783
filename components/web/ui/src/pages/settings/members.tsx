// The members of a project and their roles, and its open invitations.
import { useState } from "preact/hooks";
import { useLocation } from "wouter-preact";
import { useAction } from "../../api/action";
import { api, unwrap } from "../../api/client";
import { useMe } from "../../api/me";
import type { Invitation, Member, MemberList, Project } from "../../api/types";
import { TextField } from "../../components/fields";
import { Form } from "../../components/form";
import { ErrorNotice, Notice } from "../../components/notice";
import { Section } from "../../components/section";
import { useI18n, useMessages } from "../../i18n";
import { formatDateTime } from "../../i18n/time";

const ASSIGNABLE_ROLES = ["developer", "viewer"] as const;
type AssignableRole = (typeof ASSIGNABLE_ROLES)[number];

export function fetchMembers(project: number, signal: AbortSignal): Promise<MemberList> {
  return unwrap(api.GET("/api/v1/projects/{project}/members", { params: { path: { project } }, signal }));
}

interface MembersProps extends MemberList {
  project: Project;
  /** Only the owner may invite and change roles. */
  isOwner: boolean;
  refetch: () => void;
}

export function Members({ project, isOwner, members, invitations, refetch }: MembersProps) {
  const t = useMessages();
  const me = useMe();
  const [, navigate] = useLocation();
  const path = { project: project.id };
  const { busy, error, run } = useAction();

  // Who is not a member yet is invited.
  const setRole = async (username: string, role: AssignableRole) => {
    const params = { path: { ...path, username } };
    await unwrap(api.PUT("/api/v1/projects/{project}/members/{username}", { params, body: { role } }));
    refetch();
  };
  const remove = async (username: string) => {
    const params = { path: { ...path, username } };
    await unwrap(api.DELETE("/api/v1/projects/{project}/members/{username}", { params }));
    if (username === me.username) navigate("/");
    else refetch();
  };
  return (
    <Section title={t.settings.members}>
      {error && <ErrorNotice error={error} />}
      <ul class="rows">
        {members.map((member) => (
          <MemberRow
            key={member.username}
            member={member}
            isOwner={isOwner}
            busy={busy}
            setRole={(role) => void run(() => setRole(member.username, role))}
            remove={() => void run(() => remove(member.username))}
          />
        ))}
      </ul>
      {isOwner && (
        <>
          <Invitations
            invitations={invitations}
            busy={busy}
            withdraw={(username) => void run(() => remove(username))}
          />
          <InviteForm invite={setRole} />
        </>
      )}
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

interface InvitationsProps {
  invitations: readonly Invitation[];
  busy: boolean;
  withdraw: (username: string) => void;
}

/** The invitations that were neither accepted nor declined yet. */
function Invitations({ invitations, busy, withdraw }: InvitationsProps) {
  const { t, language } = useI18n();
  if (invitations.length === 0) return null;
  return (
    <>
      <h3>{t.settings.invitations}</h3>
      <ul class="rows">
        {invitations.map(({ username, role, invited_by, expires_at }) => (
          <li key={username}>
            <div>
              <div class="wrap-anywhere">{username}</div>
              <div class="muted">{t.settings.invitedBy(invited_by, formatDateTime(expires_at, language))}</div>
            </div>
            <div class="row-end">
              {t.settings.roles[role]}{" "}
              <button
                type="button"
                class="small"
                aria-label={t.settings.withdrawNamed(username)}
                disabled={busy}
                onClick={() => withdraw(username)}
              >
                {t.settings.withdraw}
              </button>
            </div>
          </li>
        ))}
      </ul>
    </>
  );
}

interface InviteFormProps {
  invite: (username: string, role: AssignableRole) => Promise<void>;
}

function InviteForm({ invite }: InviteFormProps) {
  const t = useMessages();
  const [name, setName] = useState("");
  const [role, setRole] = useState<AssignableRole>("developer");
  const [invited, setInvited] = useState<string | null>(null);
  const { busy, error, run } = useAction();
  const submit = () => {
    setInvited(null);
    void run(async () => {
      await invite(name.trim(), role);
      setInvited(name.trim());
      setName("");
    });
  };
  return (
    <Form error={error} onSubmit={submit}>
      <h3>{t.settings.inviteTitle}</h3>
      {invited !== null && <Notice kind="success">{t.settings.invited(invited)}</Notice>}
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
          {t.settings.invite}
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
