// The text of a field error in the user's language. The page of a GitHub App, where it is installed, becomes a link.
import { useI18n } from "../i18n";
import { translateFieldError } from "../i18n/field-errors";

/** The page of an App at GitHub or at a GitHub Enterprise Server. */
const APP_PAGE = /(https?:\/\/[^\s/]+\/(?:github-)?apps\/[\w-]+(?:\/installations\/new)?)/;

export function FieldErrorText({ detail }: { detail: string }) {
  const { language } = useI18n();
  const translated = translateFieldError(detail, language);
  const [before, url, after] = translated.text.split(APP_PAGE);
  return (
    <span lang={translated.language}>
      {before}
      {url && (
        <a href={url} target="_blank" rel="noopener noreferrer">
          {url}
        </a>
      )}
      {after}
    </span>
  );
}
