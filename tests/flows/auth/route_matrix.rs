//! Every route of every component × every kind of unauthorized caller. The list comes from the components, so a new route
//! that is not covered fails the test. Each case prints a line in the output of `make test`.

use crate::support::{begin_rate_limit_window, browser::Browser};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use nokube_domain::{
    BuildId, DeploymentId, Person, ProjectId,
    access::GitHubIdentity,
    jwt::{Audience, Claims, sign},
    session::{Identity, Purpose, SigningKeys},
};
use nokube_tests::{
    JWT_SECRET, PLATFORM_URL, Response, SESSION_SECRET, TestPlatform, User, claims,
};
use reqwest::Method;
use serde_json::{Value, json};
use std::io::Write;

/// Public routes. A new one needs a caller that has no credentials, such as a probe.
const PUBLIC: [&str; 9] = [
    "GET auth /api/v1/auth/callback",
    "GET auth /api/v1/auth/login",
    "GET platform /api/v1/reconcile",
    "GET platform /health",
    "GET platform /live",
    "GET platform /ready",
    "POST auth /api/v1/auth/device",
    "POST auth /api/v1/auth/token",
    "POST platform /api/v1/reconcile",
];
/// Routes without authentication that are only reachable from other components (by chaining). From outside, their paths
/// are not found or belong to another component.
const INTERNAL: [&str; 17] = [
    "GET auth /ready",
    "GET auth /ready/sign-in",
    "GET builds /ready",
    "GET builds /ready/github",
    "GET builds /ready/registry",
    "GET deploy /ready",
    "GET deploy /ready/images",
    "GET deploy /ready/cluster",
    "GET deploy /ready/routing",
    "GET webhook /ready",
    "POST builds /internal/builds/{build}",
    "POST builds /internal/deployments/{deployment}",
    "POST builds /internal/reconcile",
    "POST builds /internal/work/{n}",
    "POST deploy /internal/reconcile",
    "POST deploy /internal/services/{project}/{service}/automation",
    "POST deploy /internal/services/{project}/{service}/previews/{number}",
];

struct Route {
    name: String,
    method: Method,
    pattern: String,
    policy: String,
    role: Option<String>,
    scope: String,
}

impl Route {
    fn from_json(route: &Value) -> Self {
        let text = |name: &str| route[name].as_str().map(str::to_owned);
        let (method, pattern) = (text("method").unwrap(), text("path").unwrap());
        Self {
            name: format!("{method} {} {pattern}", text("component").unwrap()),
            method: method.parse().unwrap(),
            pattern,
            policy: text("demand").unwrap(),
            role: text("role"),
            scope: text("scope").unwrap_or_else(|| "account".into()),
        }
    }

    /// The path and the body of a request for these objects.
    fn request(&self, objects: &Objects) -> (String, Value) {
        let path = self
            .pattern
            .replace("{project}", &objects.project.to_string())
            .replace("{build}", &objects.build)
            .replace("{deployment}", &objects.deployment)
            .replace("{token}", "1")
            .replace("{username}", "alice")
            .replace("{repository}", "1")
            .replace("{n}", "1")
            .replace("{number}", "1")
            .replace("{service}", "frontend");
        assert!(!path.contains('{'), "{}: unknown path parameter", self.name);
        let path = match self.name.as_str() {
            "GET builds /api/v1/builds" => format!("{path}?project_id={}", objects.project),
            _ => path,
        };
        let body = match self.pattern.as_str() {
            "/api/v1/builds" | "/api/v1/deploy" => json!({ "project_id": objects.project }),
            "/api/v1/projects/{project}/members/{username}" => json!({ "role": "viewer" }),
            _ => json!({}),
        };
        (path, body)
    }

    fn is_about_a_project(&self) -> bool {
        self.policy.starts_with("role")
    }
}

/// The objects that a request refers to.
struct Objects {
    project: u64,
    build: String,
    deployment: String,
}

impl Objects {
    fn missing() -> Self {
        Self {
            project: 999_999,
            build: BuildId::new(ProjectId(999_999), 7, 1).to_string(),
            deployment: DeploymentId::new(ProjectId(999_999), 7, 2).to_string(),
        }
    }

    /// Replaces the ids of these objects in a text by placeholders.
    fn redact(&self, text: &str) -> String {
        let text = text.replace(&self.build, "BUILD").replace(&self.deployment, "DEPLOYMENT");
        text.replace(&format!("/projects/{}", self.project), "/projects/PROJECT")
    }
}

/// The name of a caller, the bearer token, and the cookie.
type InvalidCaller = (&'static str, Option<String>, Option<String>);

/// Callers with invalid credentials.
async fn invalid_callers(platform: &TestPlatform) -> Vec<InvalidCaller> {
    let tokens = callers_with_invalid_tokens(platform).await;
    tokens.into_iter().chain(callers_with_invalid_sessions()).collect()
}

async fn callers_with_invalid_tokens(platform: &TestPlatform) -> Vec<InvalidCaller> {
    let valid = claims("alice");
    let token = |claims: Claims, secret: &str| Some(sign(&claims, secret.as_bytes()).unwrap());
    let unsigned = {
        let header = URL_SAFE_NO_PAD.encode(br#"{"alg":"none","typ":"JWT"}"#);
        Some(format!("{header}.{}.", URL_SAFE_NO_PAD.encode(serde_json::to_vec(&valid).unwrap())))
    };
    let now = jiff::Timestamp::now().as_second();
    let mut carol = Browser::signed_in(platform, "carol").await;
    let (number, revoked) = carol.create_token(&["read", "build", "deploy"]).await;
    carol.delete(&format!("/api/v1/auth/tokens/{number}")).await;
    let in_2_seconds = jiff::Timestamp::from_second(now + 2).unwrap();
    let short_lived = json!({ "name": "short", "scopes": ["read", "build", "deploy"], "expires_at": in_2_seconds });
    let expired = carol.post("/api/v1/auth/tokens", &short_lived).await.expect(201);
    let expired = expired["token"].as_str().unwrap().to_owned();
    tokio::time::sleep(std::time::Duration::from_millis(2_100)).await;
    let unknown = format!("nkt_{}", "a".repeat(52));
    let other_audience = Claims { aud: Audience::One("other".into()), ..valid.clone() };
    vec![
        ("anonymous", None, None),
        ("garbage", Some("garbage".into()), None),
        ("expired token", token(Claims { exp: now - 3_600, ..valid.clone() }, JWT_SECRET), None),
        (
            "token from the future",
            token(Claims { nbf: Some(now + 3_600), ..valid.clone() }, JWT_SECRET),
            None,
        ),
        ("forged token", token(valid.clone(), "another-secret-of-more-than-32-bytes"), None),
        ("token without signature", unsigned, None),
        ("wrong audience", token(other_audience, JWT_SECRET), None),
        (
            "wrong issuer",
            token(Claims { iss: "elsewhere".into(), ..valid.clone() }, JWT_SECRET),
            None,
        ),
        ("revoked API token", Some(revoked), None),
        ("expired API token", Some(expired), None),
        ("unknown API token", Some(unknown), None),
    ]
}

fn callers_with_invalid_sessions() -> [InvalidCaller; 5] {
    let identity = Identity {
        person: Person { issuer: "https://github.com".into(), subject: "1".into() },
        login: "alice".parse().unwrap(),
        github_identity: GitHubIdentity::Account(1),
        github_membership: None,
    };
    let now = jiff::Timestamp::now().as_second();
    let cookie = |secret: &str, issuer: &str, purpose: Purpose, iat: i64, exp: i64| {
        let keys = SigningKeys { issuer, secret, previous_secret: "" };
        Some(format!("nokube_session={}", keys.sign(purpose, &identity, iat, exp).unwrap()))
    };
    [
        (
            "expired session",
            None,
            cookie(SESSION_SECRET, PLATFORM_URL, Purpose::Session, now - 900, now - 300),
        ),
        (
            "session from the future",
            None,
            cookie(SESSION_SECRET, PLATFORM_URL, Purpose::Session, now + 900, now + 1_500),
        ),
        (
            "forged session",
            None,
            cookie(
                "another-secret-of-more-than-32-bytes",
                PLATFORM_URL,
                Purpose::Session,
                now,
                now + 600,
            ),
        ),
        (
            "another platform's session",
            None,
            cookie(SESSION_SECRET, "http://other.test", Purpose::Session, now, now + 600),
        ),
        (
            "bearer token as session",
            None,
            cookie(SESSION_SECRET, PLATFORM_URL, Purpose::Bearer, now, now + 600),
        ),
    ]
}

/// Prints a case to stderr directly, because the test runner captures `println!`.
fn print_case(route: &Route, who: &str, status: u16) {
    let line = format!("access: {} × {who} → {status}\n", route.name);
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}

async fn send(
    user: &User,
    route: &Route,
    objects: &Objects,
    cookie: Option<&str>,
    origin: &str,
) -> Response {
    let (path, body) = route.request(objects);
    let mut request =
        user.request(route.method.clone(), &path).header("origin", origin).json(&body);
    if let Some(cookie) = cookie {
        request = request.header("cookie", cookie);
    }
    Response::send(request).await
}

#[tokio::test]
async fn every_route_rejects_every_unauthorized_caller() {
    let platform = TestPlatform::start().await;
    let listed = platform.user("alice").get("/api/v1/routes").await.expect(200);
    let routes: Vec<_> =
        listed["routes"].as_array().unwrap().iter().map(Route::from_json).collect();
    assert!(routes.len() >= 50, "{} routes", routes.len());

    // Alice's project. Bob is a viewer in it, mallory is not a member.
    let mut alice = Browser::signed_in(&platform, "alice").await;
    let mut viewer = Browser::signed_in(&platform, "bob").await;
    let project = alice.create_project("myapp").await["id"].as_u64().unwrap();
    alice.add_member(&json!(project), &mut viewer, "viewer").await;
    let body = json!({
        "project_id": project, "repository_url": "https://github.com/acme/shop",
        "image_name": "myapp", "service_name": "frontend",
    });
    let build = alice.post("/api/v1/builds", &body).await.expect(202);
    let build = build["build_id"].as_str().unwrap().to_owned();
    let pid = ProjectId(u32::try_from(project).unwrap());
    let existing = Objects { project, build, deployment: DeploymentId::new(pid, 1, 1).to_string() };
    let missing = Objects::missing();
    platform.settle().await;
    let read = alice.get(&format!("/api/v1/builds/{}", existing.build)).await;
    platform.wait_until_logged(&read).await;

    let invalid_callers = invalid_callers(&platform).await;
    let mallory = platform.user("mallory");
    let scopes = [
        ("read", vec!["read"]),
        ("build", vec!["read", "build"]),
        ("deploy", vec!["read", "deploy"]),
        ("projects", vec!["projects"]),
    ];
    let mut tokens = Vec::new();
    for (scope, allowed_scopes) in scopes {
        let (_, token) = alice.create_token(&[scope]).await;
        tokens.push((scope, allowed_scopes, platform.user_with_token(&token)));
    }
    let cookie =
        |browser: &Browser| format!("nokube_session={}", browser.cookies["nokube_session"]);
    let (alice_cookie, viewer_cookie) = (cookie(&alice), cookie(&viewer));

    for route in &routes {
        if route.policy == "public" {
            let is_internal = INTERNAL.contains(&route.name.as_str());
            assert!(
                is_internal || PUBLIC.contains(&route.name.as_str()),
                "{} is public",
                route.name
            );
            if !is_internal {
                let response =
                    send(&platform.anonymous(), route, &existing, None, PLATFORM_URL).await;
                print_case(route, "anonymous", response.status);
                assert!(
                    ![401, 403, 404].contains(&response.status),
                    "{}: {}",
                    route.name,
                    response.text
                );
            }
            continue;
        }
        for (who, token, cookie) in &invalid_callers {
            let user = token
                .as_ref()
                .map_or_else(|| platform.anonymous(), |token| platform.user_with_token(token));
            let response = send(&user, route, &existing, cookie.as_deref(), PLATFORM_URL).await;
            print_case(route, who, response.status);
            assert_eq!(response.status, 401, "{} × {who}: {}", route.name, response.text);
        }
        match route.policy.as_str() {
            "signature" | "renewal" => continue, // No other credential is accepted there.
            "authenticated" | "signed_in" | "role" | "role_or_administrator" | "administrator" => {}
            other => panic!("{}: unknown policy '{other}'", route.name),
        }
        if route.method != Method::GET {
            for origin in ["http://evil.test", "null", "http://nokube.test.evil.test"] {
                let response =
                    send(&platform.anonymous(), route, &existing, Some(&alice_cookie), origin)
                        .await;
                print_case(route, "cross-origin request", response.status);
                assert_eq!(response.status, 403, "{} from {origin}: {}", route.name, response.text);
            }
        }
        for (scope, allowed_scopes, machine) in &tokens {
            if !allowed_scopes.contains(&route.scope.as_str()) && route.policy != "authenticated" {
                let response = send(machine, route, &existing, None, PLATFORM_URL).await;
                print_case(route, &format!("token with scope {scope}"), response.status);
                assert_eq!(response.status, 403, "{} × {scope}: {}", route.name, response.text);
            }
        }
        if route.policy == "administrator" {
            let response =
                send(&platform.anonymous(), route, &existing, Some(&viewer_cookie), PLATFORM_URL)
                    .await;
            print_case(route, "not an administrator", response.status);
            assert_eq!(response.status, 403, "{}: {}", route.name, response.text);
        }
        if !route.is_about_a_project() {
            continue;
        }
        begin_rate_limit_window(send(&mallory, route, &missing, None, PLATFORM_URL)).await;
        let (foreign, cost) =
            platform.measure(send(&mallory, route, &existing, None, PLATFORM_URL)).await;
        let (not_found, not_found_cost) =
            platform.measure(send(&mallory, route, &missing, None, PLATFORM_URL)).await;
        print_case(route, "other tenant", foreign.status);
        assert_eq!(foreign.status, 404, "{}: {}", route.name, foreign.text);
        assert_eq!(
            existing.redact(&foreign.text),
            missing.redact(&not_found.text),
            "{}: the same bytes as for objects that do not exist",
            route.name
        );
        assert_eq!(cost, not_found_cost, "{}: the same round trips", route.name);
        let needs_more = route.role.as_deref() != Some("viewer");
        // Members can remove themselves only.
        let removes_another =
            route.name == "DELETE platform /api/v1/projects/{project}/members/{username}";
        let response =
            send(&platform.anonymous(), route, &existing, Some(&viewer_cookie), PLATFORM_URL).await;
        print_case(route, "viewer", response.status);
        match needs_more || removes_another {
            true => assert_eq!(response.status, 403, "{} × viewer: {}", route.name, response.text),
            false => {
                assert!(![401, 403].contains(&response.status), "{}: {}", route.name, response.text)
            }
        }
    }
    // None of the requests has changed anything.
    alice.get(&format!("/api/v1/projects/{project}/members")).await.expect(200);
    platform.finish().await;
}

/// Otherwise the test above would not cover the component.
#[tokio::test]
async fn every_component_of_the_manifest_lists_its_routes() {
    let platform = TestPlatform::start().await;
    let listed = platform.user("alice").get("/api/v1/routes").await.expect(200);
    let manifest = include_str!("../../../spin.toml");
    let components = manifest.lines().filter_map(|line| {
        line.strip_prefix("[component.")?.strip_suffix(']').filter(|name| !name.contains('.'))
    });
    // `web` serves public static files only: it has no store, no secrets and no allowed hosts.
    for component in components.filter(|name| *name != "web") {
        let routes = listed["routes"].as_array().unwrap();
        assert!(routes.iter().any(|route| route["component"] == component), "{component}");
    }
    platform.finish().await;
}
