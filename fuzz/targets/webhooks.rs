//! A webhook: the name of the event, the signature's header and the body. What it says about a build is merged as it is
//! when the webhook arrives. The body is also filtered, as that of a push is.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nokube_domain::builds::{JobsRecord, RunRecord};
use nokube_fuzz::{check_stored, split_line};
use nokube_github::{
    event::{BuilderWorkflow, Event, parse},
    json_filter::JsonFilter,
    signature::Verifier,
};
use serde::de::IgnoredAny;

const BUILDER: BuilderWorkflow =
    BuilderWorkflow { repository: "platform/builder", workflow: "build.yml" };

fuzz_target!(|input: &[u8]| {
    let (name, rest) = split_line(input);
    let (signature, body) = split_line(rest);
    if let Some(mut verifier) = Verifier::new(signature, &["secret", "another secret"]) {
        verifier.update(body);
        assert!(!verifier.matches(), "nobody has signed it");
    }
    check_filter(body);
    match parse(name, body, &BUILDER) {
        Ok(Event::Run { build, source, key, facts }) => {
            let update = RunRecord::with_run(build, key, facts);
            check_run(&update.with_builder_repository(source.repository));
        }
        Ok(Event::ImagePushed { build, pushed }) => {
            check_run(&RunRecord { image_pushed: Some(pushed), ..RunRecord::new(build) });
        }
        Ok(Event::Job { build, id, facts, .. }) => {
            let update = JobsRecord::with_jobs(build, [(id, facts)].into());
            let mut stored = JobsRecord::new(build);
            stored.merge(update.clone());
            check_stored(&stored);
            assert!(!stored.merge(update), "an event that is delivered again changes nothing");
        }
        Ok(Event::Repository { change, .. }) => check_stored(&change),
        Ok(Event::Ping | Event::Ignored(_)) | Err(_) => {}
    }
});

/// Only JSON passes, and what is left of it is JSON, however the body is cut.
fn check_filter(body: &[u8]) {
    let filter = |chunk_size: usize| {
        let mut filter = JsonFilter::new(1024 * 1024);
        body.chunks(chunk_size).for_each(|chunk| filter.feed(chunk));
        filter.finish()
    };
    let is_json = |text: &[u8]| serde_json::from_slice::<IgnoredAny>(text).is_ok();
    let filtered = filter(usize::MAX);
    assert_eq!(filter(1), filtered);
    if let Ok(kept) = filtered {
        assert!(is_json(body) && std::str::from_utf8(body).is_ok(), "what is not JSON passes");
        assert!(is_json(&kept) && kept.len() <= 2 * body.len(), "what is left is not JSON");
    }
}

fn check_run(update: &RunRecord) {
    let mut stored = RunRecord::new(update.build_id);
    stored.merge(update.clone());
    check_stored(&stored);
    assert!(!stored.merge(update.clone()), "an event that is delivered again changes nothing");
}
