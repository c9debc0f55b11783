// The warnings about a deployment.
import { useI18n } from "../i18n";
import { translateWarning } from "../i18n/field-errors";

export function Warnings({ warnings }: { warnings: readonly string[] }) {
  const { language } = useI18n();
  return (
    <ul>
      {warnings.map((warning) => {
        const translated = translateWarning(warning, language);
        return (
          <li key={warning} lang={translated.language}>
            {translated.text}
          </li>
        );
      })}
    </ul>
  );
}
