// The pull requests of a service, each with what became of it: its build, its preview, or why there is none.
import { useState } from "preact/hooks";
import { Link } from "wouter-preact";
import { api, unwrap } from "../../api/client";
import { hasRole } from "../../api/project";
import { useQuery, type QueryResult } from "../../api/query";
import type { Preview, PreviewList, Project, Service } from "../../api/types";
import { CommitText, ShortSha } from "../../components/commit-text";
import { Notice } from "../../components/notice";
import { QueryView } from "../../components/page";
import { RelativeTime } from "../../components/relative-time";
import { Section } from "../../components/section";
import { useI18n, useMessages } from "../../i18n";
import { formatDateTime } from "../../i18n/time";
import { pollInterval } from "../project/activity";
import { ApproveDialog } from "./approve";
import { ChangeLink } from "./change-link";
import { PreviewStatus } from "./preview-status";

export function usePreviews(project: number, service: string): QueryResult<PreviewList> {
  const params = { path: { project, service } };
  return useQuery(
    (signal) => unwrap(api.GET("/api/v1/projects/{project}/services/{service}/previews", { params, signal })),
    [project, service],
    ({ previews }) => pollInterval(previews.some(isChanging)),
  );
}

const isChanging = ({ state }: Preview) =>
  state === "waiting_for_capacity" || state === "building" || state === "deploying";

interface PreviewsProps {
  project: Project;
  service: Service;
  result: QueryResult<PreviewList>;
}

export function Previews({ project, service, result }: PreviewsProps) {
  const t = useMessages();
  const [approving, setApproving] = useState<Preview | null>(null);
  const isOff = service.previews === "off";
  return (
    <Section title={t.previews.title} actions={<ChangeLink project={project} service={service} label={t.previews.title} />}>
      {isOff ? <p>{t.previews.off}</p> : <p>{t.previews.modeHints[service.previews]}</p>}
      <QueryView result={result}>
        {({ previews, limit, days, waiting_for_approval }) => (
          <>
            {!isOff && waiting_for_approval && <Notice kind="warning">{t.previews.waitingForApproval}</Notice>}
            {!isOff && <p class="hint">{t.previews.limits(limit, days)}</p>}
            {!isOff && previews.length === 0 && <p class="empty">{t.previews.empty}</p>}
            <ul class="rows">
              {previews.map((preview) => (
                <PreviewRow
                  key={preview.pull_request}
                  preview={preview}
                  canEdit={hasRole(project, "developer")}
                  approve={() => setApproving(preview)}
                />
              ))}
            </ul>
          </>
        )}
      </QueryView>
      {approving && (
        <ApproveDialog
          service={service}
          preview={approving}
          refetch={result.refetch}
          onClose={() => setApproving(null)}
        />
      )}
    </Section>
  );
}

interface PreviewRowProps {
  preview: Preview;
  canEdit: boolean;
  approve: () => void;
}

function PreviewRow({ preview, canEdit, approve }: PreviewRowProps) {
  const t = useMessages();
  const { pull_request, title, pull_request_url, commit, problem, build_id, deployment_id } = preview;
  return (
    <li>
      <div>
        <a href={pull_request_url} rel="noopener noreferrer" target="_blank" class="wrap-anywhere">
          #{pull_request} <bdi>{title || t.previews.noTitle}</bdi>
        </a>
        <div class="muted wrap-anywhere">
          <Origin preview={preview} />
        </div>
        {/* Of a commit that may not be built, GitHub is not asked for more than its id. */}
        {commit && (
          <div>
            <ShortSha sha={commit.sha} /> {commit.subject !== "" && <CommitText commit={commit} />}
          </div>
        )}
      </div>
      <div class="decision">
        <PreviewStatus preview={preview} />
        <div class="links">
          {deployment_id && <Link href={`/deployments/${deployment_id}`}>{t.previews.showDeployment}</Link>}{" "}
          {build_id && <Link href={`/builds/${build_id}`}>{t.pushes.showBuild}</Link>}
        </div>
        {canEdit && commit && problem === "approval_required" && (
          <button type="button" aria-label={t.previews.approveNamed(pull_request)} onClick={approve}>
            {t.previews.approve}
          </button>
        )}
      </div>
    </li>
  );
}

/** Where a pull request comes from, where it goes, and who approved it. */
function Origin({ preview }: { preview: Preview }) {
  const { t, language } = useI18n();
  const { author, head_branch, base_branch, is_fork, approved_by, pushed_at, ends_at, state } = preview;
  return (
    <>
      <bdi>{head_branch}</bdi> {t.previews.into} <bdi>{base_branch}</bdi>
      {is_fork && <> · {t.previews.fork}</>}
      {author && (
        <>
          {" · "}
          <bdi>{author}</bdi>
        </>
      )}
      {" · "}
      <RelativeTime time={pushed_at} />
      {approved_by && <> · {t.previews.approvedBy(approved_by)}</>}
      {ends_at && state !== "ended" && <> · {t.previews.ends(formatDateTime(ends_at, language))}</>}
    </>
  );
}
