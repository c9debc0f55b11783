//! Records: joins, merges, and a store that fails.

use crate::ROUTES;
use futures::future::join_all;
use nokube_domain::{BuildId, ProjectId, Timestamp, builds::RunRecord};
use nokube_edge::{
    host::LogLevel,
    now,
    store::{Counter, Store, StoreSettings, keys},
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

/// The cluster can show a higher number than a restored store has.
#[test]
fn concurrent_numbers_above_a_floor_differ() {
    let host = TestHost::install();
    let above = |floor| async move {
        let store = Store::open().await.unwrap();
        store.increment_above(&Counter::projects(), floor).await.unwrap()
    };
    let mut numbers = host.run(join_all((0..10).map(|_| above(40))));
    assert!(numbers.iter().all(|number| *number > 40), "{numbers:?}");
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), 10, "each is given once");
    let highest = numbers[9];
    assert_eq!(host.run(above(3)), highest + 1, "a floor below the counter changes nothing");
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
    let response = alice.get("/things");
    assert_eq!(response.expect(503)["type"], "/problems/upstream-unavailable");
    assert_eq!(response.header("retry-after"), "5");
    alice.get("/things/7").expect(200);
    assert_eq!(host.logged(LogLevel::Event).len(), 1);
    host.store_works();
    alice.get("/things").expect(200);
}

#[test]
fn a_store_that_does_not_answer_costs_a_request_three_seconds_and_is_used_again_a_second_later() {
    let host = TestHost::install();
    let alice = host.user(ROUTES, "alice");
    let seconds = |start: Timestamp| now().as_second() - start.as_second();
    host.store_fails(StoreFault::Silent);
    let start = now();
    assert_eq!(alice.get("/things").header("retry-after"), "5");
    assert_eq!(seconds(start), 3);
    // The requests that waited behind the first one are not tried.
    alice.get("/things").expect(503);
    assert_eq!(seconds(start), 3);

    host.store_works();
    alice.get("/things").expect(503);
    host.wait(1);
    alice.get("/things").expect(200);
    assert_eq!(host.logged(LogLevel::Event).len(), 3);
}

#[test]
fn the_settings_of_a_redis_store_must_name_one_server() {
    const HOST: &str = "redis://redis.internal:6379";
    for (url, host, wrong) in [
        ("redis://:a%2Fb@redis.internal/0", HOST, None),
        ("redis://nokube:secret@Redis.internal:6379", HOST, None),
        ("rediss://:s@redis.internal:6380/3", "rediss://redis.internal:6380", None),
        ("redis.internal:6379", HOST, Some("state_redis_url")),
        ("rediss://redis.internal", "rediss://redis.internal", Some("state_redis_url")),
        ("http://:secret@redis.internal", HOST, Some("state_redis_url")),
        ("redis://:secret@b@redis.internal/0", HOST, Some("state_redis_url")),
        ("redis://secret@redis.internal/0", HOST, Some("state_redis_url")),
        ("redis://:a/b@redis.internal/0", HOST, Some("state_redis_url")),
        ("redis://secret#b@redis.internal/0", HOST, Some("state_redis_url")),
        ("redis://default:31337#secret@redis.internal/0", HOST, Some("state_redis_url")),
        ("redis://redis.internal/nokube", HOST, Some("state_redis_url")),
        ("redis://redis.internal/0?db=1", HOST, Some("state_redis_url")),
        ("redis://redis.internal/0", "redis://unset.invalid:6379", Some("state_redis_host")),
        ("redis://redis.internal:6380/0", HOST, Some("state_redis_host")),
        ("rediss://redis.internal:6379/0", HOST, Some("state_redis_host")),
        ("redis://redis.internal/0", "redis.internal", Some("state_redis_host")),
    ] {
        let error = StoreSettings::new(Some(url.into()), Some(host)).err();
        assert_eq!(error.as_ref().map(|error| error.field.as_str()), wrong, "{url} {host}");
        // Passwords are not repeated.
        assert!(!format!("{error:?}").contains("secret"), "{error:?}");
    }
    let settings = StoreSettings::new(None, Some("redis://unset.invalid:6379"));
    assert!(settings.unwrap().redis_url.is_none());
    let error = StoreSettings::new(None, Some(HOST)).err().unwrap();
    assert_eq!(error.field, "state_redis_url");
}
