//! Checks every request to the simulated GitHub, every response and every webhook against GitHub's own
//! description of its API.

use nokube_conformance::{Exchange, check_request, check_response, check_webhook};
use nokube_sim::SimulatedGitHub;
use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

/// Checks everything that the simulation received and sent.
pub fn check(github: &SimulatedGitHub) {
    let mut checked = BTreeSet::new();
    let mut record = |result: Result<String, String>| match result {
        Ok(summary) => checked.insert(summary),
        Err(error) => panic!("not as GitHub describes it: {error}"),
    };
    for request in github.requests() {
        let (false, Some(status), Some(response)) =
            (request.is_faulted, request.status, &request.response)
        else {
            continue;
        };
        let exchange = Exchange {
            method: &request.method,
            path: &request.path,
            request_body: &request.body,
            status,
            headers: &response.headers,
            response_body: &response.body,
        };
        record(check_request(&exchange).and_then(|()| check_response(&exchange)));
    }
    for delivery in github.deliveries() {
        record(check_webhook(&delivery.event, delivery.action.as_deref(), &delivery.body));
    }
    write_report(checked);
}

/// Writes what all tests of this process have checked to a file. `make test` counts its lines.
fn write_report(checked: BTreeSet<String>) {
    static ALL: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
    all.extend(checked);
    let lines: String = all.iter().map(|summary| format!("{summary}\n")).collect();
    std::fs::write(report_file(), lines).unwrap();
}

/// For the test binary `target/debug/deps/flows-…`: `target/debug/flows-github-as-described.txt`.
fn report_file() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let name = tests.file_name().unwrap().to_string_lossy().into_owned();
    let name = name.split('-').next().unwrap_or_default();
    tests.parent().unwrap().with_file_name(format!("{name}-github-as-described.txt"))
}
