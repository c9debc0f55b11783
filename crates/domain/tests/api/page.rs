//! Pagination: newest first, and every item on exactly one page.

use nokube_domain::page::Page;

#[test]
fn limit_and_offset_are_validated() {
    let parse =
        |limit, offset| Page::parse(limit, offset).ok().map(|page| (page.limit, page.offset));
    assert_eq!(parse(None, None), Some((50, 0)));
    assert_eq!(parse(Some("1"), Some("0")), Some((1, 0)));
    assert_eq!(parse(Some("200"), Some("4294967295")), Some((200, u32::MAX)));
    for invalid in ["0", "201", "-1", "", " 1", "1.0", "1e2", "ten", "99999999999"] {
        assert_eq!(parse(Some(invalid), None), None, "limit={invalid}");
    }
    for invalid in ["-1", "", "4294967296", "x"] {
        assert_eq!(parse(None, Some(invalid)), None, "offset={invalid}");
    }
    let problem = Page::parse(Some("x"), Some("x")).unwrap_err();
    let fields: Vec<_> = problem.errors.iter().map(|error| error.field.as_str()).collect();
    assert_eq!(fields, ["limit", "offset"]);
}

#[test]
fn a_page_lists_numbers_newest_first() {
    let table = [
        ((50, 0), 0, vec![]),
        ((50, 0), 3, vec![3, 2, 1]),
        ((2, 0), 5, vec![5, 4]),
        ((2, 2), 5, vec![3, 2]),
        ((2, 4), 5, vec![1]),
        ((2, 5), 5, vec![]),
        ((2, u32::MAX), 5, vec![]),
        ((2, 0), u32::MAX, vec![u32::MAX, u32::MAX - 1]),
    ];
    for ((limit, offset), count, expected) in table {
        let numbers: Vec<_> = Page { limit, offset }.numbers(count).collect();
        assert_eq!(numbers, expected, "{limit} from {offset} of {count}");
    }
}

#[test]
fn the_pages_together_list_every_number_once() {
    for (limit, count) in [(1, 7), (3, 7), (7, 7), (8, 7), (200, 7)] {
        let pages = (0..count).step_by(limit as usize);
        let all: Vec<_> = pages.flat_map(|offset| Page { limit, offset }.numbers(count)).collect();
        assert_eq!(all, (1..=count).rev().collect::<Vec<_>>());
    }
}
