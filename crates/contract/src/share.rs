//! Problems that several operations answer alike are said once.

use crate::problems::PROBLEM;
use std::collections::BTreeMap;
use utoipa::openapi::{
    Paths, Ref, RefOr, Response,
    path::{Operation, PathItem},
};

/// Takes the problems that several operations have in common out of them, each under a name.
pub fn share(paths: &mut Paths) -> BTreeMap<String, RefOr<Response>> {
    let mut places: Vec<(Response, Vec<&mut RefOr<Response>>)> = Vec::new();
    for operation in paths.paths.values_mut().flat_map(operations) {
        for place in operation.responses.responses.values_mut() {
            let RefOr::T(response) = place else { continue };
            if !response.content.keys().eq([PROBLEM]) {
                continue;
            }
            match places.iter_mut().find(|(known, _)| known == response) {
                Some((_, places)) => places.push(place),
                None => places.push((response.clone(), vec![place])),
            }
        }
    }
    let mut shared = BTreeMap::new();
    for (response, places) in places.into_iter().filter(|(_, places)| places.len() > 1) {
        let name = name_of(&response, |name| shared.contains_key(name));
        for place in places {
            *place = RefOr::Ref(Ref::new(format!("#/components/responses/{name}")));
        }
        shared.insert(name, response.into());
    }
    shared
}

/// The names of its examples, which are the kinds of problems, in one that is not taken.
fn name_of(response: &Response, is_taken: impl Fn(&str) -> bool) -> String {
    let contents = response.content.values();
    let examples = contents.flat_map(|content| match content {
        RefOr::T(content) => content.examples.keys().cloned().collect(),
        RefOr::Ref(_) => Vec::new(),
    });
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>())
    };
    let words: Vec<_> = examples.collect();
    let mut kinds: Vec<String> = words
        .iter()
        .map(|kind| {
            kind.split('-')
                .filter(|word| word.parse::<u32>().is_err())
                .filter_map(capital)
                .collect()
        })
        .collect();
    kinds.dedup();
    let name = kinds.join("Or");
    let numbered = (2..).map(|number| format!("{name}{number}"));
    let mut names = std::iter::once(name.clone()).chain(numbered);
    names.find(|name| !is_taken(name)).unwrap_or(name)
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.put, &mut item.post, &mut item.patch, &mut item.delete]
        .into_iter()
        .flatten()
}
