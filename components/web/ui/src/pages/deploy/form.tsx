// The form of a deployment.
import { useState } from "preact/hooks";
import { Link, useLocation } from "wouter-preact";
import { useAct } from "../../api/act";
import { api, content } from "../../api/client";
import type { Fault } from "../../api/failure";
import type { DryRun } from "../../api/types";
import { lineFaults } from "../../forms/build";
import { request, withoutSecrets } from "../../forms/deploy";
import { useDraft } from "../../forms/draft";
import { useT } from "../../i18n";
import { Choice, Form } from "../../parts/form";
import { Notice } from "../../parts/notice";
import { Page } from "../../parts/page";
import { above } from "../../parts/project";
import { Restored } from "../../parts/restored";
import type { Begun } from ".";
import { More } from "./more";
import { Preview } from "./preview";
import { Secrets } from "./secrets";
import { texts } from "./text";

export function DeployFormPage({ draft, project, start, deployment, taken }: Begun & { draft: string }) {
  const t = useT();
  const [, go] = useLocation();
  const kept = useDraft(`deploy ${draft}`, start, withoutSecrets);
  const { form, set: change, forget } = kept;
  const set: typeof change = (changed) => {
    // It showed what was asked for before.
    setPreview(null);
    change(changed);
  };
  const anew = () => {
    setPreview(null);
    kept.anew();
  };
  const { busy, failure, run } = useAct();
  const [faults, setFaults] = useState<Fault[]>([]);
  const [preview, setPreview] = useState<DryRun | null>(null);

  const text = texts(form, set);

  const ask = (what: (body: ReturnType<typeof request>["body"]) => Promise<void>) => {
    const asked = request(form, project);
    const found = [...lineFaults("env_vars", asked.lines, t), ...asked.faults];
    setFaults(found);
    setPreview(null);
    if (found.length === 0) void run(() => what(asked.body));
  };
  const look = () =>
    ask(async (body) => {
      const params = { query: { dry_run: true } };
      const answer = await content(api.POST("/api/v1/deploy", { params, body }));
      if ("dry_run" in answer) setPreview(answer);
    });
  const deploy = () =>
    ask(async (body) => {
      const answer = await content(api.POST("/api/v1/deploy", { body }));
      forget();
      if ("deployment_id" in answer) go(`/deployments/${answer.deployment_id}`);
    });

  const back = deployment === null ? `/projects/${project.id}` : `/deployments/${deployment}`;
  const image = form.image_name.split("/").at(-1) || t.deploy.image;
  return (
    <Page
      title={deployment === null ? t.deploy.title(image) : t.deploy.change(form.service_name)}
      trail={above(t, project)}
    >
      <Form failure={failure} faults={faults} onSubmit={deploy}>
        <Restored draft={{ restored: kept.restored, anew }} />
        <section class="card">
          {form.build_id === null ? (
            text("image_name", t.deploy.image, { hint: t.deploy.imageHint, required: true })
          ) : (
            <div class="field">
              <p class="label">{t.deploy.image}</p>
              <p class="break">
                <code>{form.image_name}</code>
              </p>
              <p class="hint">
                {t.deploy.fromBuild} · <Link href={`/builds/${form.build_id}`}>build</Link>
              </p>
            </div>
          )}
          <div class="pair">
            {text("service_name", t.deploy.service, {
              hint: deployment === null ? t.newBuild.serviceHint : "",
              disabled: deployment !== null,
              required: true,
            })}
            {text("replicas", t.deploy.replicas, { number: true, hint: t.deploy.replicasHint })}
          </div>
          <div class="pair">
            {text("container_port", t.deploy.port, { number: true, hint: t.deploy.portHint })}
            {form.service_type === "worker" ? (
              <p class="quiet">{t.deploy.worker}</p>
            ) : (
              <Choice
                name="exposure_type"
                label={t.deploy.exposure}
                value={form.exposure_type}
                onChoose={(exposure_type) => set({ exposure_type })}
                options={(["external", "internal", "none"] as const).map((value) => ({
                  value,
                  label: t.deploy.exposures[value],
                  hint: t.deploy.exposureHints[value],
                }))}
              />
            )}
          </div>
          <div class="four">
            {text("cpu_request", t.deploy.cpuRequest, { hint: t.deploy.cpuHint })}
            {text("cpu_limit", t.deploy.cpuLimit)}
            {text("memory_request", t.deploy.memoryRequest, { hint: t.deploy.memoryHint })}
            {text("memory_limit", t.deploy.memoryLimit)}
          </div>
          {text("env_vars", t.deploy.variables, { hint: t.deploy.variablesHint, rows: 5 })}
          <Secrets rows={form.secrets} onChange={(secrets) => set({ secrets })} />
          <More form={form} set={set} />
        </section>
        {deployment === null && taken.includes(form.service_name.trim()) && (
          <Notice kind="wait">{t.deploy.taken(form.service_name.trim())}</Notice>
        )}
        {preview && <Preview of={preview} />}
        <div class="actions sticky">
          <Link class="button" href={back} onClick={forget}>
            {t.cancel}
          </Link>
          <button type="button" disabled={busy} onClick={look}>
            {t.deploy.preview}
          </button>
          <button type="submit" class="primary" disabled={busy}>
            {t.deploy.submit}
          </button>
        </div>
      </Form>
    </Page>
  );
}
