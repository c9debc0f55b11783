//! Templates and where values come from.

use std::collections::BTreeMap;

use local_host::manifest::Variable;
use local_host::variables::{Sources, Template, Values};

use crate::world::texts;

fn declared(names: &[(&str, Option<&str>)]) -> BTreeMap<String, Variable> {
    let variable = |default: Option<&str>| Variable {
        default: default.map(str::to_string),
        required: default.is_none(),
        ..Variable::default()
    };
    names.iter().map(|(name, default)| (name.to_string(), variable(*default))).collect()
}

#[test]
fn the_strongest_source_wins() {
    let declared =
        declared(&[("a", Some("default")), ("b", Some("default")), ("c", None), ("d", None)]);
    let given = texts([("d", "given")]);
    let environment =
        texts([("SPIN_VARIABLE_C", "environment"), ("SPIN_VARIABLE_D", "environment")]);
    let env_file = texts([("SPIN_VARIABLE_B", "file"), ("SPIN_VARIABLE_C", "file")]);
    let sources = Sources { given: &given, environment: &environment, env_file: &env_file };
    let values = Values::resolve(&declared, &sources).unwrap();
    let all = Template::parse("{{ a }} {{b}} {{ c}} {{d }}").unwrap().fill(&values).unwrap();
    assert_eq!(all, "default file environment given");
}

#[test]
fn all_missing_variables_are_named_at_once() {
    let none = BTreeMap::new();
    let sources = Sources { given: &none, environment: &none, env_file: &none };
    let declared = declared(&[("token", None), ("url", Some("x")), ("secret", None)]);
    let error = Values::resolve(&declared, &sources).unwrap_err().to_string();
    assert_eq!(
        error,
        "2 required variables have no value: set SPIN_VARIABLE_SECRET, SPIN_VARIABLE_TOKEN in \
         the environment or in the file .env"
    );
}

#[test]
fn a_misspelt_override_is_an_error() {
    let (none, given) = (BTreeMap::new(), texts([("tokn", "x")]));
    let sources = Sources { given: &given, environment: &none, env_file: &none };
    let error = Values::resolve(&declared(&[("token", Some(""))]), &sources).unwrap_err();
    assert!(error.to_string().contains("tokn"), "{error}");
}

#[test]
fn a_template_is_whole() {
    for wrong in ["{{ a", "a }}", "{{ unknown }}"] {
        let filled = Template::parse(wrong).and_then(|it| it.fill(&Values::default()));
        assert!(filled.is_err(), "{wrong}");
    }
    assert_eq!(Template::parse("{ a }").unwrap().fill(&Values::default()).unwrap(), "{ a }");
}
