// The pods of a deployment, with what is wrong with each in words.
import type { Deployment, Pod } from "../../api/types";
import { useT } from "../../i18n";
import { codes } from "../../i18n/words";
import { Said, useWord } from "../../parts/said";
import { Section, When } from "../../parts/small";

export function Pods({ of }: { of: Deployment }) {
  const t = useT();
  return (
    <Section title={t.deployment.pods}>
      {of.pods.length === 0 ? (
        <p class="quiet">{of.status === "deploying" ? t.deployment.starting : t.deployment.noPods}</p>
      ) : (
        <div class="scroll" tabIndex={0}>
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
              {of.pods.map((pod) => (
                <Row key={pod.name} pod={pod} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Section>
  );
}

function Row({ pod }: { pod: Pod }) {
  const t = useT();
  const word = useWord();
  const ending = pod.reason === "Terminating";
  return (
    <tr>
      <td>
        <code>{pod.name}</code>
        {!pod.current && !ending && <span class="quiet"> ({t.deployment.podOld})</span>}
      </td>
      <td>
        {ending ? t.deployment.podEnding : pod.ready ? t.deployment.podReady : t.deployment.podNotReady}
        {pod.reason && !ending && (
          <>
            {" "}
            <code>{pod.reason}</code>
          </>
        )}
        {pod.message && (
          <p class="hint">
            <Said words={word(codes, pod.code)} text={pod.message} />
          </p>
        )}
      </td>
      <td>{pod.restarts}</td>
      <td>{pod.started_at ? <When at={pod.started_at} /> : "–"}</td>
    </tr>
  );
}
