// Asks whether the command line may sign in as the user, and sends the answer to the program on this computer.
import { useState } from "preact/hooks";
import { useAction } from "../api/action";
import { api, unwrap } from "../api/client";
import { signInUrl } from "../api/session";
import type { Me } from "../api/types";
import { ErrorNotice, Notice } from "../components/notice";
import { Page } from "../components/page";
import { isAnswerTo, parseAuthorization, refusal, type Authorization } from "../forms/authorization";
import { useMessages } from "../i18n";

interface AuthorizePageProps {
  /** `null` without a session. */
  me: Me | null;
}

export function AuthorizePage({ me }: AuthorizePageProps) {
  const t = useMessages();
  const parsed = parseAuthorization(new URLSearchParams(window.location.search));
  return (
    <div class="sign-in">
      <Page title={t.authorize.title}>
        {"invalid" in parsed ? (
          <Notice kind="error">
            <p>
              <strong>{t.authorize.invalid}</strong>
            </p>
            <p>{t.authorize.invalidParameters(parsed.invalid.join(", "))}</p>
            <p>{t.authorize.startAgain}</p>
          </Notice>
        ) : me ? (
          <Consent request={parsed.request} me={me} />
        ) : (
          <>
            <p class="lead">{t.authorize.signInFirst}</p>
            <p>
              <a class="button primary" href={signInUrl()}>
                {t.signIn.button}
              </a>
            </p>
          </>
        )}
      </Page>
    </div>
  );
}

function Consent({ request, me }: { request: Authorization; me: Me }) {
  const t = useMessages();
  const { busy, error, run } = useAction();
  const [answer, setAnswer] = useState<"allowed" | "refused" | "foreign" | null>(null);
  const allow = () =>
    void run(async () => {
      const { device: _, ...body } = request;
      const { redirect_to } = await unwrap(api.POST("/api/v1/auth/authorizations", { body }));
      if (!isAnswerTo(request, redirect_to)) return setAnswer("foreign");
      setAnswer("allowed");
      // The code does not stay in the history.
      window.location.replace(redirect_to);
    });
  const refuse = () => {
    setAnswer("refused");
    window.location.replace(refusal(request));
  };
  if (answer === "foreign") return <Notice kind="error">{t.authorize.foreign}</Notice>;
  if (answer !== null) return <Notice kind={answer === "allowed" ? "success" : "info"}>{t.authorize[answer]}</Notice>;
  return (
    <section class="card">
      {error && <ErrorNotice error={error} />}
      <p>{t.authorize.question(me.login)}</p>
      <dl class="description-list">
        <div>
          <dt>{t.authorize.device}</dt>
          <dd class="wrap-anywhere">
            <strong>
              <bdi>{request.device || t.authorize.unknownDevice}</bdi>
            </strong>
          </dd>
        </div>
        <div>
          <dt>{t.authorize.account}</dt>
          <dd class="wrap-anywhere">
            <strong>
              <bdi>{me.login}</bdi>
            </strong>
          </dd>
        </div>
      </dl>
      <p>{t.authorize.rights}</p>
      <Notice kind="warning">{t.authorize.onlyIfYours}</Notice>
      <div class="actions">
        <button type="button" disabled={busy} onClick={refuse}>
          {t.authorize.refuse}
        </button>
        <button type="button" class="primary" disabled={busy} onClick={allow}>
          {t.authorize.allow}
        </button>
      </div>
      <p class="hint">{t.authorize.otherAccount}</p>
    </section>
  );
}
