//! The README's story: from nothing to a running service, a change, a rollback, and the end.

use nokube_tests::TestPlatform;
use nokube_tests_cli::{Computer, Finished, Repository};
use serde_json::Value;

const FILES: [(&str, &str); 2] =
    [("Dockerfile", "FROM scratch\nEXPOSE 8080\n"), ("README.md", "A shop\n")];

/// What `status` says of the service `shop`.
async fn status(repository: &Repository<'_>) -> Value {
    repository.nokube(&["status", "--json"]).await.expect(0).json()
}

async fn variables(repository: &Repository<'_>) -> Value {
    repository.nokube(&["env", "list", "--json"]).await.expect(0).json()
}

#[tokio::test(flavor = "multi_thread")]
async fn alice_brings_a_repository_to_the_cluster_changes_it_and_takes_it_back() {
    let platform = TestPlatform::start().await;
    let computer = Computer::signed_in(&platform, "alice").await;
    computer.nokube(["projects", "create", "myapp"]).await.expect(0);
    computer.nokube(["projects"]).await.expect(0).prints("myapp");

    let shop = computer.create_repository("acme/shop", &FILES);
    shop.nokube(&["init"]).await.expect(0).prints("nokube.toml");
    let file = shop.read("nokube.toml");
    assert!(file.contains("[services.shop") && file.contains("8080"), "{file}");
    // What is not pushed is not built.
    shop.nokube(&["up"]).await.expect(9).says("nokube.toml");
    shop.commit(&[]);
    shop.nokube(&["up"]).await.expect(9).says("push");
    shop.push();
    shop.nokube(&["up"]).await.expect(0).prints("apps.example.org");

    let running = status(&shop).await.to_string();
    assert!(running.contains("\"running\""), "{running}");
    shop.nokube(&["status"]).await.expect(0).prints("shop");
    shop.nokube(&["logs"]).await.expect(0).prints("Listening on");
    shop.nokube(&["events"]).await.expect(0);
    shop.nokube(&["open", "--print"]).await.expect(0).prints("apps.example.org");

    // A variable and a secret.
    shop.nokube(&["env", "set", "COLOUR=red", "GREETING=hello world"]).await.expect(0);
    let set = variables(&shop).await.to_string();
    assert!(set.contains("hello world"), "{set}");
    shop.nokube(&["secrets", "set", "API_KEY"]).input("sentinel-user-secret\n").await.expect(0);
    shop.nokube(&["secrets", "list"]).await.expect(0).prints("API_KEY");

    // A rollback, and the releases.
    shop.nokube(&["env", "set", "COLOUR=blue"]).await.expect(0);
    shop.nokube(&["rollback"]).await.expect(0);
    shop.nokube(&["rollback", "--list"]).await.expect(0);

    shop.nokube(&["stop"]).await.expect(0);
    assert!(status(&shop).await.to_string().contains("\"stopped\""));
    shop.nokube(&["start"]).await.expect(0);
    shop.nokube(&["restart"]).await.expect(0);
    shop.nokube(&["scale", "shop", "3"]).await.expect(0);
    shop.nokube(&["delete", "shop"]).await.expect(2).says("--yes");
    shop.nokube(&["delete", "shop", "--yes"]).await.expect(0);
    computer.nokube(["projects", "delete", "myapp", "--yes"]).await.expect(0);
    let projects: Finished = computer.nokube(["projects", "--json"]).await.expect(0);
    assert!(!projects.stdout.contains("myapp"));
    platform.finish().await;
}
