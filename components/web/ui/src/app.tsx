// Routes and the header.
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Link, Route, Switch, useLocation } from "wouter-preact";
import { useAction } from "./api/action";
import { api, unwrap } from "./api/client";
import { ApiError } from "./api/error";
import { MeContext } from "./api/me";
import { useQuery } from "./api/query";
import { onSignedOut, signOut } from "./api/session";
import type { Me } from "./api/types";
import { ErrorNotice } from "./components/notice";
import { Page, QueryView } from "./components/page";
import { useI18n, useMessages } from "./i18n";
import { AccountPage } from "./pages/account";
import { AdministrationPage } from "./pages/administration";
import { AuthorizePage } from "./pages/authorize";
import { BuildPage } from "./pages/build";
import { DeployPage } from "./pages/deploy";
import { DeploymentPage } from "./pages/deployment";
import { DocsPage } from "./pages/docs";
import { NewBuildPage } from "./pages/new-build";
import { ProjectPage } from "./pages/project";
import { ProjectsPage } from "./pages/projects";
import { ServicePage } from "./pages/service";
import { ServiceFormPage } from "./pages/service-form";
import { ProjectSettingsPage } from "./pages/settings";
import { SignInPage } from "./pages/sign-in";
import { leaveSignedOut } from "./pages/sign-out";

export function App() {
  const t = useMessages();
  const [signedOut, setSignedOut] = useState(false);
  useEffect(() => onSignedOut(() => setSignedOut(true)), []);
  const me = useQuery(fetchMe, []);
  const current = signedOut ? null : me.data;
  return (
    <>
      <a class="skip-link" href="#main">
        {t.skip}
      </a>
      <Header me={current ?? null} />
      <main id="main" tabIndex={-1}>
        <Switch>
          <Route path="/docs">
            <DocsPage />
          </Route>
          <Route path="/authorize">
            <QueryView result={me}>{(me) => <AuthorizePage me={signedOut ? null : me} />}</QueryView>
          </Route>
          <Route>
            <QueryView result={me}>
              {(me) => (me && !signedOut ? <SignedInRoutes me={me} /> : <SignInPage sessionExpired={me !== null} />)}
            </QueryView>
          </Route>
        </Switch>
      </main>
    </>
  );
}

/** The signed-in user; `null` without a session. */
async function fetchMe(signal: AbortSignal): Promise<Me | null> {
  try {
    return await unwrap(api.GET("/api/v1/auth/me", { signal }));
  } catch (thrown) {
    if (thrown instanceof ApiError && thrown.status === 401) return null;
    throw thrown;
  }
}

function NotFoundPage() {
  const t = useMessages();
  return (
    <Page title={t.pageNotFound}>
      <Link href="/">{t.nav.projects}</Link>
    </Page>
  );
}

const isProjectNumber = (text: string) => /^[1-9]\d{0,9}$/.test(text);

/** A page of the project whose number is in the path. */
function ProjectRoute({ project, page: PageOfProject }: { project: string; page: ComponentType<{ id: number }> }) {
  if (!isProjectNumber(project)) return <NotFoundPage />;
  return <PageOfProject key={project} id={Number(project)} />;
}

/** The page of a service. A name of another form could make another path of a request. */
function ServiceRoute({ project, service }: { project: string; service: string }) {
  if (!isProjectNumber(project) || !/^[a-z0-9-]+$/.test(service)) return <NotFoundPage />;
  return <ServicePage key={`${project}/${service}`} id={Number(project)} name={service} />;
}

function SignedInRoutes({ me }: { me: Me }) {
  return (
    <MeContext.Provider value={me}>
      <Switch>
        <Route path="/">
          <ProjectsPage />
        </Route>
        <Route path="/projects/:project">
          {({ project }) => <ProjectRoute project={project} page={ProjectPage} />}
        </Route>
        <Route path="/projects/:project/settings">
          {({ project }) => <ProjectRoute project={project} page={ProjectSettingsPage} />}
        </Route>
        <Route path="/projects/:project/service">
          {({ project }) => <ProjectRoute project={project} page={ServiceFormPage} />}
        </Route>
        <Route path="/projects/:project/services/:service">
          {({ project, service }) => <ServiceRoute project={project} service={service} />}
        </Route>
        <Route path="/projects/:project/build">
          {({ project }) => <ProjectRoute project={project} page={NewBuildPage} />}
        </Route>
        <Route path="/projects/:project/deploy">
          {({ project }) => <ProjectRoute project={project} page={DeployPage} />}
        </Route>
        <Route path="/builds/:build">{({ build }) => <BuildPage key={build} id={build} />}</Route>
        <Route path="/deployments/:deployment">
          {({ deployment }) => <DeploymentPage key={deployment} id={deployment} />}
        </Route>
        <Route path="/account">
          <AccountPage />
        </Route>
        <Route path="/people">
          <AdministrationPage />
        </Route>
        <Route>
          <NotFoundPage />
        </Route>
      </Switch>
    </MeContext.Provider>
  );
}

function Header({ me }: { me: Me | null }) {
  const { t, language, setLanguage } = useI18n();
  const [location] = useLocation();
  const ariaCurrent = (path: string) => (location === path ? "page" : undefined);
  const { busy, error, run } = useAction();
  return (
    <header class="site-header">
      <nav aria-label={t.nav.main}>
        <Link href="/" class="brand">
          NoKube
        </Link>
        {me && (
          <>
            <Link href="/" aria-current={ariaCurrent("/")}>
              {t.nav.projects}
            </Link>
            <Link href="/account" aria-current={ariaCurrent("/account")}>
              {t.nav.account}
            </Link>
            {me.administrator && (
              <Link href="/people" aria-current={ariaCurrent("/people")}>
                {t.nav.administration}
              </Link>
            )}
          </>
        )}
        <Link href="/docs" aria-current={ariaCurrent("/docs")}>
          {t.nav.docs}
        </Link>
      </nav>
      <div class="site-header-end">
        <button
          type="button"
          class="link"
          lang={language === "fr" ? "en" : "fr"}
          onClick={() => setLanguage(language === "fr" ? "en" : "fr")}
        >
          {language === "fr" ? "English" : "Français"}
        </button>
        {me && (
          <button type="button" class="link" disabled={busy} onClick={() => void run(() => signOut().then(leaveSignedOut))}>
            {t.signIn.signOut}
          </button>
        )}
      </div>
      {error && <ErrorNotice error={error} />}
    </header>
  );
}
