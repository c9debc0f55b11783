//! Moves problem responses that several operations share to `components/responses`.

use nokube_contract::PROBLEM;
use std::collections::BTreeMap;
use utoipa::openapi::{
    Paths, Ref, RefOr, Response,
    path::{Operation, PathItem},
};

/// Replaces identical problem responses by references to one named response. Returns these by name.
pub fn extract_shared_responses(paths: &mut Paths) -> BTreeMap<String, RefOr<Response>> {
    // Each distinct response with all its occurrences.
    let mut occurrences: Vec<(Response, Vec<&mut RefOr<Response>>)> = Vec::new();
    for operation in paths.paths.values_mut().flat_map(operations) {
        for occurrence in operation.responses.responses.values_mut() {
            let RefOr::T(response) = occurrence else { continue };
            if !response.content.keys().eq([PROBLEM]) {
                continue;
            }
            match occurrences.iter_mut().find(|(other, _)| other == response) {
                Some((_, same)) => same.push(occurrence),
                None => occurrences.push((response.clone(), vec![occurrence])),
            }
        }
    }
    let mut shared = BTreeMap::new();
    for (response, same) in occurrences.into_iter().filter(|(_, same)| same.len() > 1) {
        let name = unique_name(&response, |name| shared.contains_key(name));
        for occurrence in same {
            *occurrence = RefOr::Ref(Ref::new(format!("#/components/responses/{name}")));
        }
        shared.insert(name, response.into());
    }
    shared
}

/// A name made of the kinds of problems in the response (the names of its examples), with a number if
/// the name is taken.
fn unique_name(response: &Response, is_taken: impl Fn(&str) -> bool) -> String {
    let contents = response.content.values();
    let examples = contents.flat_map(|content| match content {
        RefOr::T(content) => content.examples.keys().cloned().collect(),
        RefOr::Ref(_) => Vec::new(),
    });
    let capitalize = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>())
    };
    let mut kinds: Vec<String> = examples
        .map(|kind| {
            kind.split('-')
                .filter(|word| word.parse::<u32>().is_err())
                .filter_map(capitalize)
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
