//! A real registry, Debian's: it understands what we ask, and the simulated one answers as it does.

mod real;

use nokube_github::registry::{Tag, head, read_head, read_token, token};
use nokube_sim::{HoldAt, Sim};
use nokube_tests::World;
use real::{INDEX, Registry, digest};
use reqwest::Client;
use serde_json::Value;
use url::Url;

const NAME: &str = "platform/alice-myapp-frontend";
const PRIVATE: &str = "platform/alice-private-frontend";

type Request = http::Request<Vec<u8>>;
type Response = http::Response<Vec<u8>>;

async fn send(request: Request) -> Response {
    let answer = Client::new().execute(request.try_into().unwrap()).await.unwrap();
    let mut response = http::Response::builder().status(answer.status());
    *response.headers_mut().unwrap() = answer.headers().clone();
    response.body(answer.bytes().await.unwrap().to_vec()).unwrap()
}

/// An answer, as far as registries may not differ in it.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    status: u16,
    kind: String,
    challenge: String,
    /// Whether there is a length, and the digest, in the places where both belong.
    digest: [bool; 3],
    code: Value,
}

impl Said {
    fn of(response: &Response, url: &Url, pointed: &str) -> Self {
        let header = |name: &str| {
            response.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned()
        };
        let body: Value = serde_json::from_slice(response.body()).unwrap_or_default();
        let challenge = header("www-authenticate").replace(url.as_str(), "REGISTRY/");
        let named = challenge.split("service=\"").nth(1).and_then(|rest| rest.split('"').next());
        let mut digests =
            [header("docker-content-digest"), header("etag")].map(|said| said.contains(pointed));
        if response.status() != 200 {
            digests = [false; 2];
        }
        Self {
            status: response.status().as_u16(),
            kind: header("content-type").split(';').next().unwrap().to_owned(),
            challenge: match named {
                Some(service) => challenge.replace(service, "SERVICE"),
                None => challenge,
            },
            digest: [digests[0], digests[1], !header("content-length").is_empty()],
            code: body["errors"][0]["code"].clone(),
        }
    }
}

/// A registry with this image, and what it answers to each of our requests.
async fn answers(url: &str, pointed: &str) -> Vec<(&'static str, Said)> {
    let api: Url = url.parse().unwrap();
    let Tag::NeedsToken(place) = read_head(&send(head(&api, NAME, "latest", None)).await, &api)
    else {
        panic!("no token is asked for");
    };
    let given = read_token(&send(token(&place, None)).await).expect("a token for everybody");
    let known = Some(given.as_str());
    let read = |request: Request, accept: &'static str| {
        let (mut parts, body) = request.into_parts();
        parts.method = http::Method::GET;
        parts.headers.insert("accept", accept.parse().unwrap());
        Request::from_parts(parts, body)
    };
    let mut all = Vec::new();
    for (what, request) in [
        ("asked without a token", head(&api, NAME, "latest", None)),
        ("asked with one", head(&api, NAME, "latest", known)),
        ("asked by digest", head(&api, NAME, pointed, known)),
        ("an unknown tag", head(&api, NAME, "absent", known)),
        ("an invented token", head(&api, NAME, "latest", Some("invented"))),
        ("another image's token", head(&api, PRIVATE, "latest", known)),
        ("a whole index", read(head(&api, NAME, "latest", known), INDEX)),
        (
            "an index to somebody old",
            read(
                head(&api, NAME, "latest", known),
                "application/vnd.docker.distribution.manifest.v2+json",
            ),
        ),
        ("an unknown tag, in words", read(head(&api, NAME, "absent", known), INDEX)),
        ("no token, in words", read(head(&api, NAME, "latest", None), INDEX)),
    ] {
        let response = send(request).await;
        if response.body().starts_with(b"{\"schemaVersion\"") {
            assert_eq!(digest(response.body()), pointed, "{what}");
        }
        all.push((what, Said::of(&response, &api, pointed)));
    }
    all
}

#[tokio::test]
async fn the_simulated_registry_answers_as_a_real_one() {
    let real = Registry::start().await;
    let pointed = real.push(NAME, "latest").await;
    let expected = answers(&real.url, &pointed).await;

    let sim = Sim::start(nokube_sim::Options::default()).await.unwrap();
    let pointed = sim.push_image(NAME, "latest");
    assert_eq!(answers(&sim.url(), &pointed).await, expected);
    assert_eq!(expected[1].1.digest, [true; 3], "{expected:#?}");
}

#[tokio::test]
async fn a_digest_comes_from_a_real_registry_for_everybody_or_for_the_reader() {
    let real = Registry::start().await;
    let api: Url = real.url.parse().unwrap();
    for (name, login, readable) in [
        (NAME, None, true),
        (NAME, Some(("reader", "classic")), true),
        (NAME, Some(("reader", "wrong")), false),
        (PRIVATE, None, false),
        (PRIVATE, Some(("reader", "classic")), true),
    ] {
        let pointed = real.push(name, "build-1").await;
        let asked = send(head(&api, name, "build-1", None)).await;
        let Tag::NeedsToken(place) = read_head(&asked, &api) else { panic!("{asked:?}") };
        let given = read_token(&send(token(&place, login)).await);
        assert_eq!(given.is_some(), readable, "{name} {login:?}");
        let Some(given) = given else { continue };
        let answer = send(head(&api, name, "build-1", Some(&given))).await;
        assert_eq!(read_head(&answer, &api), Tag::Points(pointed.parse().unwrap()));
        let answer = send(head(&api, name, "build-2", Some(&given))).await;
        assert_eq!(read_head(&answer, &api), Tag::Hidden);
    }
}

/// The components themselves, with what the workflow would have pushed.
#[tokio::test]
async fn a_build_has_its_digest_from_a_real_registry() {
    let real = Registry::start().await;
    let plan = World::plan().without_webhooks().set("registry_api_url", &real.url);
    let world = plan.start().await;
    let alice = world.user("alice");
    world.sim.hold_runs(HoldAt::InProgress);
    let path = alice.build(alice.project("myapp").await).await;
    let tag = format!("build-{}", path.rsplit('/').next().unwrap());
    let pushed = real.push(NAME, &tag).await;
    world.sim.release_all();
    assert_eq!(alice.until_ended(&path).await["image_digest"], pushed.as_str());
    world.end().await;
}
