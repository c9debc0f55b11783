// Approves the commit of a pull request from a fork, after a warning about a stranger's code.
import { useAction } from "../../api/action";
import { api, unwrap } from "../../api/client";
import type { Preview, Service } from "../../api/types";
import { CommitText } from "../../components/commit-text";
import { ConfirmDialog } from "../../components/confirm-dialog";
import { Notice } from "../../components/notice";
import { useMessages } from "../../i18n";

interface ApproveDialogProps {
  service: Service;
  /** As it was when the user opened the dialog: only the commit that is shown is approved. */
  preview: Preview;
  refetch: () => void;
  onClose: () => void;
}

export function ApproveDialog({ service, preview, refetch, onClose }: ApproveDialogProps) {
  const t = useMessages();
  const { busy, error, run } = useAction();
  const { pull_request: number, pull_request_url, title, commit } = preview;
  if (commit === null) return null;
  const approve = () =>
    void run(async () => {
      const params = { path: { project: service.project_id, service: service.name, number } };
      const body = { commit_sha: commit.sha };
      const path = "/api/v1/projects/{project}/services/{service}/previews/{number}/approve";
      try {
        await unwrap(api.POST(path, { params, body }));
        onClose();
      } finally {
        // Also a refusal says that the list is no longer what GitHub has.
        refetch();
      }
    });
  return (
    <ConfirmDialog
      title={t.previews.approveTitle(commit.sha.slice(0, 7), number)}
      action={t.previews.approve}
      busy={busy}
      error={error}
      onConfirm={approve}
      onClose={onClose}
    >
      <p class="wrap-anywhere">
        <strong>
          <bdi>{title || t.previews.noTitle}</bdi>
        </strong>
      </p>
      <p>
        <code class="wrap-anywhere">{commit.sha}</code> {commit.subject !== "" && <CommitText commit={commit} />}
      </p>
      <Notice kind="warning">
        <p>{t.previews.stranger}</p>
        <p>
          <a href={`${pull_request_url}/files`} rel="noopener noreferrer" target="_blank">
            {t.previews.readChanges}
          </a>
        </p>
      </Notice>
      <p>{t.previews.approveHint[service.previews]}</p>
      <p>{t.previews.onlyThisCommit}</p>
    </ConfirmDialog>
  );
}
