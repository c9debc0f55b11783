//! Reads `spin.toml`.

use local_host::manifest::Manifest;

const HEAD: &str = "spin_manifest_version = 2\n[application]\nname = \"x\"\n";
const HTTP: &str = "[[trigger.http]]\nroute = \"/\"\ncomponent = \"a\"\n";

#[test]
fn a_typical_manifest_is_valid() {
    let text = r#"
        spin_manifest_version = 2
        [application]
        name = "x"
        version = "1"
        description = "d"
        authors = ["me"]
        [variables]
        token = { required = true, secret = true }
        url = { default = "https://example.com" }
        [[trigger.http]]
        route = "/a/..."
        component = "a"
        [[trigger.http]]
        route = { private = true }
        component = "b"
        [[trigger.http]]
        route = "/robots.txt"
        static_response = { body = "no" }
        [component.a]
        source = "a.wasm"
        allowed_outbound_hosts = ["{{ url }}", "http://b.spin.internal"]
        key_value_stores = ["default"]
        variables = { token = "{{ token }}" }
        environment = { MODE = "x" }
        [component.a.build]
        command = "cargo build"
        watch = ["src"]
        [component.b]
        source = "b.wasm"
    "#;
    let manifest = Manifest::parse(text).unwrap();
    assert_eq!(manifest.trigger.http.len(), 3);
    assert_eq!(manifest.component["a"].path().unwrap(), "a.wasm");
}

#[test]
fn an_unknown_key_or_invalid_value_is_an_error_that_names_it() {
    for (parts, expected) in [
        ("[component.a]\nsource = \"a\"\nsqlite_databases = [\"default\"]", "sqlite_databases"),
        ("[component.a]\nsource = \"a\"\nfiles = [\"x\"]", "`files` is not supported"),
        ("[component.a]\nsource = { url = \"u\", digest = \"d\" }", "must be a path"),
        ("[component.a]\nsource = \"a\"\nai_models = [\"x\"]", "ai_models"),
        ("[component.a]\nsource = \"a\"\nvariables = { Big = \"\" }", "Big"),
        ("[component.b]\nsource = \"a\"", "no [component.a]"),
        ("[component.a]\nsource = \"a\"\n[variables]\nv = {}", "\"v\" must have either"),
        ("[component.a]\nsource = \"a\"\n[trigger.redis]", "redis"),
        ("[component.a]\nsource = \"a\"\n[[trigger.cron]]\nexpression = \"x\"", "cron"),
        ("[[trigger.http]]\nroute = \"/\"\n[component.a]\nsource = \"a\"", "either a `component`"),
    ] {
        let error = Manifest::parse(&format!("{HEAD}{HTTP}{parts}")).expect_err(parts);
        assert!(format!("{error:#}").contains(expected), "{expected:?} is not in: {error:#}");
    }
}
