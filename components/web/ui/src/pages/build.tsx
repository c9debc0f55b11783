// A build: how far it is, what came of it, and what to do next.
import { useState } from "preact/hooks";
import { Link } from "wouter-preact";
import { useAct } from "../api/act";
import { api, content } from "../api/client";
import { useLoad } from "../api/load";
import type { Build, Step } from "../api/types";
import { useT, useSpeech, type Messages } from "../i18n";
import { known } from "../i18n/known";
import { buildCodes, stepName } from "../i18n/words";
import { duration } from "../i18n/time";
import { Log } from "../parts/log";
import { FailureNotice, Notice } from "../parts/notice";
import { Page, Shown } from "../parts/page";
import { above, LookOnly, may, useProjectOf } from "../parts/project";
import { Said, useWord } from "../parts/said";
import { Badge, Exact, Facts, Section, When } from "../parts/small";

const moving = 2_000;
const isOver = (build: Build) => build.status !== "pending" && build.status !== "building";

export function BuildPage({ id }: { id: string }) {
  const t = useT();
  const path = { build: id };
  const { busy, failure, run } = useAct();
  const build = useLoad(
    (signal) => content(api.GET("/api/v1/builds/{build}", { params: { path }, signal })),
    [id],
    (build) => (isOver(build) ? null : moving),
  );
  const project = useProjectOf(build.data);
  const allowed = may(project, "developer");
  const act = (what: () => Promise<unknown>) =>
    void run(async () => {
      await what();
      build.reload();
    });
  const cancel = () => act(() => content(api.DELETE("/api/v1/builds/{build}", { params: { path } })));
  const retry = () => act(() => content(api.POST("/api/v1/builds/{build}/retry", { params: { path } })));
  return (
    <Shown of={build}>
      {(build) => (
        <Page
          title={t.build.title(build.service_name)}
          trail={above(t, project)}
          actions={
            allowed &&
            !isOver(build) && (
              <button type="button" disabled={busy || build.cancel_requested_at !== null} onClick={cancel}>
                {t.build.cancel}
              </button>
            )
          }
        >
          {failure && <FailureNotice failure={failure} />}
          <LookOnly project={project} />
          <Outcome build={build} allowed={allowed} retry={retry} busy={busy} />
          <Steps steps={build.steps} over={isOver(build)} />
          <Logs build={build} />
          <Section title={t.build.image}>
            <Facts
              of={[
                [t.build.image, <Exact text={build.image_full_name} />],
                ...(build.image_digest ? [[t.build.digest, <Exact text={build.image_digest} />] as const] : []),
                [t.build.repository, build.repository],
                [t.build.branch, build.branch],
                [t.build.commit, <code>{build.commit_sha}</code>],
                [t.build.created, <When at={build.created_at} />],
              ]}
            />
          </Section>
        </Page>
      )}
    </Shown>
  );
}

interface OutcomeProps {
  build: Build;
  /** May whoever looks go on from here? */
  allowed: boolean;
  retry: () => void;
  busy: boolean;
}

function Outcome({ build, allowed, retry, busy }: OutcomeProps) {
  const t = useT();
  const again = allowed && (
    <div class="actions">
      <button type="button" class="primary" disabled={busy} onClick={retry}>
        {t.build.retry}
      </button>
      <Link class="button" href={`/projects/${build.project_id}/build?from=${build.build_id}`}>
        {t.build.change}
      </Link>
    </div>
  );
  const took = typeof build.duration === "number" && <p>{t.build.duration(duration(build.duration))}</p>;
  switch (build.status) {
    case "success":
      return (
        <Notice kind="good">
          <h2>{t.build.success}</h2>
          {took}
          {allowed && (
            <div class="actions">
              <Link class="button primary" href={`/projects/${build.project_id}/deploy?build=${build.build_id}`}>
                {t.build.deployNow}
              </Link>
            </div>
          )}
        </Notice>
      );
    case "failed":
      return (
        <Notice kind="bad">
          <h2>{t.build.failed}</h2>
          <Why build={build} />
          {took}
          {again}
        </Notice>
      );
    case "cancelled":
      return (
        <Notice>
          <h2>{t.build.cancelled}</h2>
          {took}
          {again}
        </Notice>
      );
    default:
      return (
        <Notice kind="wait">
          <h2>{t.build[build.status]}</h2>
          {build.cancel_requested_at ? <p>{t.build.cancelling}</p> : <p>{t.build.estimate}</p>}
          {took}
          {build.attempt > 1 && <p class="quiet">{t.build.attempt(build.attempt)}</p>}
        </Notice>
      );
  }
}

/** Why it failed: in the reader's language where the kind of failure is known. */
function Why({ build }: { build: Build }) {
  const { t, language } = useSpeech();
  const word = useWord();
  const step = build.steps.find((step) => step.status === "failed");
  if (step) return <p>{t.build.stepFailed(stepName(step.name, language) ?? step.name)}</p>;
  const words = word(buildCodes, build.error_code);
  return (
    <>
      <p>
        <Said words={words} text={build.error_message} />
      </p>
      {/* Why is GitHub's to say. */}
      {words && build.error_code === "refused" && <p lang="en">{build.error_message}</p>}
    </>
  );
}

function Steps({ steps: all, over }: { steps: readonly Step[]; over: boolean }) {
  const { t, language } = useSpeech();
  // What was not needed for this build is of no interest.
  const steps = all.filter((step) => step.status !== "skipped");
  if (steps.length === 0 && over) return null;
  return (
    <Section title={t.build.steps}>
      {steps.length === 0 ? (
        <p class="quiet">{t.build.noSteps}</p>
      ) : (
        <ol class="rows">
          {steps.map((step) => (
            <li key={step.number}>
              <div class="break">
                <Said words={stepName(step.name, language)} text={step.name} />
              </div>
              <div class="end">
                <Badge status={step.status} label={word(step.status, t)} /> <Took step={step} />
              </div>
            </li>
          ))}
        </ol>
      )}
    </Section>
  );
}

function word(status: string, t: Messages): string {
  return known<string>(t.build.step, status) ?? status;
}

function Took({ step }: { step: Step }) {
  if (!step.started_at || !step.completed_at) return null;
  const took = (Date.parse(step.completed_at) - Date.parse(step.started_at)) / 1_000;
  return <span class="quiet">{duration(took)}</span>;
}

/** Of a build that failed the log is what one wants to see. */
function Logs({ build }: { build: Build }) {
  const t = useT();
  const [asked, setAsked] = useState<boolean | null>(null);
  const open = asked ?? build.status === "failed";
  return (
    <Section
      title={t.build.logs}
      actions={
        <button type="button" aria-expanded={open} onClick={() => setAsked(!open)}>
          {open ? t.build.hideLogs : t.build.seeLogs}
        </button>
      }
    >
      {open && (
        <>
          {!isOver(build) && <p class="quiet">{t.build.logsLater}</p>}
          {/* Another attempt has another log. */}
          <Log key={build.attempt} of="build" path={`/api/v1/builds/${build.build_id}/logs`} />
        </>
      )}
    </Section>
  );
}
