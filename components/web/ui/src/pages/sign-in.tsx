// For whoever has not signed in.
import { useT } from "../i18n";
import { signInAddress } from "../api/session";
import { Notice } from "../parts/notice";
import { Page } from "../parts/page";

export function SignIn({ again }: { again: boolean }) {
  const t = useT();
  return (
    <div class="sign-in">
      <Page title={t.signIn.title}>
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
