//! Every route of every component × who calls it. The routes come from the components themselves, so
//! one that is not thought of here fails the test. Each case is a line in the output of `make test`.

use crate::browser::Browser;
use nokube_domain::{
    BuildId, DeploymentId, Person, ProjectId,
    access::AtGitHub,
    jwt::{Audience, Claims, sign},
    session::{Identity, Keys, Use},
};
use nokube_tests::{Answer, JWT_SECRET, PLATFORM, SESSION_SECRET, User, World, claims};
use reqwest::Method;
use serde_json::{Value, json};
use std::io::Write;

/// Routes that anybody may call. This list may only shrink.
const PUBLIC: [&str; 11] = [
    "GET auth /api/v1/auth/callback",
    "GET auth /api/v1/auth/login",
    "GET auth /ready",
    "GET auth /ready/sign-in",
    "GET builds /health",
    "GET builds /ready",
    "GET deploy /ready",
    "GET deploy /ready/cluster",
    "GET webhook /ready",
    "POST auth /api/v1/auth/device",
    "POST auth /api/v1/auth/token",
];
/// Those of them that are reached by chaining only: from outside there is nothing, or another
/// component's.
const CHAINED: [&str; 5] = [
    "GET auth /ready",
    "GET auth /ready/sign-in",
    "GET deploy /ready",
    "GET deploy /ready/cluster",
    "GET webhook /ready",
];

struct Route {
    name: String,
    method: Method,
    pattern: String,
    demand: String,
    role: Option<String>,
    scope: String,
}

impl Route {
    fn read(route: &Value) -> Self {
        let text = |name: &str| route[name].as_str().map(str::to_owned);
        let (method, pattern) = (text("method").unwrap(), text("path").unwrap());
        Self {
            name: format!("{method} {} {pattern}", text("component").unwrap()),
            method: method.parse().unwrap(),
            pattern,
            demand: text("demand").unwrap(),
            role: text("role"),
            scope: text("scope").unwrap_or_else(|| "account".into()),
        }
    }

    /// The path and the body of a request about the objects of a project.
    fn request(&self, of: &Objects) -> (String, Value) {
        let path = self
            .pattern
            .replace("{project}", &of.project.to_string())
            .replace("{build}", &of.build)
            .replace("{deployment}", &of.deployment)
            .replace("{token}", "1")
            .replace("{username}", "alice");
        assert!(!path.contains('{'), "{}: what does its path mean?", self.name);
        let path = match self.name.as_str() {
            "GET builds /api/v1/builds" => format!("{path}?project_id={}", of.project),
            _ => path,
        };
        let body = match self.pattern.as_str() {
            "/api/v1/builds" | "/api/v1/deploy" => json!({ "project_id": of.project }),
            "/api/v1/projects/{project}/members/{username}" => json!({ "role": "viewer" }),
            _ => json!({}),
        };
        (path, body)
    }

    fn is_about_a_project(&self) -> bool {
        self.demand.starts_with("role")
    }
}

/// What the paths are about.
struct Objects {
    project: u64,
    build: String,
    deployment: String,
}

impl Objects {
    fn nowhere() -> Self {
        Self {
            project: 999_999,
            build: BuildId::new(ProjectId(999_999), 7, 1).to_string(),
            deployment: DeploymentId::new(ProjectId(999_999), 7, 2).to_string(),
        }
    }

    /// `text` without what names these objects.
    fn blank(&self, text: &str) -> String {
        let text = text.replace(&self.build, "BUILD").replace(&self.deployment, "DEPLOYMENT");
        text.replace(&format!("/projects/{}", self.project), "/projects/PROJECT")
    }
}

/// Callers whose credentials prove nothing (any more).
async fn nobodies(world: &World) -> Vec<(&'static str, Option<String>, Option<String>)> {
    let good = claims("alice");
    let token = |claims: Claims, secret: &str| Some(sign(&claims, secret.as_bytes()).unwrap());
    let none = {
        use base64_url as b64;
        let header = b64(br#"{"alg":"none","typ":"JWT"}"#);
        Some(format!("{header}.{}.", b64(&serde_json::to_vec(&good).unwrap())))
    };
    let identity = Identity {
        person: Person { issuer: "https://github.com".into(), subject: "1".into() },
        login: "alice".parse().unwrap(),
        at_github: AtGitHub::Account(1),
        standing: None,
    };
    let now = jiff::Timestamp::now().as_second();
    let session = |secret: &str, issuer: &str, aud: Use, iat: i64, exp: i64| {
        let keys = Keys { issuer, secret, previous: "" };
        Some(format!("nokube_session={}", keys.seal(aud, &identity, iat, exp).unwrap()))
    };
    let mut carol = Browser::signed_in(world, "carol").await;
    let (number, revoked) = carol.token(&["read", "build", "deploy"]).await;
    carol.delete(&format!("/api/v1/auth/tokens/{number}")).await;
    let soon = jiff::Timestamp::from_second(now + 2).unwrap();
    let short =
        json!({ "name": "short", "scopes": ["read", "build", "deploy"], "expires_at": soon });
    let short = carol.post("/api/v1/auth/tokens", &short).await.expect(201);
    let short = short["token"].as_str().unwrap().to_owned();
    tokio::time::sleep(std::time::Duration::from_millis(2_100)).await;
    let unknown = format!("nkt_{}", "a".repeat(52));
    let elsewhere = Claims { aud: Audience::One("other".into()), ..good.clone() };
    vec![
        ("anonymous", None, None),
        ("garbage", Some("garbage".into()), None),
        ("expired token", token(Claims { exp: now - 3_600, ..good.clone() }, JWT_SECRET), None),
        (
            "token from the future",
            token(Claims { nbf: Some(now + 3_600), ..good.clone() }, JWT_SECRET),
            None,
        ),
        ("forged token", token(good.clone(), "another-secret-of-more-than-32-bytes"), None),
        ("token without signature", none, None),
        ("wrong audience", token(elsewhere, JWT_SECRET), None),
        (
            "wrong issuer",
            token(Claims { iss: "elsewhere".into(), ..good.clone() }, JWT_SECRET),
            None,
        ),
        ("revoked API token", Some(revoked), None),
        ("expired API token", Some(short), None),
        ("unknown API token", Some(unknown), None),
        (
            "expired session",
            None,
            session(SESSION_SECRET, PLATFORM, Use::Session, now - 900, now - 300),
        ),
        (
            "session from the future",
            None,
            session(SESSION_SECRET, PLATFORM, Use::Session, now + 900, now + 1_500),
        ),
        (
            "forged session",
            None,
            session("another-secret-of-more-than-32-bytes", PLATFORM, Use::Session, now, now + 600),
        ),
        (
            "another platform's session",
            None,
            session(SESSION_SECRET, "http://other.test", Use::Session, now, now + 600),
        ),
        (
            "bearer token as session",
            None,
            session(SESSION_SECRET, PLATFORM, Use::Bearer, now, now + 600),
        ),
    ]
}

fn base64_url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte))
            << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            text.push(ALPHABET[(word >> (18 - 6 * place)) as usize & 63] as char);
        }
    }
    text
}

/// Says a case in the output, past the test runner's capturing.
fn say(route: &Route, who: &str, status: u16) {
    let line = format!("access: {} × {who} → {status}\n", route.name);
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}

async fn ask(
    user: &User,
    route: &Route,
    of: &Objects,
    cookie: Option<&str>,
    origin: &str,
) -> Answer {
    let (path, body) = route.request(of);
    let mut request =
        user.request(route.method.clone(), &path).header("origin", origin).json(&body);
    if let Some(cookie) = cookie {
        request = request.header("cookie", cookie);
    }
    Answer::of(request).await
}

#[tokio::test]
async fn every_route_refuses_everybody_who_may_not() {
    let world = World::new().await;
    let listed = world.user("alice").get("/api/v1/routes").await.expect(200);
    let routes: Vec<_> = listed["routes"].as_array().unwrap().iter().map(Route::read).collect();
    assert!(routes.len() >= 50, "{} routes", routes.len());

    // Alice's project, in which bob is a viewer. Mallory has nothing to do with it.
    let mut alice = Browser::signed_in(&world, "alice").await;
    let mut viewer = Browser::signed_in(&world, "bob").await;
    let project = alice.project("myapp").await["id"].as_u64().unwrap();
    let bob = viewer.username().await;
    let role = json!({ "role": "viewer" });
    alice.put(&format!("/api/v1/projects/{project}/members/{bob}"), &role).await.expect(200);
    let wanted = json!({
        "project_id": project, "repository_url": "https://github.com/acme/shop",
        "image_name": "myapp", "service_name": "frontend",
    });
    let build = alice.post("/api/v1/builds", &wanted).await.expect(202);
    let build = build["build_id"].as_str().unwrap().to_owned();
    let pid = ProjectId(u32::try_from(project).unwrap());
    let theirs = Objects { project, build, deployment: DeploymentId::new(pid, 1, 1).to_string() };
    let nothing = Objects::nowhere();
    world.sim.settled().await.ok();
    alice.get(&format!("/api/v1/builds/{}", theirs.build)).await;

    let nobodies = nobodies(&world).await;
    let mallory = world.user("mallory");
    let scopes = [
        ("read", vec!["read"]),
        ("build", vec!["read", "build"]),
        ("deploy", vec!["read", "deploy"]),
    ];
    let mut machines = Vec::new();
    for (scope, allows) in scopes {
        let (_, token) = alice.token(&[scope]).await;
        machines.push((scope, allows, world.bearer(&token)));
    }
    let cookie =
        |browser: &Browser| format!("nokube_session={}", browser.cookies["nokube_session"]);
    let (alice_cookie, viewer_cookie) = (cookie(&alice), cookie(&viewer));

    for route in &routes {
        if route.demand == "public" {
            assert!(PUBLIC.contains(&route.name.as_str()), "{} is public", route.name);
            if !CHAINED.contains(&route.name.as_str()) {
                let answer = ask(&world.anybody(), route, &theirs, None, PLATFORM).await;
                say(route, "anonymous", answer.status);
                assert!(
                    ![401, 403, 404].contains(&answer.status),
                    "{}: {}",
                    route.name,
                    answer.text
                );
            }
            continue;
        }
        for (who, token, cookie) in &nobodies {
            let user = token.as_ref().map_or_else(|| world.anybody(), |token| world.bearer(token));
            let answer = ask(&user, route, &theirs, cookie.as_deref(), PLATFORM).await;
            say(route, who, answer.status);
            assert_eq!(answer.status, 401, "{} × {who}: {}", route.name, answer.text);
        }
        match route.demand.as_str() {
            "signature" | "renewal" => continue, // Nothing else opens these.
            "signed-in" | "role" | "role-or-administrator" | "administrator" => {}
            other => panic!("{}: what does '{other}' mean?", route.name),
        }
        if route.method != Method::GET {
            for origin in ["http://evil.test", "null", "http://nokube.test.evil.test"] {
                let answer =
                    ask(&world.anybody(), route, &theirs, Some(&alice_cookie), origin).await;
                say(route, "another page", answer.status);
                assert_eq!(answer.status, 403, "{} from {origin}: {}", route.name, answer.text);
            }
        }
        for (scope, allows, machine) in &machines {
            if !allows.contains(&route.scope.as_str()) {
                let answer = ask(machine, route, &theirs, None, PLATFORM).await;
                say(route, &format!("token with scope {scope}"), answer.status);
                assert_eq!(answer.status, 403, "{} × {scope}: {}", route.name, answer.text);
            }
        }
        if route.demand == "administrator" {
            let answer =
                ask(&world.anybody(), route, &theirs, Some(&viewer_cookie), PLATFORM).await;
            say(route, "no administrator", answer.status);
            assert_eq!(answer.status, 403, "{}: {}", route.name, answer.text);
        }
        if !route.is_about_a_project() {
            continue;
        }
        let (told, cost) = world.cost(ask(&mallory, route, &theirs, None, PLATFORM)).await;
        let (none, none_cost) = world.cost(ask(&mallory, route, &nothing, None, PLATFORM)).await;
        say(route, "other tenant", told.status);
        assert_eq!(told.status, 404, "{}: {}", route.name, told.text);
        assert_eq!(
            theirs.blank(&told.text),
            nothing.blank(&none.text),
            "{}: the same bytes as what does not exist",
            route.name
        );
        assert_eq!(cost, none_cost, "{}: the same round trips", route.name);
        let lacks = route.role.as_deref() != Some("viewer");
        let of_others = route.name == "DELETE builds /api/v1/projects/{project}/members/{username}";
        let answer = ask(&world.anybody(), route, &theirs, Some(&viewer_cookie), PLATFORM).await;
        say(route, "viewer", answer.status);
        match lacks || of_others {
            true => assert_eq!(answer.status, 403, "{} × viewer: {}", route.name, answer.text),
            false => {
                assert!(![401, 403].contains(&answer.status), "{}: {}", route.name, answer.text)
            }
        }
    }
    // Nothing of all that has changed anything.
    alice.get(&format!("/api/v1/projects/{project}/members")).await.expect(200);
    world.end().await;
}

/// A component without a row in the list of routes would not be tested.
#[tokio::test]
async fn every_component_of_the_manifest_lists_its_routes() {
    let world = World::new().await;
    let listed = world.user("alice").get("/api/v1/routes").await.expect(200);
    let manifest = include_str!("../../spin.toml");
    let named = manifest.lines().filter_map(|line| {
        line.strip_prefix("[component.")?.strip_suffix(']').filter(|name| !name.contains('.'))
    });
    // The page's files are everybody's: its component has no storage, no secret and no host to reach.
    let named = named.filter(|name| *name != "web");
    for component in named {
        let listed = listed["routes"].as_array().unwrap();
        assert!(listed.iter().any(|route| route["component"] == component), "{component}");
    }
    world.end().await;
}
