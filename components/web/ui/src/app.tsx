// Which page is shown, and for whom.
import { useEffect, useState } from "preact/hooks";
import { Link, Route, Switch, useLocation } from "wouter-preact";
import { useAct } from "./api/act";
import { api, content } from "./api/client";
import { Failure } from "./api/failure";
import { useLoad } from "./api/load";
import { leave, onSignedOut, signOut } from "./api/session";
import type { Me } from "./api/types";
import { useSpeech, useT } from "./i18n";
import { MeContext } from "./me";
import { Account } from "./pages/account";
import { BuildPage } from "./pages/build";
import { DeployPage } from "./pages/deploy";
import { DeploymentPage } from "./pages/deployment";
import { Docs } from "./pages/docs";
import { NewBuildPage } from "./pages/new-build";
import { People } from "./pages/people";
import { ProjectPage } from "./pages/project";
import { Projects } from "./pages/projects";
import { Settings } from "./pages/settings";
import { SignIn } from "./pages/sign-in";
import { FailureNotice } from "./parts/notice";
import { Page, Shown } from "./parts/page";

export function App() {
  const t = useT();
  const [signedOut, setSignedOut] = useState(false);
  useEffect(() => onSignedOut(() => setSignedOut(true)), []);
  const me = useLoad(whoAmI, []);
  const person = signedOut ? null : me.data;
  return (
    <>
      <a class="skip" href="#main">
        {t.skip}
      </a>
      <Head me={person ?? null} />
      <main id="main" tabIndex={-1}>
        <Switch>
          <Route path="/docs">
            <Docs />
          </Route>
          <Route>
            <Shown of={me}>{(found) => found && !signedOut ? <Signed me={found} /> : <SignIn again={found !== null} />}</Shown>
          </Route>
        </Switch>
      </main>
    </>
  );
}

/** Who has signed in, or `null` for nobody. */
async function whoAmI(signal: AbortSignal): Promise<Me | null> {
  try {
    return await content(api.GET("/api/v1/auth/me", { signal }));
  } catch (thrown) {
    if (thrown instanceof Failure && thrown.status === 401) return null;
    throw thrown;
  }
}

function Signed({ me }: { me: Me }) {
  const t = useT();
  return (
    <MeContext.Provider value={me}>
      <Switch>
        <Route path="/">
          <Projects />
        </Route>
        <Route path="/projects/:project">{({ project }) => <ProjectPage key={project} id={Number(project)} />}</Route>
        <Route path="/projects/:project/settings">
          {({ project }) => <Settings key={project} id={Number(project)} />}
        </Route>
        <Route path="/projects/:project/build">
          {({ project }) => <NewBuildPage key={project} id={Number(project)} />}
        </Route>
        <Route path="/projects/:project/deploy">
          {({ project }) => <DeployPage key={project} id={Number(project)} />}
        </Route>
        <Route path="/builds/:build">{({ build }) => <BuildPage key={build} id={build} />}</Route>
        <Route path="/deployments/:deployment">
          {({ deployment }) => <DeploymentPage key={deployment} id={deployment} />}
        </Route>
        <Route path="/account">
          <Account />
        </Route>
        <Route path="/people">
          <People />
        </Route>
        <Route>
          <Page title={t.pageMissing}>
            <Link href="/">{t.nav.projects}</Link>
          </Page>
        </Route>
      </Switch>
    </MeContext.Provider>
  );
}

function Head({ me }: { me: Me | null }) {
  const { t, language, speak } = useSpeech();
  const [at] = useLocation();
  const here = (path: string) => (at === path ? "page" : undefined);
  const out = useAct();
  return (
    <header class="head">
      <nav aria-label={t.nav.main}>
        <Link href="/" class="brand">
          NoKube
        </Link>
        {me && (
          <>
            <Link href="/" aria-current={here("/")}>
              {t.nav.projects}
            </Link>
            <Link href="/account" aria-current={here("/account")}>
              {t.nav.account}
            </Link>
            {me.administrator && (
              <Link href="/people" aria-current={here("/people")}>
                {t.nav.people}
              </Link>
            )}
          </>
        )}
        <Link href="/docs" aria-current={here("/docs")}>
          {t.nav.docs}
        </Link>
      </nav>
      <div class="head-end">
        <button
          type="button"
          class="link"
          lang={language === "fr" ? "en" : "fr"}
          onClick={() => speak(language === "fr" ? "en" : "fr")}
        >
          {language === "fr" ? "English" : "Français"}
        </button>
        {me && (
          <button type="button" class="link" disabled={out.busy} onClick={() => void out.run(() => signOut().then(leave))}>
            {t.signIn.out}
          </button>
        )}
      </div>
      {out.failure && <FailureNotice failure={out.failure} />}
    </header>
  );
}
