// Whether a push builds the service: who switched it on, until when, and what keeps it from working.
import { useState } from "preact/hooks";
import { useAction, type Action } from "../../api/action";
import { api, unwrap } from "../../api/client";
import { hasRole } from "../../api/project";
import type { AutomaticBuilds as State, Project, Service } from "../../api/types";
import { ErrorNotice, Notice } from "../../components/notice";
import { DescriptionList, Section } from "../../components/section";
import { buildFieldLabel } from "../../forms/field-label";
import { useI18n, useMessages, type Messages } from "../../i18n";
import { lookup } from "../../i18n/lookup";
import { formatDateTime } from "../../i18n/time";
import { ChangeLink } from "./change-link";

interface AutomaticBuildsProps {
  project: Project;
  service: Service;
  /** Called after the user has confirmed. */
  onChange: () => void;
}

export function AutomaticBuilds({ project, service, onChange }: AutomaticBuildsProps) {
  const t = useMessages();
  const action = useAction();
  const [confirmed, setConfirmed] = useState(false);
  const canEdit = hasRole(project, "developer");
  const { name, build_on_push, automatic_builds: state } = service;
  const confirm = () =>
    void action.run(async () => {
      setConfirmed(false);
      const params = { path: { project: project.id, service: name } };
      const body = { build_on_push: true };
      await unwrap(api.PATCH("/api/v1/projects/{project}/services/{service}", { params, body }));
      setConfirmed(true);
      onChange();
    });
  return (
    <Section title={t.pushes.title} actions={<ChangeLink project={project} service={service} label={t.pushes.title} />}>
      {action.error && <ErrorNotice error={action.error} label={(field) => buildFieldLabel(field, t)} />}
      {confirmed && !state?.problem && <Notice kind="success">{t.pushes.confirmed}</Notice>}
      {!build_on_push && <p>{t.pushes.off}</p>}
      {state && (
        <>
          {state.problem && <Problem problem={state.problem} canEdit={canEdit} confirm={confirm} action={action} />}
          <StateList service={service} state={state} />
          {canEdit && !state.problem && endsSoon(state) && (
            <button type="button" disabled={action.busy} onClick={confirm}>
              {t.pushes.confirmAgain}
            </button>
          )}
        </>
      )}
    </Section>
  );
}

interface ProblemProps {
  problem: string;
  canEdit: boolean;
  confirm: () => void;
  action: Action;
}

function Problem({ problem, canEdit, confirm, action }: ProblemProps) {
  const t = useMessages();
  const label = confirmLabel(problem, t);
  return (
    <Notice kind="warning">
      <p>
        <strong>{t.pushes.problem}</strong>
      </p>
      <p>{lookup<string>(t.pushes.problems, problem)}</p>
      {canEdit && label !== null && (
        <div class="actions">
          <button type="button" class="primary" disabled={action.busy} onClick={confirm}>
            {label}
          </button>
        </div>
      )}
    </Notice>
  );
}

/** The button that makes a problem go away; `null` if another source has to be saved first. */
function confirmLabel(problem: string, t: Messages): string | null {
  switch (problem) {
    case "confirmation_required":
      return t.pushes.confirm;
    case "no_access":
    case "not_a_member":
    case "blocked":
      return t.pushes.takeOver;
    case "app_not_installed":
    case "repository_archived":
      return t.pushes.checkAgain;
    default:
      return null;
  }
}

function StateList({ service, state }: { service: Service; state: State }) {
  const { t, language } = useI18n();
  return (
    <DescriptionList
      items={[
        [t.pushes.state, t.pushes.on],
        [t.pushes.enabledBy, `${state.enabled_by}, ${formatDateTime(state.enabled_at, language)}`],
        [t.pushes.confirmedUntil, formatDateTime(state.confirmed_until, language)],
        [t.pushes.paths, <WatchPaths service={service} />],
        [t.pushes.statuses, t.pushes.statusesOf[state.commit_statuses]],
        [t.automation.githubDeployments, t.automation.githubDeploymentsOf[state.github_deployments]],
      ]}
    />
  );
}

function WatchPaths({ service: { watch_paths, source } }: { service: Service }) {
  const t = useMessages();
  const { context = ".", dockerfile_path } = source ?? {};
  if (watch_paths.length === 0 && context === ".") return <>{t.pushes.wholeRepository}</>;
  const defaults = [context, ...(dockerfile_path && !dockerfile_path.startsWith(`${context}/`) ? [dockerfile_path] : [])];
  const paths = watch_paths.length > 0 ? watch_paths : defaults;
  return (
    <>
      {paths.map((path) => (
        <div key={path}>
          <code>{path}</code>
        </div>
      ))}
    </>
  );
}

const SOON_MS = 30 * 86_400_000;

/** Whether the builds have to be confirmed soon. */
function endsSoon({ confirmed_until }: State): boolean {
  return Date.parse(confirmed_until) - Date.now() < SOON_MS;
}
