//! A real registry (Debian's `docker-registry`): it accepts the platform's requests, and the simulated
//! registry responds like it.

mod real;

use nokube_github::registry::{TagResponse, get_token, head_manifest, parse_manifest, parse_token};
use nokube_sim::{HoldPoint, SimulatedGitHub};
use nokube_tests::TestPlatform;
use real::{INDEX, Registry, digest};
use reqwest::Client;
use serde_json::Value;
use url::Url;

const NAME: &str = "platform/alice-myapp-frontend";
const PRIVATE: &str = "platform/alice-private-frontend";

type Request = http::Request<Vec<u8>>;
type Response = http::Response<Vec<u8>>;

async fn send(request: Request) -> Response {
    let received = Client::new().execute(request.try_into().unwrap()).await.unwrap();
    let mut response = http::Response::builder().status(received.status());
    *response.headers_mut().unwrap() = received.headers().clone();
    response.body(received.bytes().await.unwrap().to_vec()).unwrap()
}

/// The parts of a response in which registries must not differ.
#[derive(Debug, PartialEq, Eq)]
struct ResponseSummary {
    status: u16,
    content_type: String,
    challenge: String,
    has_digest_header: bool,
    has_digest_etag: bool,
    has_content_length: bool,
    error_code: Value,
}

impl ResponseSummary {
    fn new(response: &Response, url: &Url, image_digest: &str) -> Self {
        let header = |name: &str| {
            response.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned()
        };
        let body: Value = serde_json::from_slice(response.body()).unwrap_or_default();
        let challenge = header("www-authenticate").replace(url.as_str(), "REGISTRY/");
        let service = challenge.split("service=\"").nth(1).and_then(|rest| rest.split('"').next());
        let is_ok = response.status() == 200;
        Self {
            status: response.status().as_u16(),
            content_type: header("content-type").split(';').next().unwrap().to_owned(),
            challenge: match service {
                Some(service) => challenge.replace(service, "SERVICE"),
                None => challenge,
            },
            has_digest_header: is_ok && header("docker-content-digest").contains(image_digest),
            has_digest_etag: is_ok && header("etag").contains(image_digest),
            has_content_length: !header("content-length").is_empty(),
            error_code: body["errors"][0]["code"].clone(),
        }
    }
}

/// The responses of a registry that has the image [`NAME`]`:latest` with this digest, by request.
async fn responses(url: &str, image_digest: &str) -> Vec<(&'static str, ResponseSummary)> {
    let api: Url = url.parse().unwrap();
    let TagResponse::NeedsToken(realm) =
        parse_manifest(&send(head_manifest(&api, NAME, "latest", None)).await, &api)
    else {
        panic!("the registry requires no token");
    };
    let token = parse_token(&send(get_token(&realm, None)).await).expect("an anonymous token");
    let token = Some(token.as_str());
    let get = |request: Request, accept: &'static str| {
        let (mut parts, body) = request.into_parts();
        parts.method = http::Method::GET;
        parts.headers.insert("accept", accept.parse().unwrap());
        Request::from_parts(parts, body)
    };
    let mut all = Vec::new();
    for (name, request) in [
        ("tag without a token", head_manifest(&api, NAME, "latest", None)),
        ("tag with a token", head_manifest(&api, NAME, "latest", token)),
        ("digest with a token", head_manifest(&api, NAME, image_digest, token)),
        ("unknown tag", head_manifest(&api, NAME, "absent", token)),
        ("invalid token", head_manifest(&api, NAME, "latest", Some("invalid"))),
        ("token for another image", head_manifest(&api, PRIVATE, "latest", token)),
        ("GET of an index", get(head_manifest(&api, NAME, "latest", token), INDEX)),
        (
            "GET of an index by an old client",
            get(
                head_manifest(&api, NAME, "latest", token),
                "application/vnd.docker.distribution.manifest.v2+json",
            ),
        ),
        ("GET of an unknown tag", get(head_manifest(&api, NAME, "absent", token), INDEX)),
        ("GET without a token", get(head_manifest(&api, NAME, "latest", None), INDEX)),
    ] {
        let response = send(request).await;
        if response.body().starts_with(b"{\"schemaVersion\"") {
            assert_eq!(digest(response.body()), image_digest, "{name}");
        }
        all.push((name, ResponseSummary::new(&response, &api, image_digest)));
    }
    all
}

#[tokio::test]
async fn the_simulated_registry_responds_like_a_real_one() {
    let real = Registry::start().await;
    let image_digest = real.push(NAME, "latest").await;
    let expected = responses(&real.url, &image_digest).await;

    let sim = SimulatedGitHub::start(nokube_sim::GitHubOptions::default()).await.unwrap();
    let image_digest = sim.push_image(NAME, "latest");
    assert_eq!(responses(&sim.url(), &image_digest).await, expected);
    let with_token = &expected[1].1;
    assert!(with_token.has_digest_header && with_token.has_digest_etag, "{expected:#?}");
    assert!(with_token.has_content_length, "{expected:#?}");
}

#[tokio::test]
async fn a_digest_is_read_from_a_real_registry_with_and_without_credentials() {
    let real = Registry::start().await;
    let api: Url = real.url.parse().unwrap();
    for (name, credentials, is_readable) in [
        (NAME, None, true),
        (NAME, Some(("reader", "classic")), true),
        (NAME, Some(("reader", "wrong")), false),
        (PRIVATE, None, false),
        (PRIVATE, Some(("reader", "classic")), true),
    ] {
        let image_digest = real.push(name, "build-1").await;
        let response = send(head_manifest(&api, name, "build-1", None)).await;
        let TagResponse::NeedsToken(realm) = parse_manifest(&response, &api) else {
            panic!("{response:?}")
        };
        let token = parse_token(&send(get_token(&realm, credentials)).await);
        assert_eq!(token.is_some(), is_readable, "{name} {credentials:?}");
        let Some(token) = token else { continue };
        let response = send(head_manifest(&api, name, "build-1", Some(&token))).await;
        assert_eq!(
            parse_manifest(&response, &api),
            TagResponse::Digest(image_digest.parse().unwrap())
        );
        let response = send(head_manifest(&api, name, "build-2", Some(&token))).await;
        assert_eq!(parse_manifest(&response, &api), TagResponse::NotVisible);
    }
}

/// The test pushes the image to the real registry in place of the workflow.
#[tokio::test]
async fn a_build_gets_its_digest_from_a_real_registry() {
    let real = Registry::start().await;
    let config = TestPlatform::config().without_webhooks().variable("registry_api_url", &real.url);
    let platform = config.start().await;
    let alice = platform.user("alice");
    platform.github.hold_runs(HoldPoint::InProgress);
    let path = alice.start_build(alice.create_project("myapp").await).await;
    let tag = format!("build-{}", path.rsplit('/').next().unwrap());
    let image_digest = real.push(NAME, &tag).await;
    platform.github.release_all();
    assert_eq!(alice.wait_for_end(&path).await["image_digest"], image_digest.as_str());
    platform.finish().await;
}
