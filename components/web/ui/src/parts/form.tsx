// Fields, and what the platform says of each at its place.
import { createContext, type ComponentChildren, type JSX } from "preact";
import { useContext, useEffect, useRef } from "preact/hooks";
import type { Failure, Fault } from "../api/failure";
import { useSpeech } from "../i18n";
import { said } from "../i18n/server";
import { FailureNotice } from "./notice";

const Faults = createContext<readonly Fault[]>([]);

/** A fault of `env_vars.PORT` stands at the field `env_vars`. */
function isOf(fault: Fault, field: string): boolean {
  return fault.field === field || fault.field.startsWith(`${field}.`);
}

interface FormProps {
  failure: Failure | null;
  /** What the page itself has found. */
  faults?: readonly Fault[];
  onSubmit: () => void;
  children: ComponentChildren;
}

export function Form({ failure, faults = [], onSubmit, children }: FormProps) {
  const all = [...faults, ...(failure?.faults ?? [])];
  const top = useRef<HTMLDivElement>(null);
  // Whoever cannot see the page learns of it, and where to go from there.
  useEffect(() => {
    if (failure !== null || faults.length > 0) top.current?.focus();
  }, [failure, faults]);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <form onSubmit={submit} noValidate>
      <div ref={top} tabIndex={-1} class="form-top">
        {failure !== null && failure.faults.length === 0 && <FailureNotice failure={failure} />}
        {all.length > 0 && <FaultList faults={all} />}
      </div>
      <Faults.Provider value={all}>{children}</Faults.Provider>
    </form>
  );
}

function FaultList({ faults }: { faults: readonly Fault[] }) {
  const { t, language } = useSpeech();
  const show = (fault: Fault) => {
    const field = document.getElementById(id(fault.field)) ?? document.getElementById(id(fault.field.split(".")[0] ?? ""));
    field?.closest("details")?.setAttribute("open", "");
    field?.focus();
  };
  return (
    <div class="notice bad" role="alert">
      <p>
        <strong>{t.failures.invalid}</strong>
      </p>
      <ul>
        {faults.map((fault) => {
          const what = said(fault.detail, language);
          return (
            <li key={fault.field + fault.detail}>
              <button type="button" class="link" onClick={() => show(fault)}>
                {labelOf(fault.field)}
              </button>{" "}
              <span lang={what.language}>{what.text}</span>
            </li>
          );
        })}
      </ul>
    </div>
  );
}

/** How the page calls a field; a part of one keeps its own name. */
function labelOf(field: string): string {
  const [name = "", ...inside] = field.split(".");
  const label =
    document.querySelector(`label[for="${CSS.escape(id(name))}"]`)?.firstChild ??
    document.querySelector(`#${CSS.escape(id(name))} > legend`)?.firstChild;
  return [label?.textContent ?? name, ...inside].join(" ");
}

export const id = (name: string) => `field-${name}`;

interface FieldProps {
  name: string;
  label: string;
  hint?: string;
  optional?: boolean;
}

interface Described extends FieldProps {
  children: (attributes: Attributes) => JSX.Element;
}

interface Attributes {
  id: string;
  name: string;
  "aria-invalid": boolean;
  "aria-describedby": string;
}

/** A label, what is to be entered, a hint, and the faults. */
function Field({ name, label, hint, optional, children }: Described) {
  const { t } = useSpeech();
  const faults = useContext(Faults).filter((fault) => isOf(fault, name));
  const described = [hint && `${id(name)}-hint`, faults.length > 0 && `${id(name)}-faults`];
  return (
    <div class="field">
      <label for={id(name)}>
        {label}
        {optional && <span class="quiet"> ({t.optional})</span>}
      </label>
      {children({
        id: id(name),
        name,
        "aria-invalid": faults.length > 0,
        "aria-describedby": described.filter(Boolean).join(" "),
      })}
      {hint && (
        <p id={`${id(name)}-hint`} class="hint">
          {hint}
        </p>
      )}
      <div id={`${id(name)}-faults`}>
        <FaultsOf field={name} />
      </div>
    </div>
  );
}

interface TextProps extends FieldProps {
  value: string;
  onText: (text: string) => void;
  type?: "text" | "url" | "number" | "password";
  rows?: number;
  disabled?: boolean;
  required?: boolean;
}

/** A line of text, or several with `rows`. What is wrong with it is the platform's to say. */
export function Text({ value, onText, type = "text", rows, disabled, required, ...field }: TextProps) {
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
            onInput={(event) => onText(event.currentTarget.value)}
          />
        ) : (
          <textarea {...attributes} {...common} rows={rows} onInput={(event) => onText(event.currentTarget.value)} />
        )
      }
    </Field>
  );
}

interface GroupProps extends FieldProps {
  children: ComponentChildren;
}

/** Several controls that are one field. */
export function Group({ name, label, hint, children }: GroupProps) {
  return (
    <fieldset class="group" id={id(name)} tabIndex={-1}>
      <legend>{label}</legend>
      {children}
      {hint && <p class="hint">{hint}</p>}
      <FaultsOf field={name} />
    </fieldset>
  );
}

/** What is wrong with a field. */
function FaultsOf({ field }: { field: string }) {
  const { language } = useSpeech();
  const faults = useContext(Faults).filter((fault) => isOf(fault, field));
  return (
    <>
      {faults.map((fault) => {
        const what = said(fault.detail, language);
        const inside = fault.field.slice(field.length + 1);
        return (
          <p class="fault" key={fault.field + fault.detail}>
            {inside && <code>{inside} </code>}
            <span lang={what.language}>{what.text}</span>
          </p>
        );
      })}
    </>
  );
}

interface ChoiceProps<T extends string> extends FieldProps {
  value: T;
  options: readonly { value: T; label: string; hint?: string }[];
  onChoose: (value: T) => void;
}

/** One of a few. */
export function Choice<T extends string>({ name, label, value, options, onChoose }: ChoiceProps<T>) {
  return (
    <Group name={name} label={label}>
      {options.map((option) => (
        <label key={option.value}>
          <input
            type="radio"
            name={name}
            value={option.value}
            checked={option.value === value}
            onChange={() => onChoose(option.value)}
          />
          <span>
            {option.label}
            {option.hint && <span class="hint"> {option.hint}</span>}
          </span>
        </label>
      ))}
    </Group>
  );
}

interface CheckProps extends FieldProps {
  value: boolean;
  onCheck: (value: boolean) => void;
}

export function Check({ name, label, hint, value, onCheck }: CheckProps) {
  return (
    <div class="field">
      <label class="check">
        <input
          type="checkbox"
          id={id(name)}
          name={name}
          checked={value}
          onChange={(event) => onCheck(event.currentTarget.checked)}
        />
        <span>{label}</span>
      </label>
      {hint && <p class="hint">{hint}</p>}
      <FaultsOf field={name} />
    </div>
  );
}
