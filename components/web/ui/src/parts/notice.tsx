// What happened, in words.
import type { ComponentChildren } from "preact";
import type { Failure } from "../api/failure";
import { known, useSpeech, type Messages } from "../i18n";
import { said } from "../i18n/server";

type Kind = "good" | "bad" | "wait" | "plain";

export function Notice({ kind = "plain", children }: { kind?: Kind; children: ComponentChildren }) {
  return (
    <div class={`notice ${kind}`} role={kind === "bad" ? "alert" : "status"}>
      {children}
    </div>
  );
}

/** A failed request: what it means in the reader's language, and the platform's own sentence. */
export function FailureNotice({ failure, retry }: { failure: Failure; retry?: () => void }) {
  const { t, language } = useSpeech();
  const detail = failure.message;
  return (
    <Notice kind="bad">
      <p>
        <strong>{meaning(failure, t)}</strong>
        {failure.retryAfter !== null && <> {t.failures.inSeconds(failure.retryAfter)}</>}
      </p>
      {detail !== "" && <p lang={language === "en" ? undefined : "en"}>{detail}</p>}
      {failure.faults.length > 0 && (
        <ul>
          {failure.faults.map((fault) => {
            const what = said(fault.detail, language);
            return (
              <li key={fault.field + fault.detail} lang={what.language}>
                {what.text}
              </li>
            );
          })}
        </ul>
      )}
      {retry && (
        <button type="button" onClick={retry}>
          {t.retry}
        </button>
      )}
    </Notice>
  );
}

function meaning(failure: Failure, t: Messages): string {
  const text = known<unknown>({ ...t.failures }, failure.kind);
  return typeof text === "string" ? text : t.failures.unknown(failure.status);
}
