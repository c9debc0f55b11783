// Since when a service is not deployed automatically, with the button that resumes it.
import { useAction } from "../api/action";
import { api, unwrap } from "../api/client";
import type { AutomationPause } from "../api/types";
import { useI18n } from "../i18n";
import { formatDateTime } from "../i18n/time";
import { ErrorNotice, Notice } from "./notice";

interface AutomationPausedProps {
  pause: AutomationPause;
  /** The id of the deployment to resume; `null` if the user may not. */
  deployment: string | null;
  onResumed: () => void;
}

export function AutomationPaused({ pause, deployment, onResumed }: AutomationPausedProps) {
  const { t, language } = useI18n();
  const { busy, error, run } = useAction();
  const resume = (id: string) =>
    void run(async () => {
      await unwrap(api.POST("/api/v1/deployments/{deployment}/resume", { params: { path: { deployment: id } } }));
      onResumed();
    });
  const at = formatDateTime(pause.at, language);
  const isStop = pause.cause === "stop";
  return (
    <Notice kind="warning">
      <p>
        <strong>{t.automation.states.paused}</strong>
      </p>
      <p>{isStop ? t.automation.pausedSinceStop(pause.by, at) : t.automation.pausedSinceRollback(pause.by, at)}</p>
      <p>
        {t.automation.whatToDo.paused} {isStop && t.automation.staysStopped}
      </p>
      {error && <ErrorNotice error={error} />}
      {deployment !== null && (
        <div class="actions">
          <button type="button" class="primary" disabled={busy} onClick={() => resume(deployment)}>
            {t.automation.resume}
          </button>
        </div>
      )}
    </Notice>
  );
}
