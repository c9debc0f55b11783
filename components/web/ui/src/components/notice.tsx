// Messages to the user, and the message for a failed request.
import type { ComponentChildren } from "preact";
import type { ApiError } from "../api/error";
import { useMessages, type Messages } from "../i18n";
import { lookup } from "../i18n/lookup";
import { problemReasons } from "../i18n/api-codes";
import { ApiText, useTranslate } from "./api-text";
import { FieldErrorText } from "./field-error-text";

type Kind = "success" | "error" | "warning" | "info";

export function Notice({ kind = "info", children }: { kind?: Kind; children: ComponentChildren }) {
  return (
    <div class={`notice ${kind}`} role={kind === "error" ? "alert" : "status"}>
      {children}
    </div>
  );
}

/** Error kinds whose title says everything. */
const KINDS_WITHOUT_DETAIL: readonly string[] = ["not-found", "unauthenticated", "too-many"];

interface ErrorNoticeProps {
  error: ApiError;
  retry?: () => void;
  /** The label of a field; without one, its error is shown alone. */
  label?: (field: string) => string | undefined;
}

/** A title in the user's language, then the API's own detail and field errors. */
export function ErrorNotice({ error, retry, label = () => undefined }: ErrorNoticeProps) {
  const t = useMessages();
  const translate = useTranslate();
  // With field errors, the detail only counts them.
  const omitsDetail =
    KINDS_WITHOUT_DETAIL.includes(error.kind) || (error.kind === "invalid" && error.fieldErrors.length > 0);
  const detail = omitsDetail ? "" : error.message;
  return (
    <Notice kind="error">
      <p>
        <strong>{errorTitle(error, t)}</strong>
        {error.retryAfter !== null && <> {t.errors.retryIn(error.retryAfter)}</>}
      </p>
      {detail !== "" && (
        <p>
          <ApiText translation={translate(problemReasons, error.reason)} text={detail} />
        </p>
      )}
      {error.fieldErrors.length > 0 && (
        <ul>
          {error.fieldErrors.map((fieldError) => (
            <li key={fieldError.field + fieldError.detail}>
              <FieldName name={label(fieldError.field)} />
              <FieldErrorText detail={fieldError.detail} />
            </li>
          ))}
          {error.moreErrors > 0 && <li>{t.errors.more(error.moreErrors)}</li>}
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

function errorTitle(error: ApiError, t: Messages): string {
  const text = lookup<unknown>({ ...t.errors }, error.kind);
  return typeof text === "string" ? text : t.errors.unknown(error.status);
}

function FieldName({ name }: { name: string | undefined }) {
  const t = useMessages();
  if (name === undefined) return null;
  return (
    <>
      <strong>{name}</strong>
      {t.colon}{" "}
    </>
  );
}
