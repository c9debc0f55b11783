// A deployment: how it runs, what is wrong and what to do, and what can be done with it.
import { useState } from "preact/hooks";
import { Link, useLocation } from "wouter-preact";
import { useAct } from "../../api/act";
import { api, content } from "../../api/client";
import { useLoad } from "../../api/load";
import type { Deployment } from "../../api/types";
import { useClock } from "../../parts/clock";
import { useT, type Messages } from "../../i18n";
import { codes } from "../../i18n/words";
import { Check } from "../../parts/form";
import { Confirm } from "../../parts/confirm";
import { Log } from "../../parts/log";
import { FailureNotice, Notice } from "../../parts/notice";
import { Page, Shown } from "../../parts/page";
import { Said, useWord } from "../../parts/said";
import { Badge, Exact, Facts, Section, When } from "../../parts/small";
import { above, LookOnly, may, useProjectOf } from "../../parts/project";
import { Events } from "./events";
import { Pods } from "./pods";
import { Revisions } from "./revisions";
import { waitsFor } from "./waits";

/** Milliseconds between two looks while it moves, and while it runs. */
const moving = 2_000;
const standing = 10_000;

const moves = (one: Deployment) =>
  one.status === "deploying" || one.status === "pending" || (one.status === "stopped" && one.pods.length > 0);

/** How many instances are as they should be: while a change is rolled out, those of before do not count. */
function arrived(one: Deployment): number {
  if (one.status !== "deploying" || one.pods.length === 0) return one.replicas_ready;
  return one.pods.filter((pod) => pod.current && pod.ready).length;
}

export function DeploymentPage({ id }: { id: string }) {
  const [deleting, setDeleting] = useState(false);
  const path = { deployment: id };
  const loaded = useLoad(
    (signal) => content(api.GET("/api/v1/deployments/{deployment}", { params: { path }, signal })),
    [id],
    (one) => (moves(one) ? moving : standing),
  );
  const t = useT();
  const project = useProjectOf(loaded.data);
  const allowed = may(project, "developer");
  const { busy, failure, run } = useAct();
  const act = (what: () => Promise<unknown>) =>
    void run(async () => {
      await what();
      loaded.reload();
    });
  return (
    <Shown of={loaded}>
      {(one) => (
        <Page
          title={one.display_name}
          trail={above(t, project)}
          actions={allowed && <Actions of={one} busy={busy} act={act} onDelete={() => setDeleting(true)} />}
        >
          {failure && <FailureNotice failure={failure} />}
          <LookOnly project={project} />
          <State of={one} allowed={allowed} />
          <Pods of={one} />
          <Logs of={one} />
          <Section title="Image">
            <ImageFacts of={one} />
          </Section>
          <Revisions of={one} allowed={allowed} onBack={loaded.reload} />
          <Events id={id} />
          {deleting && <Delete of={one} onClose={() => setDeleting(false)} />}
        </Page>
      )}
    </Shown>
  );
}

type DoAct = (what: () => Promise<unknown>) => void;

interface ActionsProps {
  of: Deployment;
  busy: boolean;
  act: DoAct;
  onDelete: () => void;
}

function Actions({ of, busy, act, onDelete }: ActionsProps) {
  const t = useT();
  const params = { path: { deployment: of.deployment_id } };
  const restart = () => act(() => content(api.POST("/api/v1/deployments/{deployment}/restart", { params })));
  const stop = () => act(() => content(api.POST("/api/v1/deployments/{deployment}/stop", { params })));
  const start = () => act(() => content(api.POST("/api/v1/deployments/{deployment}/start", { params })));
  return (
    <>
      <button type="button" class="danger" disabled={busy} onClick={onDelete}>
        {t.deployment.delete}
      </button>
      {of.status === "stopped" || of.error_code === "removed" ? (
        <button type="button" disabled={busy} onClick={start}>
          {t.deployment.start}
        </button>
      ) : (
        <>
          <button type="button" disabled={busy} onClick={stop}>
            {t.deployment.stop}
          </button>
          <button type="button" disabled={busy} onClick={restart}>
            {t.deployment.restart}
          </button>
        </>
      )}
      <Link class="button primary" href={`/projects/${of.project_id}/deploy?deployment=${of.deployment_id}`}>
        {t.deployment.edit}
      </Link>
    </>
  );
}

/** How it goes, in words, and where it is reached. */
function State({ of, allowed }: { of: Deployment; allowed: boolean }) {
  const t = useT();
  const kind = of.status === "running" ? (of.error_code ? "wait" : "good") : of.status === "failed" ? "bad" : "wait";
  return (
    <Notice kind={of.status === "stopped" ? "plain" : kind}>
      <h2>
        <Badge status={of.status} label={t.deployment.status[of.status]} />
      </h2>
      {of.status !== "stopped" && (
        <p>
          <progress
            value={arrived(of)}
            max={Math.max(1, of.replicas_total)}
            aria-label={t.deployment.progress(arrived(of), of.replicas_total)}
          />{" "}
          {t.deployment.progress(arrived(of), of.replicas_total)}
        </p>
      )}
      <Waits of={of} />
      <Trouble of={of} />
      {of.error_code === "cluster_unreachable" && of.observed_at && (
        // Not read out each time that it moves on.
        <p aria-live="off">
          <When at={of.observed_at} />
        </p>
      )}
      {allowed && of.status === "failed" && (
        <div class="actions">
          <Link class="button" href={`/projects/${of.project_id}/deploy?deployment=${of.deployment_id}`}>
            {t.deployment.edit}
          </Link>
        </div>
      )}
      {of.access_url && <Address url={of.access_url} answers={of.replicas_ready > 0} />}
    </Notice>
  );
}

function Waits({ of }: { of: Deployment }) {
  const t = useT();
  useClock();
  const wait = waitsFor(of, Date.now());
  return wait && <p>{t.deployment.waits[wait]}</p>;
}

/** Only what is reached from a browser, and answers, is a link. */
function Address({ url, answers }: { url: string; answers: boolean }) {
  const t = useT();
  if (!/-service:\d+$/.test(url)) {
    if (!answers) return <p class="quiet break">{url}</p>;
    return (
      <p>
        <a href={url} rel="noopener noreferrer" target="_blank">
          {t.deployment.open}
        </a>{" "}
        <span class="quiet break">{url}</span>
      </p>
    );
  }
  return (
    <p>
      {t.deployment.internal}
      {t.colon} <Exact text={url} />
    </p>
  );
}

/** What is wrong: in the reader's language where the kind is known, with the platform's own sentence. */
function Trouble({ of }: { of: Deployment }) {
  const t = useT();
  const words = useWord()(codes, of.error_code);
  const message = of.error_message;
  if (!words) {
    return (
      message && (
        <p class="lines-kept">
          <Said text={message} />
        </p>
      )
    );
  }
  // The API's own sentence says so, too.
  const serves = of.status === "failed" && of.pods.some((pod) => pod.ready && !pod.current);
  return (
    <>
      <p>
        {words} {serves && t.deployment.serves}
      </p>
      {message && (
        <details>
          <summary>{t.deployment.detail}</summary>
          <p class="lines-kept" lang="en">
            {message}
          </p>
        </details>
      )}
    </>
  );
}

/** What was asked for last, and which release that runs. */
function revision({ revision, release }: Deployment, t: Messages): string {
  return revision === release ? `${revision}` : t.deployment.releaseOf(revision, release);
}

function ImageFacts({ of }: { of: Deployment }) {
  const t = useT();
  return (
    <>
      <Facts
        of={[
          [t.build.image, <Exact text={of.image_name} />],
          ...(of.image_digest ? [[t.build.digest, <Exact text={of.image_digest} />] as const] : []),
          [t.deployment.revision, revision(of, t)],
          ...(of.build_id ? [[t.build.one, <Link href={`/builds/${of.build_id}`}>{of.build_id}</Link>] as const] : []),
        ]}
      />
      {(of.errors ?? []).map((fault) => (
        <Notice kind="bad" key={fault.kind + fault.name}>
          <code>
            {fault.kind} {fault.name}
          </code>{" "}
          <span lang="en">{fault.detail}</span>
        </Notice>
      ))}
      {(of.warnings ?? []).length > 0 && (
        <>
          <h3>{t.deployment.warnings}</h3>
          <ul lang="en">
            {(of.warnings ?? []).map((warning) => (
              <li key={warning}>{warning}</li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

function Logs({ of }: { of: Deployment }) {
  const t = useT();
  const [pod, setPod] = useState("");
  const [previous, setPrevious] = useState(false);
  const query = new URLSearchParams();
  if (pod) query.set("pod", pod);
  if (previous) query.set("previous", "true");
  const path = `/api/v1/deployments/${of.deployment_id}/logs${query.size > 0 ? `?${query}` : ""}`;
  return (
    <Section
      title={t.deployment.logs}
      actions={
        <>
          <label class="check">
            <input type="checkbox" checked={previous} onChange={(event) => setPrevious(event.currentTarget.checked)} />
            <span>{t.deployment.previousLog}</span>
          </label>
          <select aria-label={t.deployment.pods} value={pod} onChange={(event) => setPod(event.currentTarget.value)}>
            <option value="">{t.deployment.allPods}</option>
            {of.pods.map((pod) => (
              <option key={pod.name}>{pod.name}</option>
            ))}
          </select>
        </>
      }
    >
      <Log key={path} path={path} of={pod === "" ? "pods" : "pod"} />
    </Section>
  );
}

function Delete({ of, onClose }: { of: Deployment; onClose: () => void }) {
  const t = useT();
  const [, go] = useLocation();
  const [volumes, setVolumes] = useState(false);
  const { busy, failure, run } = useAct();
  const remove = () =>
    void run(async () => {
      const params = { path: { deployment: of.deployment_id }, query: { volumes } };
      await content(api.DELETE("/api/v1/deployments/{deployment}", { params }));
      go(`/projects/${of.project_id}`);
    });
  return (
    <Confirm
      title={t.deployment.deleteTitle(of.display_name)}
      name={of.service_name}
      action={t.deployment.delete}
      busy={busy}
      failure={failure}
      onConfirm={remove}
      onClose={onClose}
    >
      <p>{t.deployment.deleteHint}</p>
      <Check name="volumes" label={t.settings.volumes} value={volumes} onCheck={setVolumes} />
    </Confirm>
  );
}
