// For whoever has not signed in.
import { useSearchParams } from "wouter-preact";
import { useT } from "../i18n";
import { known } from "../i18n/known";
import { signInAddress } from "../api/session";
import { Notice } from "../parts/notice";
import { Page } from "../parts/page";

export function SignIn({ again }: { again: boolean }) {
  const t = useT();
  // Only a word for what went wrong comes in the address, never a text: anybody can make a link.
  const [search] = useSearchParams();
  const failed = search.get("sign_in");
  return (
    <div class="sign-in">
      <Page title={t.signIn.title}>
        {failed !== null && <Notice kind="bad">{known<string>(t.signIn.failures, failed) ?? t.signIn.failed}</Notice>}
        {again && <Notice kind="wait">{t.signIn.again}</Notice>}
        <p class="lead">{t.signIn.lead}</p>
        <p>
          <a class="button primary" href={signInAddress()}>
            {t.signIn.button}
          </a>
        </p>
      </Page>
    </div>
  );
}
