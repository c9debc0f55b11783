// The pods of a deployment, with their errors.
import type { Deployment, Pod } from "../../api/types";
import { RelativeTime } from "../../components/relative-time";
import { Section } from "../../components/section";
import { useI18n, useMessages } from "../../i18n";
import { translateIssue } from "../../i18n/issues";

export function Pods({ deployment }: { deployment: Deployment }) {
  const t = useMessages();
  return (
    <Section title={t.deployment.pods}>
      {deployment.pods.length === 0 ? (
        <p class="muted">{deployment.status === "deploying" ? t.deployment.starting : t.deployment.noPods}</p>
      ) : (
        <ul class="rows">
          {deployment.pods.map((pod) => (
            <PodRow key={pod.name} pod={pod} />
          ))}
        </ul>
      )}
    </Section>
  );
}

function PodRow({ pod }: { pod: Pod }) {
  const { t, language } = useI18n();
  const issue = pod.issues?.[0];
  const text = issue && translateIssue(issue, language);
  const isTerminating = pod.reason === "Terminating";
  return (
    <li>
      <div class="wrap-anywhere">
        <code>{pod.name}</code>
        {!pod.current && !isTerminating && <span class="muted"> ({t.deployment.podOldRevision})</span>}
        {text && (
          <p class="hint" lang={text.language}>
            {text.message} {text.action}
          </p>
        )}
      </div>
      <div class="row-end">
        {isTerminating ? t.deployment.podTerminating : pod.ready ? t.deployment.podReady : t.deployment.podNotReady}
        {pod.reason && !isTerminating && (
          <>
            {" "}
            <code>{pod.reason}</code>
          </>
        )}
        <div class="muted">
          {t.deployment.podRestarts}
          {t.colon} {pod.restarts}
          {pod.started_at && (
            <>
              {" · "}
              {t.deployment.podStarted} <RelativeTime time={pod.started_at} />
            </>
          )}
        </div>
      </div>
    </li>
  );
}
