//! Spin's runtime configuration file.

use std::path::Path;

use local_host::runtime_config::{PublicRoots, RuntimeConfig, StoreConfig};
use local_host::{Options, Running};

use crate::servers::CertificateAuthority;
use crate::test_app::{GUEST_COMPONENT, TestApp};

#[test]
fn relative_paths_are_resolved_against_the_files_folder() {
    let text = r#"
        [key_value_store.default]
        type = "redis"
        url = "redis://localhost"
        [key_value_store.own]
        type = "spin"
        path = "own.db"
        [key_value_store.memory]
        type = "spin"
        [[client_tls]]
        component_ids = ["a"]
        hosts = ["example.com"]
        ca_roots_file = "ca.pem"
    "#;
    let config = RuntimeConfig::parse(text, Path::new("/etc/app")).unwrap();
    assert_eq!(config.stores["default"], StoreConfig::Redis { url: "redis://localhost".into() });
    assert_eq!(config.stores["own"], StoreConfig::Spin { path: Some("/etc/app/own.db".into()) });
    assert_eq!(config.stores["memory"], StoreConfig::Spin { path: None });
    assert_eq!(config.client_tls[0].ca_roots_file.as_deref(), Some("/etc/app/ca.pem".as_ref()));
}

#[test]
fn log_files_can_only_be_switched_off() {
    assert!(RuntimeConfig::parse("log_dir = \"\"", Path::new("")).is_ok());
    let error = RuntimeConfig::parse("log_dir = \"logs\"", Path::new("")).unwrap_err();
    assert!(error.to_string().contains("this host writes no log files"), "{error}");
}

#[test]
fn the_default_of_public_roots_is_spins() {
    for (lines, (platform, webpki)) in [
        ("", (true, false)),
        ("ca_roots_file = \"x\"", (false, false)),
        ("ca_use_webpki_roots = true", (false, true)),
        ("ca_use_platform_roots = true\nca_roots_file = \"x\"", (true, false)),
        ("ca_use_platform_roots = true\nca_use_webpki_roots = true", (true, true)),
    ] {
        let text = format!("[[client_tls]]\ncomponent_ids = [\"a\"]\nhosts = [\"b\"]\n{lines}");
        let config = RuntimeConfig::parse(&text, Path::new("")).unwrap();
        let expected = PublicRoots { platform, webpki };
        assert_eq!(config.client_tls[0].public_roots(), expected, "{lines}");
    }
}

#[test]
fn an_unknown_key_or_invalid_value_is_an_error_that_names_it() {
    let tls = "[[client_tls]]\ncomponent_ids = [\"a\"]\n";
    for (text, expected) in [
        ("state_dir = \"x\"", "`state_dir`"),
        ("[outbound_networking]", "`outbound_networking`"),
        ("[[variables_provider]]\ntype = \"vault\"", "`variables_provider`"),
        ("[key_value_store.a]\ntype = \"azure_cosmos\"", "`azure_cosmos`"),
        ("[key_value_store.a]\ntype = \"spin\"\nfile = \"x\"", "`file`"),
        ("[key_value_store.a]\ntype = \"redis\"", "`url`"),
        ("[key_value_store.a]\nurl = \"redis://x\"", "`type`"),
        (tls, "`hosts`"),
        (&format!("{tls}hosts = []"), "`hosts` is empty"),
        (&format!("{tls}hosts = [\"a:443\"]"), "without a port"),
        (&format!("{tls}hosts = [\"a\"]\nca_file = \"x\""), "`ca_file`"),
        (&format!("{tls}hosts = [\"a\"]\nclient_cert_file = \"x\""), "must be set together"),
    ] {
        let error = RuntimeConfig::parse(text, Path::new("")).expect_err(text);
        assert!(format!("{error:#}").contains(expected), "{expected:?} is not in: {error:#}");
    }
}

async fn start(app: &TestApp, config: &str) -> anyhow::Result<Running> {
    app.start_with(app.runtime_config(config)).await
}

#[tokio::test]
async fn a_store_is_in_its_file_or_in_memory() {
    let app =
        TestApp::new(&GUEST_COMPONENT.replace("\"default\"", "\"default\", \"own\", \"memory\""));
    let config = "[key_value_store.own]\ntype = \"spin\"\npath = \"data/own.db\"\n\
        [key_value_store.memory]\ntype = \"spin\"\n";
    let host = start(&app, config).await.unwrap();
    for label in ["default", "own", "memory"] {
        assert_eq!(app.get(&host, &format!("/open/{label}")).await, "None");
        assert_eq!(app.status(&host, &format!("/kv/key?{label}")).await, 404);
        assert_eq!(app.put(&host, &format!("/kv/key?{label}"), "value").await, 200);
        assert_eq!(app.get(&host, &format!("/kv/key?{label}")).await, "value");
    }
    assert!(app.folder.path().join("data/own.db").exists());
    assert!(app.folder.path().join(".spin/sqlite_key_value.db").exists());
    host.stop().await.unwrap();

    let host = start(&app, config).await.unwrap();
    assert_eq!(app.get(&host, "/kv/key?own").await, "value");
    assert_eq!(app.status(&host, "/kv/key?memory").await, 404);
}

#[tokio::test]
async fn a_store_without_configuration_is_an_error_at_the_start() {
    let app = TestApp::new(&GUEST_COMPONENT.replace("\"default\"", "\"other\""));
    let error = format!("{:#}", start(&app, "").await.err().unwrap());
    assert!(error.contains("there is no store \"other\""), "{error}");
    assert!(error.contains("[key_value_store.other]"), "{error}");
    start(&app, "[key_value_store.other]\ntype = \"spin\"").await.unwrap();
}

#[tokio::test]
async fn an_invalid_file_is_an_error_at_the_start() {
    let app = TestApp::new(GUEST_COMPONENT);
    let options = Options { runtime_config: Some("absent.toml".into()), ..Options::default() };
    let error = format!("{:#}", app.start_with(options).await.err().unwrap());
    assert!(error.contains("absent.toml cannot be read"), "{error}");

    CertificateAuthority::new().write_files(app.folder.path());
    let tls = |lines: &str| {
        format!("[[client_tls]]\ncomponent_ids = [\"guest\"]\nhosts = [\"b\"]\n{lines}")
    };
    for (config, expected) in [
        (
            "[key_value_store.default]\ntype = \"redis\"\nurl = \"a://b\"".to_string(),
            "not a Redis URL",
        ),
        (tls("ca_roots_file = \"absent.pem\""), "absent.pem cannot be read"),
        (tls("ca_roots_file = \"client.key\""), "client.key has no certificate"),
        (tls("ca_use_platform_roots = false"), "no root certificate to trust"),
        (
            tls("client_cert_file = \"client.pem\"\nclient_private_key_file = \"ca.pem\""),
            "ca.pem has no valid private key",
        ),
    ] {
        let error = format!("{:#}", start(&app, &config).await.err().unwrap());
        assert!(error.contains(expected), "{expected:?} is not in: {error}");
    }
}
