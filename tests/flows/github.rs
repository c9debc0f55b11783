//! Whatever a flow is about: what was sent to the simulated GitHub and what it answered and told is
//! checked against GitHub's own description.

use nokube_conformance::{Exchange, answered, asked, told};
use nokube_sim::Sim;
use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

/// Looks at all that `sim` has seen and told.
pub fn look(sim: &Sim) {
    let mut checked = BTreeSet::new();
    let mut check = |result: Result<String, String>| match result {
        Ok(about) => checked.insert(about),
        Err(fault) => panic!("not as GitHub describes it: {fault}"),
    };
    for seen in sim.requests() {
        let (false, Some(status), Some(answer)) = (seen.faulted, seen.status, &seen.answer) else {
            continue;
        };
        let exchange = Exchange {
            method: &seen.method,
            path: &seen.path,
            sent: &seen.body,
            status,
            headers: &answer.headers,
            body: &answer.body,
        };
        check(asked(&exchange).and_then(|()| answered(&exchange)));
    }
    for event in sim.deliveries() {
        check(told(&event.event, event.action.as_deref(), &event.body));
    }
    tell(checked);
}

/// Keeps what the tests of this process have checked in a file, which `make test` counts.
fn tell(checked: BTreeSet<String>) {
    static ALL: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
    all.extend(checked);
    let lines: String = all.iter().map(|about| format!("{about}\n")).collect();
    std::fs::write(report(), lines).unwrap();
}

/// Beside the folder of `flows-…`: `target/debug/flows-github-as-described.txt`.
fn report() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let name = tests.file_name().unwrap().to_string_lossy().into_owned();
    let name = name.split('-').next().unwrap_or_default();
    tests.parent().unwrap().with_file_name(format!("{name}-github-as-described.txt"))
}
