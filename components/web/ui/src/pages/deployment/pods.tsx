// The pods of a deployment, with their errors.
import type { Deployment, Pod } from "../../api/types";
import { ApiText, useTranslate } from "../../components/api-text";
import { RelativeTime } from "../../components/relative-time";
import { Section } from "../../components/section";
import { useMessages } from "../../i18n";
import { deploymentErrorCodes } from "../../i18n/api-codes";

export function Pods({ deployment }: { deployment: Deployment }) {
  const t = useMessages();
  return (
    <Section title={t.deployment.pods}>
      {deployment.pods.length === 0 ? (
        <p class="muted">{deployment.status === "deploying" ? t.deployment.starting : t.deployment.noPods}</p>
      ) : (
        <div class="scroll-x" tabIndex={0}>
          <table>
            <thead>
              <tr>
                <th>{t.deployment.pod.name}</th>
                <th>{t.deployment.pod.state}</th>
                <th>{t.deployment.pod.restarts}</th>
                <th>{t.deployment.pod.since}</th>
              </tr>
            </thead>
            <tbody>
              {deployment.pods.map((pod) => (
                <PodRow key={pod.name} pod={pod} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Section>
  );
}

function PodRow({ pod }: { pod: Pod }) {
  const t = useMessages();
  const translate = useTranslate();
  const isTerminating = pod.reason === "Terminating";
  return (
    <tr>
      <td>
        <code>{pod.name}</code>
        {!pod.current && !isTerminating && <span class="muted"> ({t.deployment.podOldRevision})</span>}
      </td>
      <td>
        {isTerminating ? t.deployment.podTerminating : pod.ready ? t.deployment.podReady : t.deployment.podNotReady}
        {pod.reason && !isTerminating && (
          <>
            {" "}
            <code>{pod.reason}</code>
          </>
        )}
        {pod.message && (
          <p class="hint">
            <ApiText translation={translate(deploymentErrorCodes, pod.code)} text={pod.message} />
          </p>
        )}
      </td>
      <td>{pod.restarts}</td>
      <td>{pod.started_at ? <RelativeTime time={pod.started_at} /> : "–"}</td>
    </tr>
  );
}
