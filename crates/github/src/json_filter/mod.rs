//! Passes JSON on without what makes events large: the lists of a push, with up to 2,048 commits and their files, 25 MB;
//! and the text of a pull request, now and before it was edited.
//!
//! They are left out while the body arrives, so they take no memory. The whole body is checked against JSON's
//! grammar (RFC 8259), also what is left out: what is not JSON does not become JSON.

mod grammar;
mod scalars;

use grammar::{Grammar, Step};

/// Members whose values are left out, at any depth: `[]` takes their place. None of them is used.
const LEFT_OUT: [&[u8]; 5] = [b"commits", b"added", b"removed", b"modified", b"body"];

/// The longest of these names.
const MAX_NAME_BYTES: usize = 8;

/// Why a body does not pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    #[error("The body is not JSON.")]
    NotJson,
    #[error("The body has more than {} levels.", grammar::MAX_DEPTH)]
    TooDeep,
    #[error("The body is too large, even without its lists and texts.")]
    TooLarge,
}

/// Filters a body that arrives in chunks. It holds what is kept and a few bytes more.
pub struct JsonFilter {
    grammar: Grammar,
    kept: Vec<u8>,
    max_bytes: usize,
    /// The name of the member whose value begins next.
    name: Name,
    /// The depth of the value that is left out now.
    left_out_at: Option<u32>,
    error: Option<FilterError>,
}

impl JsonFilter {
    /// `max_bytes` may be left of the body.
    pub fn new(max_bytes: usize) -> Self {
        Self {
            grammar: Grammar::default(),
            kept: Vec::new(),
            max_bytes,
            name: Name::default(),
            left_out_at: None,
            error: None,
        }
    }

    /// Adds the next chunk of the body. After an error nothing is kept.
    pub fn feed(&mut self, chunk: &[u8]) {
        if self.error.is_some() {
            return;
        }
        if let Err(error) = chunk.iter().try_for_each(|byte| self.feed_byte(*byte)) {
            self.error = Some(error);
            self.kept = Vec::new();
        }
    }

    /// What is left of the body.
    ///
    /// # Errors
    /// The body does not pass.
    pub fn finish(self) -> Result<Vec<u8>, FilterError> {
        match self.error {
            Some(error) => Err(error),
            None if self.grammar.is_complete() => Ok(self.kept),
            None => Err(FilterError::NotJson),
        }
    }

    fn feed_byte(&mut self, byte: u8) -> Result<(), FilterError> {
        let depth = self.grammar.depth();
        if self.left_out_at == Some(depth) && self.grammar.is_end_of_number(byte) {
            self.left_out_at = None;
        }
        let step = self.grammar.step(byte)?;
        match step {
            Step::NameBegins => self.name = Name::default(),
            Step::NameByte(byte) => self.name.push(byte),
            Step::ValueBegins => {
                // The items of a list have no name.
                let name = std::mem::take(&mut self.name);
                if self.left_out_at.is_none() && name.is_left_out() {
                    self.left_out_at = Some(depth);
                    self.keep(b"[]")?;
                }
            }
            Step::ValueEnds if self.left_out_at == Some(self.grammar.depth()) => {
                self.left_out_at = None;
                return Ok(());
            }
            Step::ValueEnds | Step::Other => {}
        }
        match self.left_out_at {
            Some(_) => Ok(()),
            None => self.keep(&[byte]),
        }
    }

    fn keep(&mut self, bytes: &[u8]) -> Result<(), FilterError> {
        if self.kept.len() + bytes.len() > self.max_bytes {
            return Err(FilterError::TooLarge);
        }
        self.kept.extend_from_slice(bytes);
        Ok(())
    }
}

/// A member's name, with escapes replaced by what they stand for.
#[derive(Default)]
struct Name {
    bytes: [u8; MAX_NAME_BYTES],
    /// May be more than there is room for.
    length: usize,
}

impl Name {
    fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.length) {
            *place = byte;
        }
        self.length = self.length.saturating_add(1);
    }

    fn is_left_out(&self) -> bool {
        self.bytes.get(..self.length).is_some_and(|name| LEFT_OUT.contains(&name))
    }
}
