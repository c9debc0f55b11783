//! Limits of how many things somebody may have: they hold, however many ask at once, and nothing is lost.

use crate::interleaving::{Task, interleave};
use futures::future::join_all;
use nokube_domain::{ProblemKind, ProjectId, Timestamp, places::Presence};
use nokube_edge::{
    Error, Result,
    places::{Holder, Places},
    store::{Counter, Limit, Store},
};
use nokube_test_host::TestHost;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use std::{cell::RefCell, collections::BTreeMap};

const MAX: u32 = 3;
const LIMIT: Limit = Limit::Services(ProjectId(1));

thread_local! {
    /// The things that were created, and whether each still exists.
    static THINGS: RefCell<BTreeMap<u32, bool>> = const { RefCell::new(BTreeMap::new()) };
}

#[derive(Clone, Serialize, Deserialize)]
struct Thing(u32);

impl Holder for Thing {
    async fn presence(&self, store: &Store, _: Timestamp) -> Result<Presence> {
        store.count(&Counter::projects()).await?; // As others, it takes a call.
        Ok(match THINGS.with_borrow(|things| things.get(&self.0).copied()) {
            None => Presence::Absent,
            Some(true) => Presence::Present,
            Some(false) => Presence::Ended,
        })
    }
}

/// Creates a thing if there is a place for it.
async fn create(thing: u32, earlier: Vec<Thing>) -> bool {
    let store = Store::open().await.unwrap();
    let places = Places::new(&store, LIMIT, MAX);
    let place = match places.take(&Thing(thing), async { Ok(earlier) }).await {
        // The first request of all was interrupted.
        Err(Error::Problem(problem)) if problem.kind == ProblemKind::InProgress => None,
        place => place.unwrap(),
    };
    let Some(place) = place.filter(|place| place.is_valid()) else { return false };
    store.count(&Counter::projects()).await.unwrap();
    THINGS.with_borrow_mut(|things| things.insert(thing, true));
    assert!(existing().len() <= MAX as usize, "{:?}", existing());
    drop(place);
    true
}

/// Creates a thing, and deletes it again.
async fn create_and_delete(thing: u32) -> bool {
    let is_created = create(thing, Vec::new()).await;
    let store = Store::open().await.unwrap();
    store.count(&Counter::projects()).await.unwrap();
    THINGS.with_borrow_mut(|things| {
        things.entry(thing).and_modify(|exists| *exists = false);
    });
    is_created
}

fn existing() -> Vec<u32> {
    THINGS.with_borrow(|things| {
        things.iter().filter(|(_, exists)| **exists).map(|(thing, _)| *thing).collect()
    })
}

fn install() -> std::rc::Rc<TestHost> {
    THINGS.with_borrow_mut(BTreeMap::clear);
    TestHost::install()
}

fn delete_all() {
    THINGS.with_borrow_mut(|things| things.values_mut().for_each(|exists| *exists = false));
}

/// How many of ten that are created at once there is room for.
fn created_at_once(host: &TestHost, first: u32) -> usize {
    let all = host.run(join_all((first..first + 10).map(|thing| create(thing, Vec::new()))));
    all.into_iter().filter(|is_created| *is_created).count()
}

proptest! {
    #[test]
    fn a_limit_holds_in_every_order_and_interruptions_take_nothing_away(
        choices in prop::collection::vec(any::<u8>(), 400),
        interrupted in prop::collection::vec(0..30_u32, 0..6),
    ) {
        let host = install();
        let whole = (0..8).map(|thing| Task { future: Box::pin(create_and_delete(thing)) as _, steps: None });
        let cut_off = (100..).zip(interrupted).map(|(thing, steps)| Task {
            future: Box::pin(create_and_delete(thing)) as _,
            steps: Some(steps),
        });
        host.run(interleave(whole.chain(cut_off).collect(), choices));
        prop_assert!(existing().len() <= MAX as usize);
        delete_all();
        for round in 0..4 {
            host.wait(61);
            if created_at_once(&host, 1_000 + 10 * round) == MAX as usize {
                return Ok(());
            }
            delete_all();
        }
        prop_assert!(false, "a place is lost");
    }
}

#[test]
fn forty_at_once_fill_exactly_the_limit_and_the_place_of_an_ended_one_is_free() {
    let host = install();
    let all = host.run(join_all((0..40).map(|thing| create(thing, Vec::new()))));
    assert_eq!(all.into_iter().filter(|is_created| *is_created).count(), 3);
    assert_eq!(created_at_once(&host, 50), 0);
    let first = existing()[0];
    THINGS.with_borrow_mut(|things| things.insert(first, false));
    assert_eq!(created_at_once(&host, 60), 1);
}

#[test]
fn things_from_before_places_were_counted_count() {
    let host = install();
    THINGS.with_borrow_mut(|things| things.extend([(1, true), (2, true)]));
    let earlier = || vec![Thing(1), Thing(2)];
    let all = host.run(join_all((10..20).map(|thing| create(thing, earlier()))));
    assert_eq!(all.into_iter().filter(|is_created| *is_created).count(), 1);
    THINGS.with_borrow_mut(|things| things.insert(2, false));
    assert_eq!(created_at_once(&host, 20), 1);
}

#[test]
fn a_place_that_was_taken_for_nothing_is_free_after_a_minute_or_when_it_is_settled() {
    let host = install();
    let take = |thing: u32| async move {
        let store = Store::open().await.unwrap();
        let places = Places::new(&store, LIMIT, MAX);
        let place = places.take(&Thing(thing), async { Ok(Vec::new()) }).await.unwrap();
        if thing == 3 {
            place.unwrap().settle(&store).await.unwrap();
        }
    };
    (1..=3).for_each(|thing| host.run(take(thing)));
    assert_eq!(created_at_once(&host, 10), 1);
    host.wait(61);
    assert_eq!(created_at_once(&host, 20), 2);
}
