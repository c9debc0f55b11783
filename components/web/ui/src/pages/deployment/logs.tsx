// The logs of a deployment's pods.
import { useState } from "preact/hooks";
import type { Deployment } from "../../api/types";
import { LogViewer } from "../../components/log-viewer";
import { Section } from "../../components/section";
import { useMessages } from "../../i18n";

export function Logs({ deployment }: { deployment: Deployment }) {
  const t = useMessages();
  // "" selects all pods.
  const [pod, setPod] = useState("");
  const [previous, setPrevious] = useState(false);
  const query = new URLSearchParams();
  if (pod) query.set("pod", pod);
  if (previous) query.set("previous", "true");
  const path = `/api/v1/deployments/${deployment.deployment_id}/logs${query.size > 0 ? `?${query}` : ""}`;
  return (
    <Section
      title={t.deployment.logs}
      actions={
        <>
          <label class="checkbox">
            <input type="checkbox" checked={previous} onChange={(event) => setPrevious(event.currentTarget.checked)} />
            <span>{t.deployment.previousLog}</span>
          </label>
          <select aria-label={t.deployment.pods} value={pod} onChange={(event) => setPod(event.currentTarget.value)}>
            <option value="">{t.deployment.allPods}</option>
            {deployment.pods.map((pod) => (
              <option key={pod.name}>{pod.name}</option>
            ))}
          </select>
        </>
      }
    >
      <LogViewer key={path} path={path} source={pod === "" ? "pods" : "pod"} />
    </Section>
  );
}
