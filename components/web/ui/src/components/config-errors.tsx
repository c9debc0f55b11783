// The errors of a configuration file, each with its place and a link to it.
import type { ConfigError, Service } from "../api/types";
import { fileUrl } from "../forms/config-file";
import { useMessages } from "../i18n";
import { FieldErrorText } from "./field-error-text";

interface ConfigErrorsProps {
  service: Service;
  /** The commit in which the file is. */
  commit: string;
  errors: readonly ConfigError[];
}

export function ConfigErrors({ service, commit, errors }: ConfigErrorsProps) {
  const t = useMessages();
  return (
    <ul>
      {errors.map(({ line, column, field, detail }) => (
        <li key={`${line} ${column} ${field} ${detail}`} class="wrap-anywhere">
          <a href={fileUrl(service, commit, line)} target="_blank" rel="noopener noreferrer">
            {t.configFile.place(line, column)}
          </a>{" "}
          {field !== "" && <code>{field}</code>} <FieldErrorText detail={detail} />
        </li>
      ))}
    </ul>
  );
}
