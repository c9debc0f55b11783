// For administrators: user access and platform health.
import { useState } from "preact/hooks";
import { useAction } from "../api/action";
import { api, unwrap } from "../api/client";
import { ApiError, errorFromResponse } from "../api/error";
import { useMe } from "../api/me";
import { useQuery } from "../api/query";
import type { Readiness } from "../api/types";
import { ApiText } from "../components/api-text";
import { AuditLog } from "../components/audit-log";
import { Badge } from "../components/badge";
import { ConfirmDialog } from "../components/confirm-dialog";
import { TextField } from "../components/fields";
import { Form } from "../components/form";
import { ErrorNotice, Notice } from "../components/notice";
import { Page, QueryView } from "../components/page";
import { Section } from "../components/section";
import { useMessages } from "../i18n";

export function AdministrationPage() {
  const t = useMessages();
  const me = useMe();
  return (
    <Page title={t.administration.title}>
      {me.administrator ? (
        <>
          <UserSearch />
          <Health />
        </>
      ) : (
        <Notice>{t.administration.administratorsOnly(me.login)}</Notice>
      )}
    </Page>
  );
}

function fetchAuditLog(username: string, limit: number, signal: AbortSignal | null = null) {
  const params = { path: { username }, query: { limit } };
  return unwrap(api.GET("/api/v1/auth/people/{username}/audit", { params, signal }));
}

function UserSearch() {
  const t = useMessages();
  const [name, setName] = useState("");
  const [found, setFound] = useState<string | null>(null);
  const { busy, error, run } = useAction();
  const search = () =>
    void run(async () => {
      const username = name.trim();
      setFound(null);
      try {
        await fetchAuditLog(username, 1);
      } catch (thrown) {
        throw thrown instanceof ApiError && thrown.status === 404 ? unknownUser(username) : thrown;
      }
      setFound(username);
    });
  return (
    <>
      <Section title={t.administration.userAccess}>
        <Form error={error} onSubmit={search}>
          <TextField
            name="username"
            label={t.settings.username}
            hint={t.administration.usernameHint}
            value={name}
            onChange={setName}
          />
          <div class="actions">
            <button type="submit" disabled={busy || name.trim() === ""}>
              {t.administration.search}
            </button>
          </div>
        </Form>
      </Section>
      {found !== null && <UserAccess key={found} username={found} />}
    </>
  );
}

/** The same field error as the API's for an unknown member. */
function unknownUser(username: string): ApiError {
  const detail = `nobody with the name '${username}' has signed in here yet`;
  return new ApiError("invalid", 422, "", [{ field: "username", detail }]);
}

/** The messages after a change. */
type Change = "accessRevoked" | "accessRestored";

function UserAccess({ username }: { username: string }) {
  const t = useMessages();
  const me = useMe();
  const [confirming, setConfirming] = useState(false);
  const [done, setDone] = useState<Change | null>(null);
  const { busy, error, run, clear } = useAction();
  const change = (to: Change) =>
    void run(async () => {
      const [path, params] = ["/api/v1/auth/people/{username}/block", { path: { username } }] as const;
      setDone(null);
      await unwrap<unknown>(to === "accessRevoked" ? api.PUT(path, { params }) : api.DELETE(path, { params }));
      setConfirming(false);
      setDone(to);
    });
  return (
    <Section title={username}>
      {done !== null && <Notice kind="success">{t.administration[done](username)}</Notice>}
      {error && !confirming && <ErrorNotice error={error} />}
      {username === me.username ? (
        <p>{t.administration.cannotRevokeOwn}</p>
      ) : (
        <div class="actions">
          <button type="button" class="danger" onClick={() => setConfirming(true)}>
            {t.administration.revokeAccess}
          </button>
          <button type="button" disabled={busy} onClick={() => change("accessRestored")}>
            {t.administration.restoreAccess}
          </button>
        </div>
      )}
      {confirming && (
        <ConfirmDialog
          title={t.administration.revokeAccessTitle(username)}
          action={t.administration.revokeAccess}
          busy={busy}
          error={error}
          onConfirm={() => change("accessRevoked")}
          onClose={() => {
            setConfirming(false);
            clear();
          }}
        >
          <ul>
            {t.administration.revokeAccessHint.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        </ConfirmDialog>
      )}
      <h3>{t.administration.auditLog}</h3>
      <AuditLog deps={[username, done]} fetchEntries={(limit, signal) => fetchAuditLog(username, limit, signal)} />
    </Section>
  );
}

function Health() {
  const t = useMessages();
  const result = useQuery(fetchReadiness, []);
  return (
    <Section title={t.administration.health}>
      <QueryView result={result}>
        {({ ready, checks }) => (
          <>
            <Notice kind={ready ? "success" : "error"}>{ready ? t.administration.healthy : t.administration.unhealthy}</Notice>
            <ul class="rows">
              {checks.map(({ name, ok, detail }) => (
                <li key={name}>
                  <div>
                    <code>{name}</code>
                    <p class="wrap-anywhere">
                      <ApiText text={detail} />
                    </p>
                  </div>
                  <Badge status={ok ? "success" : "failed"} label={t.administration.check[`${ok}`]} />
                </li>
              ))}
            </ul>
          </>
        )}
      </QueryView>
    </Section>
  );
}

/** The result of `/ready`, with the details that only administrators get. */
async function fetchReadiness(signal: AbortSignal): Promise<Readiness> {
  // `/ready` also accepts anonymous requests, so it does not return 401 for an expired session: this request renews it.
  await unwrap(api.GET("/api/v1/auth/me", { signal }));
  const { data, error, response } = await api.GET("/ready", { signal });
  // A 503 has the same body.
  const body = data ?? error;
  if (body === undefined || !("checks" in body)) throw errorFromResponse(response, body);
  return body;
}
