//! Records: joins, merges, and a store that fails.

use crate::ROUTES;
use futures::future::join_all;
use nokube_domain::{BuildId, ProjectId, builds::RunRecord};
use nokube_edge::{
    host::LogLevel,
    store::{Counter, Store, keys},
};
use nokube_test_host::{StoreFault, TestHost};

#[test]
fn no_two_get_the_same_number() {
    let host = TestHost::install();
    let increment = || async {
        let store = Store::open().await.unwrap();
        store.increment(&Counter::projects()).await.unwrap()
    };
    let mut numbers = host.run(join_all((0..10).map(|_| increment())));
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=10).collect::<Vec<_>>());
    let count = host.run(async {
        let store = Store::open().await.unwrap();
        store.count(&Counter::projects()).await.unwrap()
    });
    assert_eq!(count, 10);
}

#[test]
fn a_run_record_of_another_build_with_the_same_number_is_not_this_builds() {
    let host = TestHost::install();
    let (earlier, later) = (BuildId::new(ProjectId(1), 1, 17), BuildId::new(ProjectId(1), 1, 18));
    host.run(async move {
        let store = Store::open().await.unwrap();
        let mut run = RunRecord::new(earlier);
        run.image_pushed = None;
        store.set_run(&run).await.unwrap();
        assert_eq!(store.run(earlier).await.unwrap().build_id, earlier);
        assert_eq!(store.run(later).await.unwrap(), RunRecord::new(later));
        assert!(store.build_by_id(later).await.unwrap().is_none());
    });
}

#[test]
fn a_record_that_cannot_be_read_is_an_internal_error() {
    let host = TestHost::install();
    let result = host.run(async {
        let store = Store::open().await.unwrap();
        store.set(keys::readiness(), &"not a number").await.unwrap();
        store.get(keys::readiness::<u32>()).await
    });
    let error = format!("{:?}", result.unwrap_err());
    assert!(error.contains("read h/ready"), "{error}");
}

#[test]
fn while_the_store_is_away_requests_that_need_it_fail_and_others_do_not() {
    let host = TestHost::install();
    let alice = host.user(ROUTES, "alice");
    host.store_fails(StoreFault::Away);
    alice.get("/things").expect(500);
    alice.get("/things/7").expect(200);
    assert_eq!(host.logged(LogLevel::Event).len(), 1);
    host.store_works();
    alice.get("/things").expect(200);
}
