//! Variables and templates.

use std::collections::BTreeMap;

use local_host::manifest::Variable;
use local_host::variables::{ResolvedVariables, VariableSources};

use crate::test_app::strings;

fn declared(names: &[(&str, Option<&str>)]) -> BTreeMap<String, Variable> {
    let variable = |default: Option<&str>| Variable {
        default: default.map(str::to_string),
        required: default.is_none(),
        ..Variable::default()
    };
    names.iter().map(|(name, default)| (name.to_string(), variable(*default))).collect()
}

#[test]
fn sources_have_an_order_of_precedence() {
    let declared =
        declared(&[("a", Some("default")), ("b", Some("default")), ("c", None), ("d", None)]);
    let overrides = strings([("d", "override")]);
    let environment =
        strings([("SPIN_VARIABLE_C", "environment"), ("SPIN_VARIABLE_D", "environment")]);
    let env_file = strings([("SPIN_VARIABLE_B", "file"), ("SPIN_VARIABLE_C", "file")]);
    let sources =
        VariableSources { overrides: &overrides, environment: &environment, env_file: &env_file };
    let values = ResolvedVariables::resolve(&declared, &sources).unwrap();
    let all = values.expand("{{ a }} {{b}} {{ c}} {{d }}").unwrap();
    assert_eq!(all, "default file environment override");
}

#[test]
fn the_error_lists_all_missing_variables() {
    let none = BTreeMap::new();
    let sources = VariableSources { overrides: &none, environment: &none, env_file: &none };
    let declared = declared(&[("token", None), ("url", Some("x")), ("secret", None)]);
    let error = ResolvedVariables::resolve(&declared, &sources).unwrap_err().to_string();
    assert_eq!(
        error,
        "2 required variables have no value: set SPIN_VARIABLE_SECRET, SPIN_VARIABLE_TOKEN in \
         the environment or in the file .env"
    );
}

#[test]
fn an_override_of_an_unknown_variable_is_an_error() {
    let (none, overrides) = (BTreeMap::new(), strings([("tokn", "x")]));
    let sources = VariableSources { overrides: &overrides, environment: &none, env_file: &none };
    let error =
        ResolvedVariables::resolve(&declared(&[("token", Some(""))]), &sources).unwrap_err();
    assert!(error.to_string().contains("tokn"), "{error}");
}

#[test]
fn an_incomplete_template_or_an_unknown_variable_is_an_error() {
    for template in ["{{ a", "a }}", "{{ unknown }}"] {
        assert!(ResolvedVariables::default().expand(template).is_err(), "{template}");
    }
    assert_eq!(ResolvedVariables::default().expand("{ a }").unwrap(), "{ a }");
}
