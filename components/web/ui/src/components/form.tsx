// A form with a summary of its errors.
import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { ApiError, FieldError } from "../api/error";
import { useMessages } from "../i18n";
import { FieldErrorText } from "./field-error-text";
import { fieldId, FieldErrorsContext } from "./field-errors";
import { ErrorNotice } from "./notice";

interface FormProps {
  /** The error of the request. Its field errors are shown at their fields. */
  error: ApiError | null;
  /** Errors that the page found before it sent a request. */
  clientErrors?: readonly FieldError[];
  onSubmit: () => void;
  children: ComponentChildren;
}

/** One array for all renders: a new one each time would trigger the focus effect below. */
const NO_ERRORS: readonly FieldError[] = [];

export function Form({ error, clientErrors = NO_ERRORS, onSubmit, children }: FormProps) {
  const fieldErrors = useMemo(() => [...clientErrors, ...(error?.fieldErrors ?? [])], [clientErrors, error]);
  const top = useRef<HTMLDivElement>(null);
  // Move the focus to the errors, so that a screen reader announces them.
  useEffect(() => {
    if (error !== null || clientErrors.length > 0) top.current?.focus();
  }, [error, clientErrors]);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <form onSubmit={submit} noValidate>
      <div ref={top} tabIndex={-1} class="form-errors">
        {error !== null && error.fieldErrors.length === 0 && <ErrorNotice error={error} />}
        {fieldErrors.length > 0 && <ErrorSummary errors={fieldErrors} more={error?.moreErrors ?? 0} />}
      </div>
      <FieldErrorsContext.Provider value={fieldErrors}>{children}</FieldErrorsContext.Provider>
    </form>
  );
}

/** Lists the field errors, each with a button that moves the focus to its field. */
function ErrorSummary({ errors, more }: { errors: readonly FieldError[]; more: number }) {
  const t = useMessages();
  const focusField = (error: FieldError) => {
    const [name = ""] = error.field.split(".");
    const field = document.getElementById(fieldId(error.field)) ?? document.getElementById(fieldId(name));
    field?.closest("details")?.setAttribute("open", "");
    field?.focus();
  };
  return (
    <div class="notice error" role="alert">
      <p>
        <strong>{t.errors.invalid}</strong>
      </p>
      <ul>
        {errors.map((error) => (
          <li key={error.field + error.detail}>
            <button type="button" class="link" onClick={() => focusField(error)}>
              {labelOf(error.field)}
            </button>{" "}
            <FieldErrorText detail={error.detail} />
          </li>
        ))}
        {more > 0 && <li>{t.errors.more(more)}</li>}
      </ul>
    </div>
  );
}

/** The label of a field, followed by the name of its part, if any. */
function labelOf(field: string): string {
  const [name = "", ...parts] = field.split(".");
  const label =
    document.querySelector(`label[for="${CSS.escape(fieldId(name))}"]`)?.firstChild ??
    document.querySelector(`#${CSS.escape(fieldId(name))} > legend`)?.firstChild ??
    document.getElementById(`${fieldId(name)}-label`);
  return [label?.textContent ?? name, ...parts].join(" ");
}
