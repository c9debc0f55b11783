// Field errors: `Form` provides them, and each field renders its own.
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { FieldError } from "../api/error";
import { FieldErrorText } from "./field-error-text";

export const FieldErrorsContext = createContext<readonly FieldError[]>([]);

/** The element id of a field. */
export const fieldId = (name: string) => `field-${name}`;

/** The errors of `field` and of its parts, such as `env_vars.PORT` for `env_vars`. */
export function useFieldErrors(field: string): FieldError[] {
  const isPart = (error: FieldError) => error.field === field || error.field.startsWith(`${field}.`);
  return useContext(FieldErrorsContext).filter(isPart);
}

export function FieldErrors({ field }: { field: string }) {
  const errors = useFieldErrors(field);
  return (
    <>
      {errors.map((error) => {
        const part = error.field.slice(field.length + 1);
        return (
          <p class="field-error" key={error.field + error.detail}>
            {part && <code>{part} </code>}
            <FieldErrorText detail={error.detail} />
          </p>
        );
      })}
    </>
  );
}
