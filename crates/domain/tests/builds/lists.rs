//! Lists of the builds of several projects: the order, and where a page begins.

use nokube_domain::{
    BuildId, ProjectId, Timestamp,
    builds::{
        BuildFilter, BuildView, InvalidPosition, ListPosition, MAX_MERGED_PROJECTS, MergedList,
        ProjectNumber, ProjectNumbers, Status,
    },
};
use proptest::prelude::*;
use serde_json::json;
use std::collections::BTreeMap;

const OLDEST_UNFINISHED: i64 = 1_800_000_100;

fn build(project: u32, number: u32, seconds: i64, status: &str) -> BuildView {
    let id = BuildId::new(ProjectId(project), number, 7);
    let created_at = Timestamp::from_second(1_800_000_000 + seconds).unwrap();
    let build = json!({
        "build_id": id, "project_id": project, "service_name": "web", "status": status,
        "image_full_name": "ghcr.io/platform/alice/myapp-web:1", "image_digest": null,
        "repository": "alice/myapp", "branch": "main",
        "commit_sha": "0123456789abcdef0123456789abcdef01234567", "created_at": created_at,
        "started_at": null, "completed_at": null, "duration": null, "attempt": 1,
        "cancel_requested_at": null, "error_code": null, "error_message": null, "steps": [],
    });
    serde_json::from_value(build).unwrap()
}

/// What is stored: the builds of each project by their numbers, of which some are missing.
type Stored = BTreeMap<ProjectId, Vec<Option<BuildView>>>;

/// The builds of a page, by project and number; where it ends; and how many were read.
fn page(
    stored: &Stored,
    filter: BuildFilter,
    positions: BTreeMap<ProjectId, u32>,
    (max, ahead): (usize, u32),
) -> (Vec<(ProjectId, u32)>, BTreeMap<ProjectId, u32>, usize) {
    let mut list = MergedList::new(filter, positions);
    let (mut found, mut read) = (Vec::new(), 0);
    loop {
        while found.len() < max && list.has_next() {
            let build = list.pop().unwrap();
            found.push((build.project_id, build.build_id.number));
        }
        let numbers = list.to_read(ahead);
        if found.len() == max || numbers.is_empty() {
            return (found, list.position(), read);
        }
        read += numbers.len();
        let build = |(id, number): &(ProjectId, u32)| stored[id][*number as usize - 1].clone();
        list.add(ahead, numbers.iter().filter_map(build).collect());
    }
}

fn newest(stored: &Stored) -> BTreeMap<ProjectId, u32> {
    stored.iter().map(|(id, builds)| (*id, u32::try_from(builds.len()).unwrap())).collect()
}

fn stored_builds() -> impl Strategy<Value = Stored> {
    let one = prop::option::weighted(0.8, (1..30_i64, any::<bool>()));
    prop::collection::vec(prop::collection::vec(one, 0..12), 0..6).prop_map(|projects| {
        let project = |(project, builds): (u32, Vec<_>)| {
            let mut seconds = 0;
            let stored = |(number, one): (u32, Option<_>)| {
                let (later, failed) = one?;
                seconds += later;
                let status = if failed { "failed" } else { "success" };
                Some(build(project, number, seconds, status))
            };
            (ProjectId(project), (1..).zip(builds).map(stored).collect())
        };
        (1..).zip(projects).map(project).collect()
    })
}

proptest! {
    #[test]
    fn pages_contain_every_build_once_and_newest_first(
        stored in stored_builds(), size in 1..7_usize, ahead in 1..5_u32, only_failed in any::<bool>(),
    ) {
        let status = Status::Failed;
        let filter = match only_failed {
            true => BuildFilter::Status { status, oldest_unfinished: OLDEST_UNFINISHED },
            false => BuildFilter::All,
        };
        let mut expected: Vec<_> = stored.values().flatten().flatten().collect();
        expected.retain(|build| filter.matches(build));
        expected.sort_by_key(|build| std::cmp::Reverse(build.created_at));

        let (mut listed, mut positions) = (Vec::new(), newest(&stored));
        while !positions.is_empty() {
            let projects = positions.len();
            let (builds, next, read) = page(&stored, filter, positions, (size, ahead));
            if !only_failed {
                let missing = stored.values().flatten().filter(|build| build.is_none()).count();
                prop_assert!(read <= size + missing + projects * ahead as usize, "{read} were read");
            }
            listed.extend(builds);
            positions = next;
        }
        let time = |(id, number): &(ProjectId, u32)| {
            stored[id][*number as usize - 1].as_ref().unwrap().created_at
        };
        let times: Vec<_> = listed.iter().map(time).collect();
        prop_assert_eq!(times, expected.iter().map(|build| build.created_at).collect::<Vec<_>>());
        listed.sort_unstable();
        listed.dedup();
        prop_assert_eq!(listed.len(), expected.len());
    }
}

#[test]
fn the_order_within_a_project_is_that_of_the_numbers_even_if_clocks_differed() {
    let one = vec![Some(build(1, 1, 50, "success")), Some(build(1, 2, 20, "success"))];
    let two = vec![Some(build(2, 1, 30, "success"))];
    let stored = Stored::from([(ProjectId(1), one), (ProjectId(2), two)]);
    let (listed, ..) = page(&stored, BuildFilter::All, newest(&stored), (10, 2));
    assert_eq!(listed, [(ProjectId(2), 1), (ProjectId(1), 2), (ProjectId(1), 1)]);
}

#[test]
fn unfinished_builds_are_not_looked_for_among_those_that_must_have_ended() {
    let at = |number| i64::from(number) * 10;
    let builds = (1..=40_u32).map(|number| {
        Some(build(1, number, at(number), if number % 2 == 0 { "building" } else { "success" }))
    });
    let stored = Stored::from([(ProjectId(1), builds.collect())]);
    let status = Status::Building;
    let filter = BuildFilter::Status { status, oldest_unfinished: OLDEST_UNFINISHED + 200 };
    let (listed, position, read) = page(&stored, filter, newest(&stored), (40, 4));
    assert_eq!(listed.len(), 6);
    assert!(position.is_empty() && read <= 16, "{read} were read");
}

#[test]
fn a_position_is_written_and_read() {
    let first = ListPosition {
        projects: [(ProjectId(2), 5), (ProjectId(12), 34)].into(),
        later: ProjectNumbers { own: 57, memberships: 300 },
    };
    let last = ListPosition { later: ProjectNumbers::default(), ..first.clone() };
    let later = ListPosition { projects: BTreeMap::new(), ..first.clone() };
    for (position, text) in [(first, "2-5.12-34~57-300"), (last, "2-5.12-34"), (later, "~57-300")] {
        assert_eq!(position.to_string(), text);
        assert_eq!(text.parse(), Ok(position));
    }
}

#[test]
fn a_position_that_the_platform_does_not_write_is_invalid() {
    let too_many = (0..=MAX_MERGED_PROJECTS).map(|project| format!("{project}-1"));
    let too_many = too_many.collect::<Vec<_>>().join(".");
    let invalid = [
        "",
        "~",
        "1",
        "1-",
        "-1",
        "1-2.",
        ".1-2",
        "1-2.1-3",
        "1-2~",
        "1-2~3",
        "~1-2~3-4",
        "1-2-3",
        "+1-2",
        "1-4294967296",
        "1-2 ",
        &too_many,
    ];
    for text in invalid {
        assert_eq!(text.parse::<ListPosition>(), Err(InvalidPosition), "{text}");
    }
}

#[test]
fn a_callers_projects_are_numbered_from_the_newest_down() {
    let mut numbers = ProjectNumbers { own: 2, memberships: 2 };
    let first: Vec<_> = numbers.by_ref().take(3).collect();
    assert_eq!(first, [ProjectNumber::Own(2), ProjectNumber::Own(1), ProjectNumber::Membership(2)]);
    assert_eq!(numbers, ProjectNumbers { own: 0, memberships: 1 });
    assert_eq!((numbers.next(), numbers.next()), (Some(ProjectNumber::Membership(1)), None));
    assert!(numbers.is_empty());
}
