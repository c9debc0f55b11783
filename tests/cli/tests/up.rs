//! `nokube up`: what it refuses, and how it ends.

use nokube_sim::HoldPoint;
use nokube_tests::TestPlatform;
use nokube_tests_cli::{Computer, Repository};

const DOCKERFILE: (&str, &str) = ("Dockerfile", "FROM scratch\nEXPOSE 8080\n");

/// A file with the service `name`.
fn file(name: &str, deployment: &str) -> String {
    format!(
        "[services.{name}.build]\nhas_dockerfile = true\n\n[services.{name}.deployment]\n\
         container_port = 8080\n{deployment}"
    )
}

/// Somebody with a project and a computer.
async fn alice(platform: &TestPlatform) -> Computer {
    let computer = Computer::signed_in(platform, "alice").await;
    computer.nokube(["projects", "create", "myapp"]).await.expect(0);
    computer
}

#[tokio::test(flavor = "multi_thread")]
async fn it_builds_only_what_is_pushed_and_says_what_is_missing() {
    let platform = TestPlatform::start().await;
    let computer = alice(&platform).await;
    computer.nokube(["up"]).await.expect(9);
    let shop = computer.create_repository("acme/shop", &[DOCKERFILE]);
    shop.nokube(&["up"]).await.expect(10).says("nokube init");
    shop.commit(&[("nokube.toml", &file("web", "replicas = 'two'\ncolour = 1\n"))]);
    shop.push();
    // All faults at once, with their places.
    let invalid = shop.nokube(&["up"]).await.expect(10);
    assert!(
        invalid.stderr.contains("nokube.toml:6:") && invalid.stderr.contains(":7:"),
        "{}",
        invalid.stderr
    );

    shop.commit(&[("nokube.toml", &file("web", ""))]);
    shop.nokube(&["up"]).await.expect(9).says("git push");
    shop.push();
    shop.write("README.md", "not committed");
    shop.nokube(&["up"]).await.expect(9).says("README.md");
    shop.nokube(&["up", "--pushed", "--dry-run"]).await.expect(0).prints("web");
    let services = computer.nokube(["services", "--json"]).await.expect(0).json().to_string();
    assert!(!services.contains("\"web\""), "a dry run saves nothing: {services}");
    shop.nokube(&["up", "--pushed"]).await.expect(0).prints("apps.example.org");

    shop.git(&["checkout", "--quiet", "--", "."]);
    shop.git(&["clean", "--quiet", "-f"]);
    shop.git(&["checkout", "--quiet", "--detach"]);
    shop.nokube(&["up"]).await.expect(9);
    shop.git(&["checkout", "--quiet", "main"]);
    shop.git(&["remote", "rename", "origin", "upstream"]);
    shop.git(&["remote", "add", "fork", "https://github.com/alice/shop"]);
    shop.git(&["branch", "--unset-upstream"]);
    shop.nokube(&["up"]).await.expect(9).says("--remote");
    shop.git(&["remote", "remove", "fork"]);
    shop.git(&["remote", "remove", "upstream"]);
    shop.nokube(&["up"]).await.expect(9).says("git remote add");
    platform.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_ends_with_the_status_of_what_failed() {
    let platform = TestPlatform::start().await;
    let computer = alice(&platform).await;
    let shop =
        computer.create_repository("acme/shop", &[DOCKERFILE, ("nokube.toml", &file("fail", ""))]);
    shop.nokube(&["up"]).await.expect(6);
    let error = shop.nokube(&["up", "--json"]).await.expect(6);
    assert!(error.json_lines().iter().all(|line| line["type"].is_string()), "{}", error.stdout);

    // The image of the service is named so that its program crashes.
    shop.commit(&[("nokube.toml", &file("web-crash", ""))]);
    shop.push();
    let crashed = shop.nokube(&["up"]).await.expect(7);
    assert!(crashed.stderr.contains("nokube logs"), "{}", crashed.stderr);
    platform.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_of_the_file_must_be_saved_first() {
    let platform = TestPlatform::start().await;
    let computer = alice(&platform).await;
    let content = file("web", "secrets = [\"API_KEY\", \"CERTIFICATE\"]\n");
    let shop = computer.create_repository("acme/shop", &[DOCKERFILE, ("nokube.toml", &content)]);
    shop.nokube(&["up"]).await.expect(5).says("nokube secrets set");
    // Several lines, as a file of variables has them.
    let variables =
        "API_KEY=sentinel-user-secret\nCERTIFICATE=\"sentinel-user-secret-1\nsecond line\"\n";
    shop.nokube(&["secrets", "import", "-"]).input(variables).await.expect(0);
    shop.nokube(&["up"]).await.expect(0);
    let saved = shop.nokube(&["secrets", "list", "--json"]).await.expect(0).stdout;
    assert!(saved.contains("API_KEY") && saved.contains("CERTIFICATE"), "{saved}");
    platform.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_leaves_the_build_running_and_says_how_to_look_again() {
    let platform = TestPlatform::start().await;
    let computer = alice(&platform).await;
    let shop =
        computer.create_repository("acme/shop", &[DOCKERFILE, ("nokube.toml", &file("web", ""))]);
    platform.github.hold_runs(HoldPoint::InProgress);
    let (status, shown) = tokio::task::block_in_place(|| {
        let mut terminal = computer.terminal(shop.folder(), &["up"]);
        terminal.expect("web").expect("building");
        terminal.press_control('c');
        terminal.end()
    });
    assert_eq!(status, 130, "{shown}");
    assert!(shown.contains("nokube build show"), "{shown}");
    platform.github.release_all();
    platform.github.hold_runs(None);
    wait_for_build(&shop).await;
    platform.finish().await;
}

/// Waits until the service's newest build has succeeded.
async fn wait_for_build(shop: &Repository<'_>) {
    for _ in 0..100 {
        let builds = shop.nokube(&["build", "list", "--json"]).await.expect(0).stdout;
        if builds.contains("\"success\"") {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("the build goes on");
}
