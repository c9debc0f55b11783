//! What is different in a terminal: colour, questions, secrets that are typed.

use nokube_tests::TestPlatform;
use nokube_tests_cli::Computer;
use tokio::task::block_in_place;

const ESCAPE: char = '\u{1b}';

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_shows_colour_unless_the_user_does_not_want_it() {
    let platform = TestPlatform::start().await;
    let mut computer = Computer::signed_in(&platform, "alice").await;
    computer.nokube(["projects", "create", "myapp"]).await.expect(0);
    let deploy = ["deploy", "web", "--image", "nginx:1.29"];
    computer.nokube(deploy).await.expect(0);
    let shown = |computer: &Computer, arguments: &[&str]| {
        block_in_place(|| computer.terminal(computer.home(), arguments).end())
    };
    let (status, text) = shown(&computer, &["status", "web"]);
    assert!(status == 0 && text.contains(ESCAPE), "{text}");
    let (status, text) = shown(&computer, &["status", "web", "--no-color"]);
    assert!(status == 0 && !text.contains(ESCAPE), "{text:?}");
    computer.set("NO_COLOR", "1");
    let (status, text) = shown(&computer, &["status", "web"]);
    assert!(status == 0 && !text.contains(ESCAPE), "{text:?}");
    platform.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_asked_for_and_not_shown() {
    let platform = TestPlatform::start().await;
    let computer = Computer::signed_in(&platform, "alice").await;
    computer.nokube(["projects", "create", "myapp"]).await.expect(0);
    computer.nokube(["deploy", "web", "--image", "nginx:1.29"]).await.expect(0);
    let (status, shown) = block_in_place(|| {
        let arguments = ["secrets", "set", "API_KEY", "--service", "web"];
        let mut terminal = computer.terminal(computer.home(), &arguments);
        terminal.expect("API_KEY").type_line("sentinel-user-secret");
        terminal.end()
    });
    assert_eq!(status, 0, "{shown}");
    assert!(!shown.contains("sentinel-user-secret"), "{shown}");
    let names = computer.nokube(["secrets", "list", "--service", "web"]).await.expect(0).stdout;
    assert!(names.contains("API_KEY"), "{names}");
    platform.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_ambiguous_is_asked_in_a_terminal_and_an_error_elsewhere() {
    let platform = TestPlatform::start().await;
    let computer = Computer::signed_in(&platform, "alice").await;
    for name in ["first", "second"] {
        computer.nokube(["projects", "create", name]).await.expect(0);
    }
    computer.nokube(["services"]).await.expect(2).says("--project");
    let (status, shown) = block_in_place(|| {
        let mut terminal = computer.terminal(computer.home(), &["services"]);
        terminal.expect("alice/first").type_line("");
        terminal.end()
    });
    assert_eq!(status, 0, "{shown}");
    // Deleting asks for a confirmation, whose default is no.
    let (status, shown) = block_in_place(|| {
        let mut terminal = computer.terminal(computer.home(), &["projects", "delete", "second"]);
        terminal.expect("second").type_line("");
        terminal.end()
    });
    assert_ne!(status, 0, "{shown}");
    let projects = computer.nokube(["projects", "--json"]).await.expect(0).stdout;
    assert!(projects.contains("second"), "{projects}");
    platform.finish().await;
}
