//! Rate limits.

use nokube_domain::rate_limit::{
    Client::{Address, Person},
    RateLimit, ReadCost, counter_number, exceeded, window_start,
};
use std::collections::BTreeSet;

const START: i64 = 1_800_000_000 / 60 * 60;

fn number(address: &str) -> u16 {
    counter_number("secret", RateLimit::SignIns, Address(Some(address)), START)
}

#[test]
fn counting_restarts_with_each_window() {
    assert_eq!(window_start(START), window_start(START + 59));
    assert_ne!(window_start(START), window_start(START + 60));
    assert_eq!(exceeded(RateLimit::Builds, 3, START + 50).retry_after, Some(10));
}

#[test]
fn a_page_of_a_list_counts_by_the_rows_that_it_may_have() {
    let costs = [1, 10, 11, 50, 200].map(|rows| ReadCost::Page(1).of_page(rows));
    assert_eq!(costs, [2, 2, 3, 6, 21]);
    assert_eq!(ReadCost::Fixed(5).of_page(200), 5);
}

#[test]
fn any_number_of_clients_shares_4096_counters_of_each_kind() {
    let numbers: Vec<_> = (0..40_000_u32).map(|n| number(&format!("host-{n}"))).collect();
    assert!(numbers.iter().all(|number| *number < 4_096));
    assert_eq!(BTreeSet::from_iter(&numbers).len(), 4_096, "all are used");
    let most = numbers.iter().filter(|number| **number == numbers[0]).count();
    assert!(most < 40, "evenly: {most}");
}

#[test]
fn clients_share_a_counter_for_one_window_and_nobody_can_compute_which() {
    let of = |secret, limit, start| counter_number(secret, limit, Person("alice"), start);
    let here = of("secret", RateLimit::Builds, START);
    assert_eq!(here, of("secret", RateLimit::Builds, START));
    assert_ne!(here, of("secret", RateLimit::Builds, START + 60));
    assert_ne!(here, of("another", RateLimit::Builds, START));
    assert_ne!(here, counter_number("secret", RateLimit::Builds, Address(Some("alice")), START));
}

#[test]
fn a_site_counts_as_one_client_whichever_of_its_addresses_it_uses() {
    assert_eq!(number("2001:db8:1:1::1"), number("2001:db8:1:ffff::2"), "one /48");
    assert_ne!(number("2001:db8:1::1"), number("2001:db8:2::1"));
    assert_eq!(number("192.0.2.7"), number("::ffff:192.0.2.7"));
    assert_ne!(number("192.0.2.7"), number("192.0.2.8"));
}
