// What happened, in words.
import type { ComponentChildren } from "preact";
import type { Failure } from "../api/failure";
import { useSpeech, type Messages } from "../i18n";
import { known } from "../i18n/known";
import { said } from "../i18n/server";
import { reasons } from "../i18n/words";
import { Said, useWord } from "./said";

type Kind = "good" | "bad" | "wait" | "plain";

export function Notice({ kind = "plain", children }: { kind?: Kind; children: ComponentChildren }) {
  return (
    <div class={`notice ${kind}`} role={kind === "bad" ? "alert" : "status"}>
      {children}
    </div>
  );
}

/** Of these the kind says it all. */
const plain: readonly string[] = ["not-found", "unauthenticated", "too-many"];

/** A failed request: what it means in the reader's language, and the platform's own sentence. */
export function FailureNotice({ failure, retry }: { failure: Failure; retry?: () => void }) {
  const { t, language } = useSpeech();
  const word = useWord();
  // Faults say more than how many they are.
  const told = plain.includes(failure.kind) || (failure.kind === "invalid" && failure.faults.length > 0);
  const detail = told ? "" : failure.message;
  return (
    <Notice kind="bad">
      <p>
        <strong>{meaning(failure, t)}</strong>
        {failure.retryAfter !== null && <> {t.failures.inSeconds(failure.retryAfter)}</>}
      </p>
      {detail !== "" && (
        <p>
          <Said words={word(reasons, failure.reason)} text={detail} />
        </p>
      )}
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
