//! Digests from the registry, with and without rights.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // helpers of tests are tests

mod support;

use nokube_sim::Options;
use reqwest::{Method, Response};
use serde_json::Value;
use support::{World, world, world_with};

const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const MANIFEST: &str = "/v2/n/a/manifests/latest";

async fn token(world: &World, login: Option<(&str, &str)>) -> Response {
    let path = "/token?service=registry&scope=repository:n/a:pull";
    let request = world.request(Method::GET, path);
    let request = match login {
        Some((user, password)) => request.basic_auth(user, Some(password)),
        None => request,
    };
    request.send().await.unwrap()
}

async fn bearer(world: &World, login: Option<(&str, &str)>) -> String {
    let token: Value = token(world, login).await.json().await.unwrap();
    token["token"].as_str().unwrap().to_owned()
}

async fn head(world: &World, path: &str, token: &str, accept: &str) -> Response {
    let request = world.request(Method::HEAD, path).bearer_auth(token);
    request.header("accept", accept).send().await.unwrap()
}

#[tokio::test]
async fn anybody_reads_the_digest_of_a_public_image() {
    let world = world().await;
    world.build("b1", "ghcr.io/n/a").await;
    world.sim.settled().await.unwrap();

    let challenge = world.request(Method::HEAD, MANIFEST).send().await.unwrap();
    assert_eq!(challenge.status(), 401);
    let challenge = challenge.headers()["www-authenticate"].to_str().unwrap();
    assert!(challenge.contains(r#"scope="repository:n/a:pull""#), "{challenge}");

    let token = bearer(&world, None).await;
    let answer = head(&world, MANIFEST, &token, INDEX).await;
    assert_eq!(answer.status(), 200);
    let digest = answer.headers()["docker-content-digest"].to_str().unwrap().to_owned();
    assert_eq!(Some(&digest), world.sim.digest("n/a", "build-b1").as_ref());
    let by_digest = format!("/v2/n/a/manifests/{digest}");
    let body = world.request(Method::GET, &by_digest).bearer_auth(&token).header("accept", INDEX);
    let body = body.send().await.unwrap();
    assert_eq!(body.headers()["content-type"], INDEX);
    let body = body.bytes().await.unwrap();
    assert_eq!(digest, format!("sha256:{}", nokube_sim::model::ids::sha256(&body)));

    let not_an_index = "application/vnd.docker.distribution.manifest.v2+json";
    assert_eq!(head(&world, MANIFEST, &token, not_an_index).await.status(), 404);
    assert_eq!(head(&world, "/v2/n/a/manifests/other", &token, INDEX).await.status(), 404);
    assert_eq!(head(&world, "/v2/n/b/manifests/latest", &token, INDEX).await.status(), 401);
    assert_eq!(head(&world, "/v2/N/A/manifests/latest", &token, INDEX).await.status(), 400);
}

#[tokio::test]
async fn a_private_image_wants_the_readers_credentials() {
    let registry_credentials = Some(("reader".to_owned(), "classic".to_owned()));
    let options = Options { registry_credentials, private_packages: true, ..Options::default() };
    let world = world_with(options).await;
    world.build("b1", "ghcr.io/n/a").await;
    world.sim.settled().await.unwrap();

    assert_eq!(token(&world, None).await.status(), 401);
    assert_eq!(token(&world, Some(("reader", "wrong"))).await.status(), 403);
    let reader = bearer(&world, Some(("reader", "classic"))).await;
    assert_eq!(head(&world, MANIFEST, &reader, INDEX).await.status(), 200);
    world.sim.set_private_package("n/a", false);
    let anybody = bearer(&world, None).await;
    assert_eq!(head(&world, MANIFEST, &anybody, INDEX).await.status(), 200);
    world.sim.set_private_package("n/a", true);
    assert_eq!(head(&world, MANIFEST, &anybody, INDEX).await.status(), 403);
    world.sim.delete_tag("n/a", "latest");
    assert_eq!(head(&world, MANIFEST, &reader, INDEX).await.status(), 404);
}
