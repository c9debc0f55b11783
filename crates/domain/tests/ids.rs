//! Build ids: their canonical text form, and the names derived from them.

use nokube_domain::{BuildId, ProjectId, image::ImageTag};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_id_survives_a_round_trip(project: u32, number: u32, nonce: u64) {
        let id = BuildId::new(ProjectId(project), number, nonce);
        let text = id.to_string();
        prop_assert_eq!(text.len(), 26);
        prop_assert!(text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'v')));
        prop_assert_eq!(text.parse::<BuildId>().unwrap(), id);
        let json = serde_json::to_string(&id).unwrap();
        prop_assert_eq!(serde_json::from_str::<BuildId>(&json).unwrap(), id);
        prop_assert_eq!((id.project, id.number), (ProjectId(project), number));

        prop_assert_eq!(BuildId::from_unique_tag(&id.unique_tag()), Some(id));
        prop_assert_eq!(BuildId::from_run_title(&id.run_title()), Some(id));
        prop_assert_eq!(BuildId::from_job_name(&id.job_name()), Some(id));
        prop_assert!(id.unique_tag().parse::<ImageTag>().is_err(), "a user cannot request it");
    }

    #[test]
    fn ids_of_different_builds_differ(a: (u32, u32, u64), b: (u32, u32, u64)) {
        let text = |(p, n, nonce): (u32, u32, u64)| BuildId::new(ProjectId(p), n, nonce).to_string();
        prop_assert_eq!(text(a) == text(b), a == b);
    }

    #[test]
    fn a_parsed_id_is_formatted_as_the_same_text(text in "[0-9a-zA-Z]{24,28}") {
        if let Ok(id) = text.parse::<BuildId>() {
            prop_assert_eq!(id.to_string(), text);
        }
    }
}

#[test]
fn only_the_canonical_spelling_is_an_id() {
    let id = BuildId::new(ProjectId(1), 2, 3);
    let text = id.to_string();
    assert_eq!(text, "0000008000004000000000000c");
    let capitals = text.to_uppercase();
    let unused_bits = format!("{}d", &text[..25]);
    for other in
        ["", &text[..25], &capitals, &unused_bits, &format!("{text}0"), &format!("{text}=")]
    {
        assert!(other.parse::<BuildId>().is_err(), "{other}");
    }
    for other in [format!(" {text}"), format!("{text}\n"), "w".repeat(26), "é".repeat(13)] {
        assert!(other.parse::<BuildId>().is_err(), "{other}");
        assert!(serde_json::from_str::<BuildId>(&format!("{other:?}")).is_err());
    }
}

#[test]
fn names_derived_from_a_build_are_matched_exactly() {
    let id = BuildId::new(ProjectId(1), 2, 3);
    assert_eq!(id.run_title(), format!("NoKube build {id}"));
    assert_eq!(id.job_name(), format!("build {id}"));
    assert_eq!(id.unique_tag(), format!("build-{id}"));
    for other in [
        String::new(),
        "NoKube build".into(),
        "NoKube build ".into(),
        id.to_string(),
        id.job_name(),
        format!("nokube build {id}"),
        format!("NoKube build  {id}"),
        format!("NoKube build {id} "),
        format!("NoKube build {id} of somebody"),
        format!("Re: NoKube build {id}"),
    ] {
        assert_eq!(BuildId::from_run_title(&other), None, "{other}");
    }
    for other in [id.run_title(), id.unique_tag(), format!("call / build {id}")] {
        assert_eq!(BuildId::from_job_name(&other), None, "{other}");
    }
    for other in [id.job_name(), id.to_string(), format!("sha256-build-{id}"), "build-".into()] {
        assert_eq!(BuildId::from_unique_tag(&other), None, "{other}");
    }
}
