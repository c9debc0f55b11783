// What is wrong with a deployment: for each reason what to do, and what the other system says about it.
import type { Deployment, Issue } from "../../api/types";
import { useI18n } from "../../i18n";
import { translateIssue } from "../../i18n/issues";

interface IssuesProps {
  deployment: Deployment;
  /** Applies the newest revision again; absent if the user may not. */
  applyAgain: (() => void) | undefined;
  busy: boolean;
}

export function Issues({ deployment, applyAgain, busy }: IssuesProps) {
  const { t } = useI18n();
  const { issues } = deployment;
  if (issues.length === 0) return null;
  return (
    <>
      <ul class="issues">
        {issues.map((issue, index) => (
          <IssueRow key={`${index} ${issue.code} ${issue.object}`} issue={issue} />
        ))}
      </ul>
      {applyAgain && issues.some(isOverwrittenByApply) && (
        <div class="actions">
          <button type="button" disabled={busy} onClick={applyAgain}>
            {t.deployment.applyAgain}
          </button>
        </div>
      )}
    </>
  );
}

const isOverwrittenByApply = ({ code }: Issue) => code === "changed_by_others" || code === "removed";

function IssueRow({ issue }: { issue: Issue }) {
  const { t, language } = useI18n();
  const text = translateIssue(issue, language);
  const isTranslated = text.language !== "en";
  const { message, action, detail, reason, object } = issue;
  const about = [object, reason].filter((part) => part !== null).join(" · ");
  return (
    <li class={issue.temporary ? "temporary" : "permanent"}>
      <p class="issue-message">
        <span lang={text.language}>{text.message}</span>
      </p>
      <p>
        <span lang={text.language}>{text.action}</span>
        {issue.temporary && <span class="muted"> {t.deployment.mayPass}</span>}
      </p>
      {(isTranslated || detail || about) && (
        <details>
          <summary>{t.deployment.detail}</summary>
          {isTranslated && (
            <p lang="en">
              {message} {action}
            </p>
          )}
          {about && (
            <p>
              <code>{about}</code>
            </p>
          )}
          {detail && (
            <pre class="keep-line-breaks" lang="en" tabIndex={0}>
              {detail}
            </pre>
          )}
        </details>
      )}
    </li>
  );
}
