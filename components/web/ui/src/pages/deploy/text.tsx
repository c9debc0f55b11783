// A line of a deployment's form: its name is the request's, and says where its text is kept.
import type { JSX } from "preact";
import type { DeployForm } from "../../forms/deploy";
import { Text } from "../../parts/form";

/** The fields that are plain texts. */
type TextName = { [K in keyof DeployForm]: DeployForm[K] extends string ? K : never }[keyof DeployForm];

interface Options {
  number?: boolean;
  hint?: string;
  rows?: number;
  required?: boolean;
  disabled?: boolean;
}

export type Change = (change: Partial<DeployForm>) => void;

/** Makes the lines of one form. */
export function texts(form: DeployForm, set: Change) {
  return (name: TextName, label: string, { number, ...options }: Options = {}): JSX.Element => (
    <Text
      name={name}
      label={label}
      type={number ? "number" : "text"}
      {...options}
      value={form[name]}
      onText={(value) => set({ [name]: value })}
    />
  );
}
