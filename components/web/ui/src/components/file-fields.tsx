// Fields of a form that come from the configuration file in the repository: they are read-only, and say why.
import { createContext, type ComponentChildren } from "preact";
import { useContext } from "preact/hooks";
import { FILE_NAME, type FieldsOfFile } from "../forms/config-file";
import { useMessages } from "../i18n";
import { fieldId } from "./field-errors";

const Context = createContext<FieldsOfFile | null>(null);

/** The fields of the forms below that come from the file; `null` for none. */
export function FileFieldsProvider({ file, children }: { file: FieldsOfFile | null; children: ComponentChildren }) {
  return <Context.Provider value={file}>{children}</Context.Provider>;
}

/** Whether a field comes from the file. */
export function useIsFromFile(name: string): boolean {
  return useContext(Context)?.names.includes(name) ?? false;
}

/** The id of the text below a field that comes from the file. */
export const fileNoteId = (name: string) => `${fieldId(name)}-file`;

/** Says that a field comes from the file, if it does. */
export function FileNote({ name }: { name: string }) {
  const t = useMessages();
  const url = useContext(Context)?.url;
  if (!useIsFromFile(name)) return null;
  return (
    <p id={fileNoteId(name)} class="hint">
      {t.configFile.fromFile}{" "}
      <a href={url} target="_blank" rel="noopener noreferrer">
        {FILE_NAME}
      </a>
    </p>
  );
}
