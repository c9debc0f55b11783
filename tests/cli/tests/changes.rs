//! Variables, secrets and the number of pods are changed, and what runs gets the change: no more and no less.

use nokube_tests::TestPlatform;
use nokube_tests_cli::{Computer, Repository};
use serde_json::{Value, json};

const NAMESPACE: &str = "nk-alice-myapp";
const FILES: [(&str, &str); 1] = [("Dockerfile", "FROM scratch\nEXPOSE 8080\n")];

/// A service `shop` that runs.
async fn shop(computer: &Computer) -> Repository<'_> {
    computer.nokube(["projects", "create", "myapp"]).await.expect(0);
    let shop = computer.create_repository("acme/shop", &FILES);
    shop.nokube(&["init"]).await.expect(0);
    shop.commit(&[]);
    shop.push();
    shop.nokube(&["up"]).await.expect(0);
    shop
}

async fn deployment(shop: &Repository<'_>) -> Value {
    let status = shop.nokube(&["status", "shop", "--json"]).await.expect(0).json();
    status["deployment"].clone()
}

async fn variables(shop: &Repository<'_>) -> Value {
    shop.nokube(&["env", "list", "--json"]).await.expect(0).json()
}

#[tokio::test(flavor = "multi_thread")]
async fn imported_values_reach_the_pods_as_they_are_and_secrets_are_not_shown() {
    let platform = TestPlatform::start().await;
    let computer = Computer::signed_in(&platform, "alice").await;
    let shop = shop(&computer).await;

    let env = "# ours\nexport GREETING=\"two\nlines\"\nPRICE=$5 # each\n";
    let imported = shop.nokube(&["env", "import", "-"]).input(env).await.expect(0);
    imported.says("standard input:4 PRICE contains $");
    let values = json!({ "GREETING": "two\nlines", "PRICE": "$5" });
    assert_eq!(variables(&shop).await, json!({ "saved": values, "deployed": values }));

    shop.write("secrets.env", "KEY='sentinel-first\nsecond line\n'\n");
    shop.nokube(&["secrets", "import", "secrets.env"]).await.expect(0);
    let secrets = platform.cluster.objects("secrets", NAMESPACE);
    let has_value =
        |secret: &Value| secret["data"]["KEY"] == "c2VudGluZWwtZmlyc3QKc2Vjb25kIGxpbmUK";
    // What is saved, and the copy of the release.
    assert_eq!(secrets.iter().filter(|secret| has_value(secret)).count(), 2, "{secrets:?}");
    let listed = shop.nokube(&["secrets", "list", "--json"]).await.expect(0).json();
    assert_eq!(listed, json!({ "saved": ["KEY"], "deployed": ["KEY"] }));

    // A fault is named by its line only.
    let faulty = shop.nokube(&["secrets", "import", "-"]).input("A='sentinel-\nsentinel-x\n");
    faulty.await.expect(2).says("standard input:1 has a quote that is not closed");
    let argument = shop.nokube(&["secrets", "set", "KEY=sentinel-x"]).await.expect(2);
    argument.says("KEY: the value is read from standard input");

    shop.nokube(&["secrets", "unset", "KEY"]).await.expect(0);
    let listed = shop.nokube(&["secrets", "list", "--json"]).await.expect(0).json();
    assert_eq!(listed, json!({ "saved": [], "deployed": [] }));
    shop.nokube(&["env", "unset", "NOTHING"]).await.expect(4).says("NOTHING");
    platform.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_keeps_the_build_that_runs_and_starts_nothing_that_is_stopped() {
    let platform = TestPlatform::start().await;
    let computer = Computer::signed_in(&platform, "alice").await;
    let shop = shop(&computer).await;
    let first = deployment(&shop).await["build_id"].clone();
    shop.commit(&[("Dockerfile", "FROM scratch\nEXPOSE 8080\nUSER 1000\n")]);
    shop.push();
    shop.nokube(&["up"]).await.expect(0);
    assert_ne!(deployment(&shop).await["build_id"], first);

    shop.nokube(&["rollback"]).await.expect(0);
    assert_eq!(deployment(&shop).await["build_id"], first);
    let changed = shop.nokube(&["env", "set", "COLOUR=red", "--json"]).await.expect(0).json();
    assert_eq!(changed["deployment"]["build_id"], first, "{changed}");
    assert_eq!(changed["deployment"]["status"], "running", "{changed}");
    assert_eq!(variables(&shop).await["deployed"]["COLOUR"], "red");
    shop.nokube(&["secrets", "set", "KEY"]).input("sentinel-value\n").await.expect(0);
    shop.nokube(&["scale", "shop", "3"]).await.expect(0);
    let scaled = deployment(&shop).await;
    assert_eq!((&scaled["build_id"], &scaled["replicas_ready"]), (&first, &3.into()), "{scaled}");

    let saved = shop.nokube(&["env", "set", "COLOUR=blue", "--no-deploy"]).await.expect(0);
    saved.says("nokube deploy shop");
    shop.nokube(&["env", "list"]).await.expect(0).prints("runs with: red");
    shop.nokube(&["stop"]).await.expect(0);
    shop.nokube(&["env", "set", "COLOUR=green"]).await.expect(0).says("shop is stopped");
    assert_eq!(deployment(&shop).await["status"], "stopped");
    shop.nokube(&["scale", "shop", "0"]).await.expect(2).says("nokube stop shop");
    platform.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_are_followed_until_ctrl_c_and_the_doctor_finds_nothing_wrong() {
    let platform = TestPlatform::start().await;
    let computer = Computer::signed_in(&platform, "alice").await;
    let shop = shop(&computer).await;
    let ended = tokio::task::block_in_place(|| {
        let mut terminal = computer.terminal(shop.folder(), &["logs", "-f"]);
        terminal.expect("Listening on").press_control('c');
        terminal.end()
    });
    assert_eq!(ended.0, 130, "{}", ended.1);
    assert!(ended.1.contains("nokube logs shop -f"), "{}", ended.1);

    let checked = shop.nokube(&["doctor", "--json"]).await.json();
    let checks = checks_by_name(&checked);
    for check in ["configuration", "platform", "ready", "token", "scopes", "nokube.toml"] {
        assert_eq!(checks[check]["ok"], true, "{check}: {checked}");
    }
    shop.write("nokube.toml", "[services.shop.build]\ncontext = 1\n");
    let faulty = shop.nokube(&["doctor"]).await.expect(1);
    faulty.prints("WRONG nokube.toml: nokube.toml:2:");
    platform.finish().await;
}

fn checks_by_name(checked: &Value) -> Value {
    let checks = checked["checks"].as_array().unwrap().iter();
    checks.map(|check| (check["check"].as_str().unwrap().to_owned(), check.clone())).collect()
}
