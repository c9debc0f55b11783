//! Assembles the operations into one OpenAPI document.

use crate::{
    COMPONENTS,
    operation::{http_method, operation},
    shared_responses::extract_shared_responses,
    strict::make_strict,
};
use nokube_contract::schemas::{self, Schemas};
use utoipa::openapi::{
    ComponentsBuilder, Header, HeaderBuilder, InfoBuilder, License, OpenApi, OpenApiBuilder, Paths,
    Schema, Server,
    path::PathItem,
    security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    tag::TagBuilder,
};

const DESCRIPTION: &str = "\
NoKube builds a Git repository into a container image and runs it on Kubernetes.

Requests and responses are JSON with names in `snake_case` and times in RFC 3339 UTC. Errors are
`application/problem+json` (RFC 9457) and list all invalid fields at once, at most 50. Unknown fields and query
parameters are rejected. A resource that belongs to somebody else is reported as not found. Every response has an
`X-Request-Id`; an id that you send (8 to 64 letters, digits, `-`, `_`, `.`) is used instead of a new one.
What you read as JSON has an `ETag`: send it in `If-None-Match` when you poll, and the response is 304 without a
body as long as nothing has changed.

To build an image: `POST /api/v1/projects`, `POST /api/v1/builds`, then `GET /api/v1/builds/{build}` until the
build has ended. To deploy it: `POST /api/v1/deploy` with its `build_id`, then
`GET /api/v1/deployments/{deployment}`.

`x-demand` of an operation is its access policy: who may call it, the lowest role in the project that is
sufficient, and the scope that a token needs. `x-events` of an event stream lists its events, each with the
schema of its JSON data.";

const SESSION: &str = "The session cookie of a signed-in browser (`__Host-nokube_session` over HTTPS). \
                       Requests that change something must come from the platform's own page.";
const BEARER: &str = "`Authorization: Bearer …`: an API token (`POST /api/v1/auth/tokens`), a short-lived \
                      token (`POST /api/v1/auth/token`), or a JWT of the external issuer that the operator \
                      has configured. The scope is the one that an API token needs; API tokens cannot \
                      have the scope `account`.";

/// The tags with their descriptions, in the order in which a new user needs them.
const TAGS: [(&str, &str); 5] = [
    (
        "Projects",
        "Groups of services with an owner and members. Builds and deployments belong to a project.",
    ),
    ("Builds", "Build an image from a repository at GitHub and push it to the registry."),
    ("Deployments", "Run an image as a service on Kubernetes."),
    ("Sign-in", "Sessions of browsers, tokens for programs, and users."),
    ("Platform", "Health, metrics, routes and webhooks of the platform."),
];

/// The tag of a route.
fn tag(component: &str, path: &str) -> &'static str {
    match component {
        "builds" => "Builds",
        "deploy" => "Deployments",
        "platform" if path.starts_with("/api/v1/projects") => "Projects",
        "auth" if path.starts_with("/api/v1/auth/") => "Sign-in",
        _ => "Platform",
    }
}

pub fn document() -> OpenApi {
    let (mut paths, mut schemas) = (Paths::new(), Schemas::default());
    for (tag_name, _) in TAGS {
        let routes = COMPONENTS.iter().flat_map(|(component, routes)| {
            routes.iter().filter(|route| tag(component, route.pattern) == tag_name)
        });
        for (route, describe) in routes.filter_map(|route| Some((route, route.describe?))) {
            let operation = operation(route, tag_name, describe(), &mut schemas);
            let item = PathItem::new(http_method(route), operation);
            match paths.paths.get_mut(route.pattern) {
                Some(existing) => existing.merge_operations(item),
                None => {
                    paths.paths.insert(route.pattern.into(), item);
                }
            }
        }
    }
    make_strict(&mut schemas);
    // Schemas that were merged into others are not referred to any more.
    let json = serde_json::to_string(&(&paths, &schemas.by_name)).unwrap_or_default();
    let is_used = |name: &str| json.contains(&format!("\"#/components/schemas/{name}\""));

    let mut components = ComponentsBuilder::new();
    for (name, schema) in schemas.by_name.into_iter().filter(|(name, _)| is_used(name)) {
        components = components.schema(name, schema);
    }
    for (name, scheme) in security_schemes() {
        components = components.security_scheme(name, scheme);
    }
    let mut components = components.build();
    components.responses = extract_shared_responses(&mut paths);
    let headers = response_headers().map(|(name, header)| (name.to_owned(), header.into()));
    components.headers.extend(headers);

    let info = InfoBuilder::new()
        .title("NoKube")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(DESCRIPTION))
        .license(Some(license()))
        .build();
    let tags = TAGS.map(|(name, description)| {
        TagBuilder::new().name(name).description(Some(description)).build()
    });
    OpenApiBuilder::new()
        .info(info)
        .servers(Some([Server::new("/")]))
        .tags(Some(tags))
        .paths(paths)
        .components(Some(components))
        .build()
}

fn license() -> License {
    let mut license = License::new("Apache-2.0");
    license.identifier = Some("Apache-2.0".into());
    license
}

fn security_schemes() -> [(&'static str, SecurityScheme); 4] {
    let cookie = |name: &str, description: &str| {
        SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(name, description)))
    };
    let bearer =
        HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(BEARER)).build();
    let signature = ApiKeyValue::with_description(
        "X-Hub-Signature-256",
        "`sha256=` and the HMAC of the body with the webhook secret, as sent by GitHub.",
    );
    [
        ("session", cookie("nokube_session", SESSION)),
        ("bearer", SecurityScheme::Http(bearer)),
        ("renewal", cookie("nokube_renewal", "The cookie that renews the session of a browser.")),
        ("webhookSignature", SecurityScheme::ApiKey(ApiKey::Header(signature))),
    ]
}

fn response_headers() -> [(&'static str, Header); 6] {
    let header = |schema: Schema, description: &str| {
        HeaderBuilder::new().schema(Some(schema)).description(Some(description)).build()
    };
    let seconds = schemas::integer(0, u32::MAX, None);
    [
        ("X-Request-Id", header(schemas::string(), "The request's id in the platform's logs.")),
        ("Location", header(schemas::string(), "The URL of the resource, or of the redirect.")),
        ("ETag", header(schemas::string(), "The entity tag of the body, for `If-None-Match`.")),
        ("Retry-After", header(seconds, "Seconds to wait before a retry, if known.")),
        ("WWW-Authenticate", header(schemas::string(), "`Bearer`.")),
        ("Set-Cookie", header(schemas::string(), "Sets or deletes the session's cookies.")),
    ]
}
