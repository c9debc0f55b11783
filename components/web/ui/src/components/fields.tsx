// Form fields, each with its label, hint and errors.
import type { ComponentChildren, JSX } from "preact";
import { useI18n } from "../i18n";
import { fieldId, FieldErrors, useFieldErrors } from "./field-errors";
import { FileNote, fileNoteId, useIsFromFile } from "./file-fields";

export interface FieldProps {
  /** The field's name in the API request. */
  name: string;
  label: string;
  hint?: string;
  optional?: boolean;
}

interface ControlAttributes {
  id: string;
  name: string;
  "aria-invalid": boolean;
  "aria-describedby": string;
  readOnly: boolean;
}

interface FieldWithControlProps extends FieldProps {
  children: (attributes: ControlAttributes) => JSX.Element;
}

export function Field({ name, label, hint, optional, children }: FieldWithControlProps) {
  const { t } = useI18n();
  const errors = useFieldErrors(name);
  const [id, hintId, errorsId] = [fieldId(name), `${fieldId(name)}-hint`, `${fieldId(name)}-errors`];
  const readOnly = useIsFromFile(name);
  const describedBy = [hint && hintId, readOnly && fileNoteId(name), errors.length > 0 && errorsId].filter(Boolean).join(" ");
  return (
    <div class="field">
      <label for={id}>
        {label}
        {optional && <span class="muted"> ({t.optional})</span>}
      </label>
      {children({ id, name, "aria-invalid": errors.length > 0, "aria-describedby": describedBy, readOnly })}
      {hint && (
        <p id={hintId} class="hint">
          {hint}
        </p>
      )}
      <FileNote name={name} />
      <div id={errorsId}>
        <FieldErrors field={name} />
      </div>
    </div>
  );
}

interface TextFieldProps extends FieldProps {
  value: string;
  onChange: (text: string) => void;
  type?: "text" | "url" | "number" | "password";
  /** A `textarea` of this height, instead of an `input`. */
  rows?: number;
  disabled?: boolean;
  required?: boolean;
}

/** The API validates the value, so a number field is a text input with a numeric keyboard. */
export function TextField({ value, onChange, type = "text", rows, disabled, required, ...field }: TextFieldProps) {
  const common = { value, disabled, required, autocomplete: "off", spellcheck: false } as const;
  return (
    <Field {...field}>
      {(attributes) =>
        rows === undefined ? (
          <input
            {...attributes}
            {...common}
            type={type === "number" ? "text" : type}
            inputMode={type === "number" ? "numeric" : undefined}
            onInput={(event) => onChange(event.currentTarget.value)}
          />
        ) : (
          <textarea {...attributes} {...common} rows={rows} onInput={(event) => onChange(event.currentTarget.value)} />
        )
      }
    </Field>
  );
}

interface FieldGroupProps extends FieldProps {
  children: ComponentChildren;
}

/** Several controls that are one field of the request. */
export function FieldGroup({ name, label, hint, children }: FieldGroupProps) {
  const hintId = `${fieldId(name)}-hint`;
  return (
    <fieldset class="field-group" id={fieldId(name)} tabIndex={-1} aria-describedby={hint ? hintId : undefined}>
      <legend>{label}</legend>
      {children}
      {hint && (
        <p id={hintId} class="hint">
          {hint}
        </p>
      )}
      <FileNote name={name} />
      <FieldErrors field={name} />
    </fieldset>
  );
}

interface RadioFieldProps<T extends string> extends FieldProps {
  value: T;
  options: readonly { value: T; label: string; hint?: string }[];
  onChange: (value: T) => void;
}

export function RadioField<T extends string>({ value, options, onChange, ...field }: RadioFieldProps<T>) {
  const disabled = useIsFromFile(field.name);
  return (
    <FieldGroup {...field}>
      {options.map((option) => (
        <label key={option.value}>
          <input
            type="radio"
            name={field.name}
            value={option.value}
            checked={option.value === value}
            disabled={disabled}
            onChange={() => onChange(option.value)}
          />
          <span>
            {option.label}
            {option.hint && <span class="hint"> {option.hint}</span>}
          </span>
        </label>
      ))}
    </FieldGroup>
  );
}

interface CheckboxFieldProps extends FieldProps {
  value: boolean;
  onChange: (value: boolean) => void;
}

export function CheckboxField({ name, label, hint, value, onChange }: CheckboxFieldProps) {
  const hintId = `${fieldId(name)}-hint`;
  const disabled = useIsFromFile(name);
  return (
    <div class="field">
      <label class="checkbox">
        <input
          type="checkbox"
          id={fieldId(name)}
          name={name}
          checked={value}
          disabled={disabled}
          aria-describedby={hint ? hintId : undefined}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
        <span id={`${fieldId(name)}-label`}>{label}</span>
      </label>
      {hint && (
        <p id={hintId} class="hint">
          {hint}
        </p>
      )}
      <FileNote name={name} />
      <FieldErrors field={name} />
    </div>
  );
}
