//! From operations to one document.

use crate::{
    requests, routes,
    schemas::{self, Schemas},
};
use utoipa::{
    ToSchema,
    openapi::{
        ComponentsBuilder, Header, HeaderBuilder, InfoBuilder, License, OpenApi, OpenApiBuilder,
        Paths, Schema, Server,
        path::PathItem,
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
        tag::TagBuilder,
    },
};

const ABOUT: &str = "\
Build, then deploy: NoKube builds a Git repository into an image and runs it on Kubernetes.

JSON, `snake_case`, times in RFC 3339 UTC. Whatever goes wrong is said as `application/problem+json`
(RFC 9457), every faulty field at once. A field or a parameter that is not listed is refused. What
belongs to somebody else is answered like what does not exist. Every answer has an `X-Request-Id`; one of
yours (8 to 64 letters, digits, `-`, `_`, `.`) is taken over.

A build: `POST /api/v1/projects`, `POST /api/v1/builds`, then `GET /api/v1/builds/{build}` until it has
ended. A deployment of it: `POST /api/v1/deploy` with its `build_id`, then
`GET /api/v1/deployments/{deployment}`.

`x-demand` of an operation says what it demands of its caller: the least role in the project, and what an
API token must be good for. `x-events` of a stream lists its events with the schema of their data, which is
JSON.";

const SESSION: &str = "The cookie of a browser that has signed in (`__Host-nokube_session` over HTTPS). \
                       What changes something must come from the platform's own page.";
const BEARER: &str = "`Authorization: Bearer …`: an API token (`POST /api/v1/auth/tokens`), a short-lived \
                      token (`POST /api/v1/auth/token`), or one of the outside issuer that the operator \
                      has named. The scope is what an API token must be good for; `account` is none that \
                      API tokens can have.";

pub fn document() -> OpenApi {
    let mut all = Schemas::default();
    let mut paths = Paths::new();
    for operation in routes::all() {
        let (method, path, operation, schemas) = operation.build();
        all.0.extend(schemas.0);
        let item = PathItem::new(method, operation);
        match paths.paths.get_mut(path) {
            Some(at) => at.merge_operations(item),
            None => {
                paths.paths.insert(path.into(), item);
            }
        }
    }
    all.tidy(|name| requests().iter().any(|request| request == name));
    let mut components = ComponentsBuilder::new();
    // What was only a part of others is part of them now.
    let used = serde_json::to_string(&(&paths, &all.0)).unwrap_or_default();
    all.0.retain(|name, _| used.contains(&format!("\"#/components/schemas/{name}\"")));
    for (name, schema) in all.0 {
        components = components.schema(name, schema);
    }
    for (name, scheme) in security() {
        components = components.security_scheme(name, scheme);
    }
    let mut components = components.build();
    components.responses = crate::share::share(&mut paths);
    components.headers.extend(headers().map(|(name, header)| (name.to_owned(), header.into())));
    let info = InfoBuilder::new()
        .title("NoKube")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(ABOUT))
        .license(Some(license()))
        .build();
    let tags = routes::TAGS
        .iter()
        .map(|(name, about)| TagBuilder::new().name(*name).description(Some(*about)).build());
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

/// The names of what is read and not answered.
fn requests() -> Vec<String> {
    use requests::*;
    let names = [
        NewProject::name(),
        ProjectChange::name(),
        MemberRole::name(),
        NewToken::name(),
        NewBuild::name(),
        NewDeployment::name(),
        Rollback::name(),
        DeviceGrant::name(),
        RefreshGrant::name(),
        TokenExchangeGrant::name(),
    ];
    names.map(Into::into).into()
}

fn security() -> [(&'static str, SecurityScheme); 4] {
    let cookie = |name: &str, about: &str| {
        SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(name, about)))
    };
    let bearer =
        HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(BEARER)).build();
    let signature = ApiKeyValue::with_description(
        "X-Hub-Signature-256",
        "`sha256=` and the HMAC of the body with the webhook's secret, as GitHub sends it.",
    );
    [
        ("session", cookie("nokube_session", SESSION)),
        ("bearer", SecurityScheme::Http(bearer)),
        ("renewal", cookie("nokube_renewal", "The cookie that renews a browser's session.")),
        ("webhookSignature", SecurityScheme::ApiKey(ApiKey::Header(signature))),
    ]
}

fn headers() -> [(&'static str, Header); 5] {
    let header = |schema: Schema, about: &str| {
        HeaderBuilder::new().schema(Some(schema)).description(Some(about)).build()
    };
    [
        ("X-Request-Id", header(schemas::text(), "Names the request in the platform's log.")),
        ("Location", header(schemas::text(), "Where it is, or where to go.")),
        (
            "Retry-After",
            header(
                schemas::whole(0, u32::MAX, None),
                "Seconds after which the same request may do better, if that is known.",
            ),
        ),
        ("WWW-Authenticate", header(schemas::text(), "`Bearer`.")),
        ("Set-Cookie", header(schemas::text(), "The session's cookies, or their end.")),
    ]
}
