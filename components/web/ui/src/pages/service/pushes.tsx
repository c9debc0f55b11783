// The last pushes of a service, each with what followed: why it was built, or why not.
import { Link } from "wouter-preact";
import { api, unwrap } from "../../api/client";
import { useQuery, type QueryResult } from "../../api/query";
import type { Push, Service } from "../../api/types";
import { CommitText, ShortSha } from "../../components/commit-text";
import { ConfigErrors } from "../../components/config-errors";
import { QueryView } from "../../components/page";
import { RelativeTime } from "../../components/relative-time";
import { Section } from "../../components/section";
import { useMessages } from "../../i18n";
import { pollInterval } from "../project/activity";

export function usePushes(project: number, service: string): QueryResult<readonly Push[]> {
  const params = { path: { project, service } };
  return useQuery(
    async (signal) => {
      const read = api.GET("/api/v1/projects/{project}/services/{service}/pushes", { params, signal });
      return (await unwrap(read)).pushes;
    },
    [project, service],
    ([newest]) => pollInterval(newest?.decision === "waiting_for_capacity"),
  );
}

interface PushListProps {
  service: Service;
  result: QueryResult<readonly Push[]>;
}

export function PushList({ service, result }: PushListProps) {
  const t = useMessages();
  return (
    <Section title={t.pushes.list}>
      <p class="hint">{t.pushes.listHint}</p>
      <QueryView result={result}>
        {(pushes) =>
          pushes.length === 0 ? (
            <p class="empty">{t.pushes.empty}</p>
          ) : (
            <ol class="rows">
              {pushes.map((push) => (
                <PushRow
                  key={`${push.received_at} ${push.branch} ${push.commit?.sha} ${push.decision}`}
                  service={service}
                  push={push}
                />
              ))}
            </ol>
          )
        }
      </QueryView>
    </Section>
  );
}

function PushRow({ service, push }: { service: Service; push: Push }) {
  const t = useMessages();
  const { branch, commit, head, sender, decision, build_id, config_file_errors: errors } = push;
  // A push of which GitHub's event did not arrive is known by the branch's head only.
  const shown = commit ?? (decision === "branch_missing" ? null : head);
  return (
    <li>
      <div>
        {shown ? <CommitText commit={shown} /> : <span class="muted">{t.pushes.noCommit}</span>}
        <div class="muted wrap-anywhere">
          <bdi>{branch}</bdi>
          {shown && (
            <>
              {" · "}
              <ShortSha sha={shown.sha} />
            </>
          )}
          {sender && (
            <>
              {" · "}
              <bdi>{t.pushes.sender(sender)}</bdi>
            </>
          )}
          {" · "}
          <RelativeTime time={push.received_at} />
        </div>
        {commit && head && head.sha !== commit.sha && (
          <div class="muted">
            {t.pushes.newerHead} <ShortSha sha={head.sha} /> <CommitText commit={head} />
          </div>
        )}
        {!commit && !sender && shown && <div class="muted">{t.pushes.withoutEvent}</div>}
        {head && errors.length > 0 && <ConfigErrors service={service} commit={head.sha} errors={errors} />}
      </div>
      <div class="decision">
        <div>{t.pushes.decisions[decision]}</div>
        {build_id && <Link href={`/builds/${build_id}`}>{t.pushes.showBuild}</Link>}
      </div>
    </li>
  );
}
