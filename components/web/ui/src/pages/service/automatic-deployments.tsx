// Whether what a push builds is deployed, and what keeps it from being deployed.
import { useState } from "preact/hooks";
import { Link } from "wouter-preact";
import { hasRole } from "../../api/project";
import type { AutomaticDeployments as State, Project, Service } from "../../api/types";
import { ApiText } from "../../components/api-text";
import { AutomationPaused } from "../../components/automation-paused";
import { Notice } from "../../components/notice";
import { Section } from "../../components/section";
import { useMessages } from "../../i18n";
import { ChangeLink } from "./change-link";

interface AutomaticDeploymentsProps {
  project: Project;
  service: Service;
  /** Called after the user has resumed them. */
  onChange: () => void;
}

export function AutomaticDeployments({ project, service, onChange }: AutomaticDeploymentsProps) {
  const t = useMessages();
  const [resumed, setResumed] = useState(false);
  const canEdit = hasRole(project, "developer");
  const state = service.automatic_deployments;
  const onResumed = () => {
    setResumed(true);
    onChange();
  };
  return (
    <Section title={t.automation.title} actions={<ChangeLink project={project} service={service} label={t.automation.title} />}>
      {resumed && !state?.paused && <Notice kind="success">{t.automation.resumed}</Notice>}
      {state === null && <p>{t.automation.off}</p>}
      {state?.state === "active" && <p>{t.automation.states.active}</p>}
      {state?.paused && (
        <AutomationPaused pause={state.paused} deployment={canEdit ? service.deployment_id : null} onResumed={onResumed} />
      )}
      {state && <Reason project={project} service={service} state={state} />}
      {state?.problem && (
        <Notice kind="warning">
          <p>
            <strong>{t.automation.notDeployed}</strong>
          </p>
          {state.problem.message !== "" && (
            <p>
              <ApiText text={state.problem.message} />
            </p>
          )}
          <Link href={`/builds/${state.problem.build_id}`}>{t.pushes.showBuild}</Link>
        </Notice>
      )}
    </Section>
  );
}

/** Why nothing is deployed, other than a pause, and what to do. */
function Reason({ project, service, state: { state } }: { project: Project; service: Service; state: State }) {
  const t = useMessages();
  if (state === "active" || state === "paused") return null;
  const { last_build } = service;
  return (
    <Notice kind="warning">
      <p>
        <strong>{t.automation.states[state]}</strong>
      </p>
      <p>{t.automation.whatToDo[state]}</p>
      {hasRole(project, "developer") && last_build?.status === "success" && (
        <div class="actions">
          <Link class="button primary" href={`/projects/${project.id}/deploy?build=${last_build.build_id}`}>
            {t.automation.deploy}
          </Link>
        </div>
      )}
    </Notice>
  );
}
