//! People, pushes and failing rollouts at the same moment, with revisions that are stored in any order, and requests that
//! are cut off anywhere: a person's revision is never lost under an automatic one, and the newest build wins.

use super::{
    build,
    world::{Action, Event, World},
};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        3 => Just(Action::Rollback),
        2 => Just(Action::Stop),
        2 => Just(Action::Restart),
        1 => Just(Action::Deploy),
        2 => Just(Action::Resume),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        2 => any::<bool>().prop_map(|is_good| Event::Build { is_good }),
        2 => action().prop_map(Event::Person),
        3 => Just(Event::Look),
        12 => any::<usize>().prop_map(Event::Step),
        1 => any::<usize>().prop_map(Event::CutOff),
    ]
}

fn after(events: Vec<Event>) -> World {
    let mut world = World::new();
    for event in events {
        world.happen(event);
    }
    world.settle();
    world
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn what_a_person_did_last_stays_until_somebody_resumes_it(events in prop::collection::vec(event(), 0..70)) {
        let world = after(events);
        let Some((asked, _)) = world.last_asked() else { return Ok(()) };
        let (asked, state) = (asked.deployed().unwrap(), world.state());
        prop_assert_eq!(&asked.automation_paused, &state.automation_paused);
        if asked.automation_paused.is_some() {
            prop_assert_eq!(&asked.release, &state.release);
            prop_assert_eq!(asked.stopped, state.stopped);
            prop_assert!(world.newest().automatic.is_none());
        }
    }

    #[test]
    fn unless_it_is_paused_the_newest_build_runs_or_was_undone(events in prop::collection::vec(event(), 0..70)) {
        let world = after(events);
        let state = world.state();
        let built = state.release.image.build.unwrap().number;
        if state.automation_paused.is_none() && state.automatic_build != Some(build(world.target)) {
            // Somebody has deployed it.
            prop_assert_eq!(built, world.target);
        }
        let is_deployed_last = world.newest().automatic.is_some();
        if is_deployed_last && world.newest().fallback().is_some() {
            prop_assert!(!world.bad.contains(&built), "{:?}", world.newest());
        }
    }

    /// Nobody is interrupted, and nothing happens at the same time.
    #[test]
    fn each_build_is_deployed_once(events in prop::collection::vec(event(), 0..40)) {
        let mut world = World::new();
        for event in events {
            if !matches!(event, Event::Step(_) | Event::CutOff(_)) {
                world.happen(event);
                world.settle();
            }
        }
        let different: BTreeSet<_> = world.deployed.iter().collect();
        prop_assert_eq!(different.len(), world.deployed.len(), "{:?}", world.deployed);
        let (count, newest) = (world.count, world.newest().number);
        world.settle();
        prop_assert_eq!((count, newest), (world.count, world.newest().number), "nothing is left");
    }
}

/// A look that began before the last push stores its revision last.
#[test]
fn the_build_of_an_earlier_push_does_not_stay() {
    let mut world = World::new();
    world.happen(Event::Build { is_good: true });
    world.happen(Event::Look);
    world.step(0);
    world.happen(Event::Build { is_good: true });
    world.happen(Event::Look);
    world.finish(1);
    assert_eq!(world.state().automatic_build, Some(build(3)));
    world.finish(0);
    world.settle();
    assert_eq!(world.state().release.image.build, Some(build(3)));
}

/// In every order of the steps of the two, and cut off after each.
#[test]
fn a_rollback_of_the_same_moment_stays() {
    let orders = (0..4).flat_map(|first| (0..5).map(move |look| (first, look)));
    for (first, look) in orders {
        for then in 0..5 {
            let mut world = World::new();
            world.happen(Event::Build { is_good: true });
            world.happen(Event::Person(Action::Rollback));
            world.happen(Event::Look);
            (0..first).for_each(|_| world.step(0));
            (0..look).for_each(|_| world.step(1));
            (0..then).for_each(|_| world.step(0));
            let is_stored = !world.asked.is_empty();
            world.cut_off(0);
            world.cut_off(1);
            world.settle();
            let paused = world.state().automation_paused.is_some();
            assert_eq!(paused, is_stored, "{first}, {look}, {then}");
            let built = world.state().release.image.build;
            assert_eq!(built == Some(build(1)), is_stored, "{first}, {look}, {then}");
        }
    }
}
