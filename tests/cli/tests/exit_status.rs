//! The exit status says what kind of error it was, and the message what to do next.

use nokube_tests::TestPlatform;
use nokube_tests_cli::Computer;

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_error_has_its_exit_status() {
    let platform = TestPlatform::start().await;
    let computer = Computer::signed_in(&platform, "alice").await;
    // Arguments.
    computer.nokube::<&str>([]).await.expect(2);
    computer.nokube(["nothing"]).await.expect(2).says("nothing");
    computer.nokube(["promote", "web"]).await.expect(2).says("--to");
    // Not signed in, and not allowed.
    computer
        .nokube(["projects"])
        .variable("NOKUBE_TOKEN", "nkt_wrong")
        .await
        .expect(3)
        .says("nokube login");
    // Nothing is there.
    computer.nokube(["status"]).await.expect(4).says("nokube projects create");
    computer.nokube(["projects", "create", "myapp"]).await.expect(0);
    computer.nokube(["status", "web"]).await.expect(4);
    computer.nokube(["build", "show", "nothing"]).await.expect(4);
    // The platform rejects it.
    let rejected = computer.nokube(["projects", "create", "myapp", "--json"]).await.expect(5);
    let error = rejected.json_error();
    assert_eq!(
        (&error["exit_code"], &error["problem"]["status"]),
        (&5.into(), &409.into()),
        "{error}"
    );
    assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()), "{error}");
    computer.nokube(["projects", "create", "No Name"]).await.expect(5);
    // The platform cannot be reached.
    let unreachable = computer.nokube(["projects"]).variable("NOKUBE_TOKEN", "x");
    unreachable.variable("NOKUBE_URL", "http://127.0.0.1:1").await.expect(8);
    platform.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_are_french_where_the_language_is() {
    let platform = TestPlatform::start().await;
    let computer = Computer::new(&platform);
    let french = |arguments: &[&str]| computer.nokube(arguments).variable("LANG", "fr_FR.UTF-8");
    french(&["whoami"]).await.expect(3).says("Vous n’êtes connecté");
    french(&["--help"]).await.expect(0).prints("Se connecte à une plateforme");
    computer.nokube(["--help"]).await.expect(0).prints("Sign in to a platform");
    french(&["whoami"]).variable("LC_ALL", "C").await.expect(3).says("You are not signed in");
    platform.finish().await;
}
