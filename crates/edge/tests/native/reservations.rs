//! Reservations: of several who want to create the same, one does.

use futures::future::join;
use nokube_edge::{
    reservation::{Lease, Reservation, existing, reserve},
    store::Store,
};
use nokube_test_host::TestHost;

async fn try_to_reserve() -> Reservation<String> {
    let store = Store::open().await.unwrap();
    reserve(&store, "name/frontend").await.unwrap()
}

fn acquired(reservation: Reservation<String>) -> Option<Lease> {
    match reservation {
        Reservation::Acquired(lease) => Some(lease),
        Reservation::Existing(_) | Reservation::Pending => None,
    }
}

async fn complete(lease: Lease, result: &str) {
    let store = Store::open().await.unwrap();
    lease.complete(&store, &result.to_owned()).await.unwrap();
}

#[test]
fn of_two_at_once_one_creates_it_and_the_other_gets_what_was_created() {
    let host = TestHost::install();
    let (first, second) = host.run(join(try_to_reserve(), try_to_reserve()));
    let leases: Vec<_> = [first, second].into_iter().filter_map(acquired).collect();
    let [lease] = leases.try_into().unwrap_or_else(|_| panic!("not one holder"));
    assert!(matches!(host.run(try_to_reserve()), Reservation::Pending));
    host.run(complete(lease, "number 1"));
    let Reservation::Existing(result) = host.run(try_to_reserve()) else { panic!("not existing") };
    assert_eq!(result, "number 1");
}

#[test]
fn if_the_holder_dies_another_gets_the_reservation_once_the_lease_has_ended() {
    let host = TestHost::install();
    let lease = acquired(host.run(try_to_reserve())).unwrap();
    assert!(lease.is_valid());
    assert!(matches!(host.run(try_to_reserve()), Reservation::Pending), "found without result");
    host.wait(59);
    assert!(matches!(host.run(try_to_reserve()), Reservation::Pending));
    assert!(!lease.is_valid(), "the holder may not act long before another can");
    host.wait(1);
    let (first, second) = host.run(join(try_to_reserve(), try_to_reserve()));
    let next: Vec<_> = [first, second].into_iter().filter_map(acquired).collect();
    assert_eq!(next.len(), 1, "again only one");
}

#[test]
fn nothing_exists_before_the_reservation_is_completed() {
    let host = TestHost::install();
    let lease = acquired(host.run(try_to_reserve())).unwrap();
    let look_up = || async {
        let store = Store::open().await.unwrap();
        existing::<String>(&store, "name/frontend").await.unwrap()
    };
    assert_eq!(host.run(look_up()), None);
    host.run(complete(lease, "number 1"));
    assert_eq!(host.run(look_up()), Some("number 1".into()));
}
