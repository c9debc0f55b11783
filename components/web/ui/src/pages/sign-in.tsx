// The sign-in page.
import { useSearchParams } from "wouter-preact";
import { signInUrl } from "../api/session";
import { Notice } from "../components/notice";
import { Page } from "../components/page";
import { useMessages } from "../i18n";
import { lookup } from "../i18n/lookup";

export function SignInPage({ sessionExpired }: { sessionExpired: boolean }) {
  const t = useMessages();
  // The sign-in callback passes an error kind. It is never shown as text, because anybody can craft a link.
  const [search] = useSearchParams();
  const errorKind = search.get("sign_in");
  return (
    <div class="sign-in">
      <Page title={t.signIn.title}>
        {errorKind !== null && <Notice kind="error">{lookup<string>(t.signIn.errors, errorKind) ?? t.signIn.failed}</Notice>}
        {sessionExpired && <Notice kind="warning">{t.signIn.sessionExpired}</Notice>}
        <p class="lead">{t.signIn.lead}</p>
        <p>
          <a class="button primary" href={signInUrl()}>
            {t.signIn.button}
          </a>
        </p>
      </Page>
    </div>
  );
}
