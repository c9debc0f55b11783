// Who has signed in, their API tokens, and what they did.
import { useState } from "preact/hooks";
import { useAct } from "../api/act";
import { api, content } from "../api/client";
import { useLoad } from "../api/load";
import { leave } from "../api/session";
import type { Token, TokenCreated } from "../api/types";
import { useSpeech, useT } from "../i18n";
import { known } from "../i18n/known";
import { moment } from "../i18n/time";
import { useMe } from "../me";
import { Check, Form, Group, Text } from "../parts/form";
import { FailureNotice, Notice } from "../parts/notice";
import { Page, Shown } from "../parts/page";
import { Exact, Section, When } from "../parts/small";
import { Trail } from "../parts/trail";

/** The last one is for administrators. */
const scopes = ["read", "build", "deploy", "metrics"] as const;
type Scope = (typeof scopes)[number];

/** Days that a token may live. */
const lives = [7, 30, 90, 365] as const;

export function Account() {
  const t = useT();
  const me = useMe();
  const { busy, failure, run } = useAct();
  const everywhere = () =>
    void run(async () => {
      await content(api.DELETE("/api/v1/auth/sessions"));
      leave();
    });
  return (
    <Page title={t.account.title}>
      <Section title={t.account.you(me.login)}>
        <p>
          {t.account.username}
          {t.colon} <Exact text={me.username} />
        </p>
        {me.administrator && <p>{t.account.administrator}</p>}
        {failure && <FailureNotice failure={failure} />}
        <p class="hint">{t.signIn.outEverywhereHint}</p>
        <button type="button" disabled={busy} onClick={everywhere}>
          {t.signIn.outEverywhere}
        </button>
      </Section>
      <Tokens />
      <Section title={t.account.trail}>
        <Trail
          of={[]}
          look={(limit, signal) => content(api.GET("/api/v1/auth/audit", { params: { query: { limit } }, signal }))}
        />
      </Section>
    </Page>
  );
}

function Tokens() {
  const t = useT();
  const loaded = useLoad(
    (signal) => content(api.GET("/api/v1/auth/tokens", { params: { query: { limit: 200 } }, signal })),
    [],
  );
  const { busy, failure, run } = useAct();
  const [made, setMade] = useState<Made | null>(null);
  const revoke = (token: number) =>
    void run(async () => {
      await content(api.DELETE("/api/v1/auth/tokens/{token}", { params: { path: { token } } }));
      if (made?.id === token) setMade(null);
      loaded.reload();
    });
  const create = (made: Made | null) => {
    setMade(made);
    if (made) loaded.reload();
  };
  return (
    <Section title={t.account.tokens}>
      <p class="hint">{t.account.tokensHint}</p>
      {failure && <FailureNotice failure={failure} />}
      <NewToken made={made} onMade={create} />
      <Shown of={loaded}>
        {({ tokens }) =>
          tokens.length === 0 ? (
            <p class="quiet">{t.account.noTokens}</p>
          ) : (
            <ul class="rows">
              {tokens.map((token) => (
                <Row key={token.id} token={token} busy={busy} revoke={() => revoke(token.id)} />
              ))}
            </ul>
          )
        }
      </Shown>
    </Section>
  );
}

function Row({ token, busy, revoke }: { token: Token; busy: boolean; revoke: () => void }) {
  const { t, language } = useSpeech();
  return (
    <li>
      <div>
        <strong>{token.name}</strong> <span class="quiet">{token.scopes.map((scope) => word(scope, t.account.scope)).join(", ")}</span>
        <div class="quiet">
          {t.account.expires} <When at={token.expires_at} /> ·{" "}
          {token.last_used_on === null ? t.account.neverUsed : t.account.lastUsed(day(token.last_used_on, language))}
        </div>
      </div>
      <div class="end">
        {token.revoked_at === null ? (
          <button type="button" disabled={busy} onClick={revoke}>
            {t.account.revoke}
          </button>
        ) : (
          <span class="quiet" title={moment(token.revoked_at, language)}>
            {t.account.revoked}
          </span>
        )}
      </div>
    </li>
  );
}

const word = (scope: string, words: Record<string, string>) => known(words, scope) ?? scope;

/** A day, which is one and the same in every zone. */
function day(date: string, language: string): string {
  return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeZone: "UTC" }).format(new Date(date));
}

/** A token as it is shown once. */
type Made = Pick<TokenCreated, "id" | "token">;

function NewToken({ made, onMade }: { made: Made | null; onMade: (made: Made | null) => void }) {
  const t = useT();
  const { administrator } = useMe();
  const offered = scopes.filter((scope) => scope !== "metrics" || administrator);
  const [name, setName] = useState("");
  const [chosen, setChosen] = useState<ReadonlySet<Scope>>(new Set(["read"]));
  const [days, setDays] = useState(90);
  const { busy, failure, run } = useAct();
  const toggle = (scope: Scope, on: boolean) => {
    const next = new Set(chosen);
    if (on) next.add(scope);
    else next.delete(scope);
    setChosen(next);
  };
  const create = () =>
    void run(async () => {
      onMade(null);
      // To the second: the API's times have no more.
      const expires_at = new Date(Date.now() + days * 86_400_000).toISOString().replace(/\.\d+Z$/, "Z");
      const body = { name: name.trim(), scopes: scopes.filter((scope) => chosen.has(scope)), expires_at };
      onMade(await content(api.POST("/api/v1/auth/tokens", { body })));
      setName("");
    });
  return (
    <Form failure={failure} onSubmit={create}>
      {made !== null && (
        <Notice kind="good">
          <p>{t.account.shownOnce}</p>
          <p class="break">
            <Exact text={made.token} />
          </p>
        </Notice>
      )}
      <div class="pair">
        <Text name="name" label={t.account.tokenName} value={name} onText={setName} />
        <div class="field">
          <label for="field-expires_at">{t.account.expires}</label>
          <select id="field-expires_at" value={days} onChange={(event) => setDays(Number(event.currentTarget.value))}>
            {lives.map((days) => (
              <option key={days} value={days}>
                {t.account.expiresIn(days)}
              </option>
            ))}
          </select>
        </div>
      </div>
      <Group name="scopes" label={t.account.scopes}>
        {offered.map((scope) => (
          <Check
            key={scope}
            name={`scope-${scope}`}
            label={t.account.scope[scope]}
            value={chosen.has(scope)}
            onCheck={(on) => toggle(scope, on)}
          />
        ))}
      </Group>
      <div class="actions">
        <button type="submit" disabled={busy}>
          {t.account.create}
        </button>
      </div>
    </Form>
  );
}
