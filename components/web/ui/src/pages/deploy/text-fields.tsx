// The text fields of the deploy form. A field has the same name in the form and in the API request.
import type { JSX } from "preact";
import { TextField } from "../../components/fields";
import type { DeployForm } from "../../forms/deploy";

/** The fields of the form whose value is a string. */
type TextName = { [K in keyof DeployForm]: DeployForm[K] extends string ? K : never }[keyof DeployForm];

interface Options {
  number?: boolean;
  hint?: string;
  rows?: number;
  required?: boolean;
  disabled?: boolean;
}

export type SetForm = (change: Partial<DeployForm>) => void;

/** Returns a function that renders a text field of the form. */
export function textFieldsOf(form: DeployForm, set: SetForm) {
  return (name: TextName, label: string, { number, ...options }: Options = {}): JSX.Element => (
    <TextField
      name={name}
      label={label}
      type={number ? "number" : "text"}
      {...options}
      value={form[name]}
      onChange={(value) => set({ [name]: value })}
    />
  );
}
