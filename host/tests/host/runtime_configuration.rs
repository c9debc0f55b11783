//! Spin's runtime configuration file.

use std::path::Path;

use local_host::runtime_config::{RuntimeConfig, StoreKind};
use local_host::{Options, Running};

use crate::servers::Authority;
use crate::world::{STORY, Story};

#[test]
fn stores_and_tls_are_read_with_paths_from_the_files_folder() {
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
    assert_eq!(config.stores["default"], StoreKind::Redis { url: "redis://localhost".into() });
    assert_eq!(config.stores["own"], StoreKind::Spin { path: Some("/etc/app/own.db".into()) });
    assert_eq!(config.stores["memory"], StoreKind::Spin { path: None });
    assert_eq!(config.client_tls[0].ca_roots_file.as_deref(), Some("/etc/app/ca.pem".as_ref()));
}

#[test]
fn public_roots_are_asked_for_as_in_spin() {
    for (lines, platform_and_webpki) in [
        ("", (true, false)),
        ("ca_roots_file = \"x\"", (false, false)),
        ("ca_use_webpki_roots = true", (false, true)),
        ("ca_use_platform_roots = true\nca_roots_file = \"x\"", (true, false)),
        ("ca_use_platform_roots = true\nca_use_webpki_roots = true", (true, true)),
    ] {
        let text = format!("[[client_tls]]\ncomponent_ids = [\"a\"]\nhosts = [\"b\"]\n{lines}");
        let config = RuntimeConfig::parse(&text, Path::new("")).unwrap();
        assert_eq!(config.client_tls[0].public_roots(), platform_and_webpki, "{lines}");
    }
}

#[test]
fn what_it_does_not_know_is_refused_by_name() {
    let tls = "[[client_tls]]\ncomponent_ids = [\"a\"]\n";
    for (text, named) in [
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
        (&format!("{tls}hosts = [\"a\"]\nclient_cert_file = \"x\""), "go together"),
    ] {
        let error = RuntimeConfig::parse(text, Path::new("")).expect_err(text);
        assert!(format!("{error:#}").contains(named), "{named:?} is not in: {error:#}");
    }
}

async fn start(story: &Story, config: &str) -> anyhow::Result<Running> {
    story.start_with(story.runtime_config(config)).await
}

#[tokio::test]
async fn a_store_has_its_own_file_or_none() {
    let story = Story::new(&STORY.replace("\"default\"", "\"default\", \"own\", \"memory\""));
    let config = "[key_value_store.own]\ntype = \"spin\"\npath = \"data/own.db\"\n\
        [key_value_store.memory]\ntype = \"spin\"\n";
    let host = start(&story, config).await.unwrap();
    for label in ["default", "own", "memory"] {
        assert_eq!(story.get(&host, &format!("/open/{label}")).await, "None");
        assert_eq!(story.status(&host, &format!("/kv/key?{label}")).await, 404);
        assert_eq!(story.put(&host, &format!("/kv/key?{label}"), "value").await, 200);
        assert_eq!(story.get(&host, &format!("/kv/key?{label}")).await, "value");
    }
    assert!(story.folder.path().join("data/own.db").exists());
    assert!(story.folder.path().join(".spin/sqlite_key_value.db").exists());
    host.stop().await.unwrap();

    let host = start(&story, config).await.unwrap();
    assert_eq!(story.get(&host, "/kv/key?own").await, "value");
    assert_eq!(story.status(&host, "/kv/key?memory").await, 404);
}

#[tokio::test]
async fn a_store_that_nobody_configured_stops_the_start() {
    let story = Story::new(&STORY.replace("\"default\"", "\"other\""));
    let error = format!("{:#}", start(&story, "").await.err().unwrap());
    assert!(error.contains("there is no store \"other\""), "{error}");
    assert!(error.contains("[key_value_store.other]"), "{error}");
    start(&story, "[key_value_store.other]\ntype = \"spin\"").await.unwrap();
}

#[tokio::test]
async fn a_file_that_cannot_be_used_stops_the_start() {
    let story = Story::new(STORY);
    let options = Options { runtime_config: Some("absent.toml".into()), ..Options::default() };
    let error = format!("{:#}", story.start_with(options).await.err().unwrap());
    assert!(error.contains("absent.toml cannot be read"), "{error}");

    Authority::new().write(story.folder.path());
    let tls = |lines: &str| {
        format!("[[client_tls]]\ncomponent_ids = [\"story\"]\nhosts = [\"b\"]\n{lines}")
    };
    for (config, said) in [
        ("[key_value_store.default]\ntype = \"redis\"\nurl = \"a://b\"".to_string(), "not one of"),
        (tls("ca_roots_file = \"absent.pem\""), "absent.pem cannot be read"),
        (tls("ca_roots_file = \"client.key\""), "client.key has no certificate"),
        (tls("ca_use_platform_roots = false"), "no root certificate to trust"),
        (
            tls("client_cert_file = \"client.pem\"\nclient_private_key_file = \"ca.pem\""),
            "ca.pem has no usable private key",
        ),
    ] {
        let error = format!("{:#}", start(&story, &config).await.err().unwrap());
        assert!(error.contains(said), "{said:?} is not in: {error}");
    }
}
