//! Reads are counted in chunks: how many are admitted, and how often the store is written.

use nokube_domain::read_allowance::{Admission, EXACT_LIMIT, ReadAllowances};

const START: i64 = 1_800_000_000 / 60 * 60;
const LIMIT: u32 = 6_000;

/// The counter that all instances share.
#[derive(Default)]
struct Shared {
    counted: u32,
    writes: u32,
}

/// One read, as `nokube_edge` admits it.
fn read(
    instance: &mut ReadAllowances,
    shared: &mut Shared,
    (person, cost, max): (&str, u32, u32),
    random: u64,
) -> bool {
    match instance.admit(person, START, cost) {
        Admission::Admitted => return true,
        Admission::FirstRead => instance.give_credit(person, max, random),
        Admission::TooLittleLeft => {}
    }
    if shared.counted > max {
        instance.revoke_credit(person);
        return false;
    }
    if instance.admit(person, START, cost) == Admission::Admitted {
        return true;
    }
    let chunk = instance.chunk(person, cost, max);
    let counted = max.saturating_sub(shared.counted).min(chunk);
    shared.counted += chunk;
    shared.writes += 1;
    instance.add_and_admit(person, START, counted, cost)
}

/// SplitMix64.
fn random_numbers() -> impl FnMut() -> u64 {
    let mut state = 7_u64;
    move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

/// How many reads of cost one are admitted by instances that serve `per_instance` of them, of 12,000; and how often the
/// store is written.
fn admitted(per_instance: u32, max: u32) -> (u32, u32) {
    let (mut random, mut shared, mut admitted) = (random_numbers(), Shared::default(), 0);
    for _ in 0..12_000 / per_instance {
        let (mut instance, number) = (ReadAllowances::default(), random());
        let read = |_: &u32| read(&mut instance, &mut shared, ("alice", 1, max), number);
        admitted += u32::try_from((0..per_instance).filter(read).count()).unwrap();
    }
    (admitted, shared.writes)
}

#[test]
fn an_instance_writes_once_for_30_reads() {
    let (admitted, writes) = admitted(12_000, LIMIT);
    assert!((LIMIT..LIMIT + 30).contains(&admitted), "{admitted}");
    assert!(writes <= LIMIT / 30 + 1, "{writes}");
}

#[test]
fn on_average_the_limit_holds_whatever_an_instance_serves() {
    for per_instance in [1, 2, 7, 16, 128, 1_000] {
        let (admitted, writes) = admitted(per_instance, LIMIT);
        // Four standard deviations, if each instance serves one read.
        assert!(
            admitted.abs_diff(LIMIT) < 1_700,
            "{admitted} of instances that serve {per_instance}"
        );
        assert!(writes < 300, "{writes}");
    }
}

#[test]
fn a_small_limit_holds_exactly_whatever_an_instance_serves() {
    for per_instance in [1, 2, 7, 128] {
        for max in [1, 10, EXACT_LIMIT] {
            assert_eq!(admitted(per_instance, max).0, max);
        }
    }
}

#[test]
fn what_one_person_reads_leaves_others_theirs() {
    let (mut instance, mut alice, mut bob) = Default::default();
    for n in 0..40 {
        assert_eq!(read(&mut instance, &mut alice, ("alice", 5, 100), 3), n < 20);
        assert_eq!(read(&mut instance, &mut bob, ("bob", 10, 100), 3), n < 10);
    }
}

#[test]
fn of_very_many_people_the_last_ones_are_counted_read_by_read() {
    let mut instance = ReadAllowances::default();
    for person in 0..300 {
        let (person, mut shared) = (format!("person-{person}"), Shared::default());
        let admitted =
            (0..20).filter(|_| read(&mut instance, &mut shared, (&person, 2, 4_000), 19));
        assert_eq!(admitted.count(), 20);
        let remembered = instance.chunk(&person, 2, 4_000) == 20;
        assert_eq!(shared.writes, if remembered { 2 } else { 20 }, "{person}");
    }
    assert_eq!(instance.chunk("person-255", 2, 4_000), 20);
    assert_eq!(instance.chunk("person-256", 2, 4_000), 2);
}

#[test]
fn an_allowance_ends_with_its_window() {
    let (mut instance, mut shared) = (ReadAllowances::default(), Shared::default());
    assert!(read(&mut instance, &mut shared, ("alice", 1, LIMIT), 29));
    assert_eq!(instance.admit("alice", START, 1), Admission::Admitted);
    assert_eq!(instance.admit("alice", START + 60, 1), Admission::FirstRead);
    assert_eq!(
        instance.admit("alice", START, 1),
        Admission::FirstRead,
        "also if the clock goes back"
    );
    assert!(!instance.add_and_admit("alice", START, 0, 1));
}
