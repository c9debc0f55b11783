// The user's account: sign-out, API tokens and the audit log.
import { useState } from "preact/hooks";
import { useAction } from "../api/action";
import { api, unwrap } from "../api/client";
import { useMe } from "../api/me";
import { useQuery } from "../api/query";
import type { Token, TokenCreated } from "../api/types";
import { AuditLog } from "../components/audit-log";
import { CopyableCode } from "../components/copyable-code";
import { CheckboxField, FieldGroup, TextField } from "../components/fields";
import { Form } from "../components/form";
import { ErrorNotice, Notice } from "../components/notice";
import { Page, QueryView } from "../components/page";
import { RelativeTime } from "../components/relative-time";
import { Section } from "../components/section";
import { useI18n, useMessages } from "../i18n";
import { lookup } from "../i18n/lookup";
import { formatDate, formatDateTime } from "../i18n/time";
import { leaveSignedOut } from "./sign-out";

const SCOPES = ["read", "build", "deploy", "projects", "metrics", "reconcile"] as const;
type Scope = (typeof SCOPES)[number];

const ADMINISTRATOR_SCOPES: readonly Scope[] = ["metrics", "reconcile"];

const TOKEN_LIFETIMES_DAYS = [7, 30, 90, 365] as const;

export function AccountPage() {
  const t = useMessages();
  const me = useMe();
  const { busy, error, run } = useAction();
  const signOutEverywhere = () =>
    void run(async () => {
      await unwrap(api.DELETE("/api/v1/auth/sessions"));
      leaveSignedOut();
    });
  return (
    <Page title={t.account.title}>
      <Section title={t.account.signedInAs(me.login)}>
        <p>
          {t.account.username}
          {t.colon} <CopyableCode text={me.username} />
        </p>
        {me.administrator && <p>{t.account.administrator}</p>}
        {error && <ErrorNotice error={error} />}
        <p class="hint">{t.signIn.signOutEverywhereHint}</p>
        <button type="button" disabled={busy} onClick={signOutEverywhere}>
          {t.signIn.signOutEverywhere}
        </button>
      </Section>
      <Tokens />
      <Section title={t.account.activity}>
        <AuditLog
          deps={[]}
          fetchEntries={(limit, signal) => unwrap(api.GET("/api/v1/auth/audit", { params: { query: { limit } }, signal }))}
        />
      </Section>
    </Page>
  );
}

function Tokens() {
  const t = useMessages();
  const result = useQuery(
    (signal) => unwrap(api.GET("/api/v1/auth/tokens", { params: { query: { limit: 200 } }, signal })),
    [],
  );
  const { busy, error, run } = useAction();
  const [created, setCreated] = useState<CreatedToken | null>(null);
  const revoke = (token: number) =>
    void run(async () => {
      await unwrap(api.DELETE("/api/v1/auth/tokens/{token}", { params: { path: { token } } }));
      if (created?.id === token) setCreated(null);
      result.refetch();
    });
  const onCreate = (token: CreatedToken | null) => {
    setCreated(token);
    if (token) result.refetch();
  };
  return (
    <Section title={t.account.tokens}>
      <p class="hint">{t.account.tokensHint}</p>
      {error && <ErrorNotice error={error} />}
      <NewToken created={created} onCreate={onCreate} />
      <QueryView result={result}>
        {({ tokens }) =>
          tokens.length === 0 ? (
            <p class="muted">{t.account.noTokens}</p>
          ) : (
            <ul class="rows">
              {tokens.map((token) => (
                <TokenRow key={token.id} token={token} busy={busy} revoke={() => revoke(token.id)} />
              ))}
            </ul>
          )
        }
      </QueryView>
    </Section>
  );
}

function TokenRow({ token, busy, revoke }: { token: Token; busy: boolean; revoke: () => void }) {
  const { t, language } = useI18n();
  const scopes = token.scopes.map((scope) => lookup<string>(t.account.scope, scope) ?? scope);
  return (
    <li>
      <div>
        <strong>{token.name}</strong> <span class="muted">{scopes.join(", ")}</span>
        <div class="muted">
          {t.account.expires} <RelativeTime time={token.expires_at} /> ·{" "}
          {token.last_used_on === null ? t.account.neverUsed : t.account.lastUsed(formatDate(token.last_used_on, language))}
        </div>
      </div>
      <div class="row-end">
        {token.revoked_at === null ? (
          <button type="button" disabled={busy} onClick={revoke}>
            {t.account.revoke}
          </button>
        ) : (
          <span class="muted" title={formatDateTime(token.revoked_at, language)}>
            {t.account.revoked}
          </span>
        )}
      </div>
    </li>
  );
}

/** A new token with its secret, which the API returns only once. */
type CreatedToken = Pick<TokenCreated, "id" | "token">;

interface NewTokenProps {
  created: CreatedToken | null;
  onCreate: (token: CreatedToken | null) => void;
}

function NewToken({ created, onCreate }: NewTokenProps) {
  const t = useMessages();
  const [name, setName] = useState("");
  const [selected, setSelected] = useState<ReadonlySet<Scope>>(new Set(["read"]));
  const [days, setDays] = useState(90);
  const { busy, error, run } = useAction();
  const create = () =>
    void run(async () => {
      onCreate(null);
      // The API's times have no fractional seconds.
      const expires_at = new Date(Date.now() + days * 86_400_000).toISOString().replace(/\.\d+Z$/, "Z");
      const body = { name: name.trim(), scopes: SCOPES.filter((scope) => selected.has(scope)), expires_at };
      onCreate(await unwrap(api.POST("/api/v1/auth/tokens", { body })));
      setName("");
    });
  return (
    <Form error={error} onSubmit={create}>
      {created !== null && (
        <Notice kind="success">
          <p>{t.account.shownOnce}</p>
          <p class="wrap-anywhere">
            <CopyableCode text={created.token} />
          </p>
        </Notice>
      )}
      <div class="two-columns">
        <TextField name="name" label={t.account.tokenName} value={name} onChange={setName} />
        <div class="field">
          <label for="field-expires_at">{t.account.expires}</label>
          <select id="field-expires_at" value={days} onChange={(event) => setDays(Number(event.currentTarget.value))}>
            {TOKEN_LIFETIMES_DAYS.map((days) => (
              <option key={days} value={days}>
                {t.account.expiresIn(days)}
              </option>
            ))}
          </select>
        </div>
      </div>
      <ScopesField selected={selected} onChange={setSelected} />
      <div class="actions">
        <button type="submit" disabled={busy}>
          {t.account.create}
        </button>
      </div>
    </Form>
  );
}

interface ScopesFieldProps {
  selected: ReadonlySet<Scope>;
  onChange: (selected: ReadonlySet<Scope>) => void;
}

function ScopesField({ selected, onChange }: ScopesFieldProps) {
  const t = useMessages();
  const { administrator } = useMe();
  const available = SCOPES.filter((scope) => administrator || !ADMINISTRATOR_SCOPES.includes(scope));
  const toggle = (scope: Scope, on: boolean) => {
    const next = new Set(selected);
    if (on) next.add(scope);
    else next.delete(scope);
    onChange(next);
  };
  return (
    <FieldGroup name="scopes" label={t.account.scopes}>
      {available.map((scope) => (
        <CheckboxField
          key={scope}
          name={`scope-${scope}`}
          label={t.account.scope[scope]}
          value={selected.has(scope)}
          onChange={(on) => toggle(scope, on)}
        />
      ))}
    </FieldGroup>
  );
}
