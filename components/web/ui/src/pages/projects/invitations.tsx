// The user's invitations to projects, with what to answer.
import { useLocation } from "wouter-preact";
import { useAction } from "../../api/action";
import { api, unwrap } from "../../api/client";
import type { ReceivedInvitation } from "../../api/types";
import { ErrorNotice, Notice } from "../../components/notice";
import { useI18n } from "../../i18n";
import { lookup } from "../../i18n/lookup";
import { formatDateTime } from "../../i18n/time";

interface InvitationsProps {
  invitations: readonly ReceivedInvitation[];
  refetch: () => void;
}

export function Invitations({ invitations, refetch }: InvitationsProps) {
  return (
    <>
      {invitations.map((invitation) => (
        <InvitationNotice key={invitation.project_id} invitation={invitation} refetch={refetch} />
      ))}
    </>
  );
}

function InvitationNotice({ invitation, refetch }: { invitation: ReceivedInvitation; refetch: () => void }) {
  const { t, language } = useI18n();
  const [, navigate] = useLocation();
  const { busy, error, run } = useAction();
  const { project_id, project_name, role, invited_by, expires_at } = invitation;
  const params = { path: { project: project_id } };
  const accept = () =>
    void run(async () => {
      await unwrap(api.POST("/api/v1/invitations/{project}/accept", { params }));
      navigate(`/projects/${project_id}`);
    });
  const decline = () =>
    void run(async () => {
      await unwrap(api.DELETE("/api/v1/invitations/{project}", { params }));
      refetch();
    });
  // It has ended since the page read it.
  const isClosed = error?.kind === "not-found";
  if (isClosed) {
    return (
      <Notice kind="warning">
        <h2 class="wrap-anywhere">{t.invitation.title(invited_by, project_name)}</h2>
        <p>{t.invitation.closed}</p>
      </Notice>
    );
  }
  return (
    <Notice>
      <h2 class="wrap-anywhere">{t.invitation.title(invited_by, project_name)}</h2>
      <p>{lookup<string>(t.invitation.roles, role)}</p>
      <p class="muted">{t.invitation.until(formatDateTime(expires_at, language))}</p>
      {error && <ErrorNotice error={error} />}
      <div class="actions">
        <button
          type="button"
          class="primary"
          aria-label={t.invitation.acceptNamed(project_name)}
          disabled={busy}
          onClick={accept}
        >
          {t.invitation.accept}
        </button>
        <button type="button" aria-label={t.invitation.declineNamed(project_name)} disabled={busy} onClick={decline}>
          {t.invitation.decline}
        </button>
      </div>
    </Notice>
  );
}
