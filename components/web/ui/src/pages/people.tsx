// For administrators: who gets in, and whether the platform is well.
import { useState } from "preact/hooks";
import { useAct } from "../api/act";
import { api, content } from "../api/client";
import { Failure, failure } from "../api/failure";
import { useLoad } from "../api/load";
import type { Readiness } from "../api/types";
import { useT } from "../i18n";
import { useMe } from "../me";
import { Confirm } from "../parts/confirm";
import { Form, Text } from "../parts/form";
import { FailureNotice, Notice } from "../parts/notice";
import { Page, Shown } from "../parts/page";
import { Said } from "../parts/said";
import { Badge, Section } from "../parts/small";
import { Trail } from "../parts/trail";

export function People() {
  const t = useT();
  const me = useMe();
  return (
    <Page title={t.people.title}>
      {me.administrator ? (
        <>
          <Access />
          <Health />
        </>
      ) : (
        <Notice>{t.people.notYours(me.login)}</Notice>
      )}
    </Page>
  );
}

function trailOf(username: string, limit: number, signal: AbortSignal | null = null) {
  const params = { path: { username }, query: { limit } };
  return content(api.GET("/api/v1/auth/people/{username}/audit", { params, signal }));
}

function Access() {
  const t = useT();
  const [name, setName] = useState("");
  const [found, setFound] = useState<string | null>(null);
  const { busy, failure, run } = useAct();
  const find = () =>
    void run(async () => {
      const username = name.trim();
      setFound(null);
      try {
        await trailOf(username, 1);
      } catch (thrown) {
        throw thrown instanceof Failure && thrown.status === 404 ? nobody(username) : thrown;
      }
      setFound(username);
    });
  return (
    <>
      <Section title={t.people.access}>
        <Form failure={failure} onSubmit={find}>
          <Text
            name="username"
            label={t.settings.username}
            hint={t.people.usernameHint}
            value={name}
            onText={setName}
          />
          <div class="actions">
            <button type="submit" disabled={busy || name.trim() === ""}>
              {t.people.find}
            </button>
          </div>
        </Form>
      </Section>
      {found !== null && <Person key={found} username={found} />}
    </>
  );
}

/** As the API says it of a member. */
function nobody(username: string): Failure {
  const detail = `nobody with the name '${username}' has signed in here yet`;
  return new Failure("invalid", 422, "", [{ field: "username", detail }]);
}

function Person({ username }: { username: string }) {
  const t = useT();
  const me = useMe();
  const [asked, setAsked] = useState(false);
  const [done, setDone] = useState<"taken" | "given" | null>(null);
  const { busy, failure, run, clear } = useAct();
  const change = (to: "taken" | "given") =>
    void run(async () => {
      const [path, params] = ["/api/v1/auth/people/{username}/block", { path: { username } }] as const;
      setDone(null);
      await content<unknown>(to === "taken" ? api.PUT(path, { params }) : api.DELETE(path, { params }));
      setAsked(false);
      setDone(to);
    });
  return (
    <Section title={username}>
      {done !== null && <Notice kind="good">{t.people[done](username)}</Notice>}
      {failure && !asked && <FailureNotice failure={failure} />}
      {username === me.username ? (
        <p>{t.people.yourself}</p>
      ) : (
        <div class="actions">
          <button type="button" class="danger" onClick={() => setAsked(true)}>
            {t.people.take}
          </button>
          <button type="button" disabled={busy} onClick={() => change("given")}>
            {t.people.give}
          </button>
        </div>
      )}
      {asked && (
        <Confirm
          title={t.people.takeTitle(username)}
          action={t.people.take}
          busy={busy}
          failure={failure}
          onConfirm={() => change("taken")}
          onClose={() => {
            setAsked(false);
            clear();
          }}
        >
          <ul>
            {t.people.takeHint.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        </Confirm>
      )}
      <h3>{t.people.trail}</h3>
      <Trail of={[username, done]} look={(limit, signal) => trailOf(username, limit, signal)} />
    </Section>
  );
}

function Health() {
  const t = useT();
  const loaded = useLoad(readiness, []);
  return (
    <Section title={t.people.health}>
      <Shown of={loaded}>
        {({ ready, checks }) => (
          <>
            <Notice kind={ready ? "good" : "bad"}>{ready ? t.people.well : t.people.notWell}</Notice>
            <ul class="rows">
              {checks.map(({ name, ok, detail }) => (
                <li key={name}>
                  <div>
                    <code>{name}</code>
                    <p class="break">
                      <Said text={detail} />
                    </p>
                  </div>
                  <Badge status={ok ? "success" : "failed"} label={t.people.check[`${ok}`]} />
                </li>
              ))}
            </ul>
          </>
        )}
      </Shown>
    </Section>
  );
}

/** What the platform finds of itself, of which only administrators are told the details. */
async function readiness(signal: AbortSignal): Promise<Readiness> {
  // Everybody may ask: nothing would say that the session is to be renewed first.
  await content(api.GET("/api/v1/auth/me", { signal }));
  const { data, error, response } = await api.GET("/ready", { signal });
  const found = data ?? error;
  if (found === undefined || !("checks" in found)) throw failure(response, found);
  return found;
}
