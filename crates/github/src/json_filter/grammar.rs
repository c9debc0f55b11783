//! JSON's grammar, byte by byte.

use super::{
    FilterError,
    scalars::{Number, Text, TextStep},
};

/// How deep lists and objects may be nested. GitHub's events have about six levels.
pub const MAX_DEPTH: u32 = 64;

/// What a byte is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The first byte of a member's name, its quote.
    NameBegins,
    /// A character of a name. Escapes are replaced; of other characters than ASCII it is any byte above 127.
    NameByte(u8),
    /// The first byte of a value.
    ValueBegins,
    /// The last byte of a value, unless that is a number: see [`Grammar::is_end_of_number`].
    ValueEnds,
    Other,
}

#[derive(Clone, Copy)]
enum State {
    /// A value comes; or the end of a list that has just begun.
    Value {
        may_end: bool,
    },
    /// A name comes; or the end of an object that has just begun.
    Name {
        may_end: bool,
    },
    Colon,
    /// After a value: a comma, or the end of what contains it.
    AfterValue,
    Text {
        is_name: bool,
        text: Text,
    },
    Number(Number),
    /// What is left of `true`, `false` or `null`.
    Literal(&'static [u8]),
}

pub struct Grammar {
    state: State,
    depth: u32,
    /// The lowest bit is 1 if the innermost container is an object, and 0 for a list.
    containers: u64,
}

impl Default for Grammar {
    fn default() -> Self {
        Self { state: State::Value { may_end: false }, depth: 0, containers: 0 }
    }
}

impl Grammar {
    /// How many lists and objects have begun and not ended.
    pub fn depth(&self) -> u32 {
        self.depth
    }

    /// Whether a whole value has ended, with nothing after it.
    pub fn is_complete(&self) -> bool {
        let is_after_value = match self.state {
            State::AfterValue => true,
            State::Number(number) => number.is_complete(),
            _ => false,
        };
        is_after_value && self.depth == 0
    }

    /// Whether a number has ended before this byte.
    pub fn is_end_of_number(&self, byte: u8) -> bool {
        matches!(self.state, State::Number(number) if number.next(byte).is_none())
    }

    /// Takes the next byte.
    ///
    /// # Errors
    /// It cannot come here.
    pub fn step(&mut self, byte: u8) -> Result<Step, FilterError> {
        match self.state {
            State::Text { is_name, text } => return self.step_in_text(is_name, text, byte),
            State::Number(number) => match number.next(byte) {
                Some(number) => return Ok(self.enter(State::Number(number), Step::Other)),
                None if number.is_complete() => self.state = State::AfterValue,
                None => return Err(FilterError::NotJson),
            },
            State::Literal(rest) => {
                return match rest.split_first() {
                    Some((first, [])) if *first == byte => {
                        Ok(self.enter(State::AfterValue, Step::ValueEnds))
                    }
                    Some((first, rest)) if *first == byte => {
                        Ok(self.enter(State::Literal(rest), Step::Other))
                    }
                    _ => Err(FilterError::NotJson),
                };
            }
            _ => {}
        }
        if matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
            return Ok(Step::Other);
        }
        self.step_between(byte)
    }

    /// A byte that is neither within a text, a number or a literal, nor white space.
    fn step_between(&mut self, byte: u8) -> Result<Step, FilterError> {
        match (self.state, byte) {
            (State::Value { may_end: true }, b']') | (State::Name { may_end: true }, b'}') => {
                Ok(self.end_container())
            }
            (State::Value { .. }, _) => self.begin_value(byte),
            (State::Name { .. }, b'"') => {
                let text = State::Text { is_name: true, text: Text::Plain };
                Ok(self.enter(text, Step::NameBegins))
            }
            (State::Colon, b':') => Ok(self.enter(State::Value { may_end: false }, Step::Other)),
            (State::AfterValue, b',' | b']' | b'}') if self.depth > 0 => {
                match (byte, self.is_in_object()) {
                    (b',', true) => Ok(self.enter(State::Name { may_end: false }, Step::Other)),
                    (b',', false) => Ok(self.enter(State::Value { may_end: false }, Step::Other)),
                    (b'}', true) | (b']', false) => Ok(self.end_container()),
                    _ => Err(FilterError::NotJson),
                }
            }
            _ => Err(FilterError::NotJson),
        }
    }

    fn step_in_text(&mut self, is_name: bool, text: Text, byte: u8) -> Result<Step, FilterError> {
        let (text, step) = match text.next(byte).ok_or(FilterError::NotJson)? {
            TextStep::End if is_name => return Ok(self.enter(State::Colon, Step::Other)),
            TextStep::End => return Ok(self.enter(State::AfterValue, Step::ValueEnds)),
            TextStep::Character(character) if is_name => (Text::Plain, Step::NameByte(character)),
            TextStep::Character(_) => (Text::Plain, Step::Other),
            TextStep::Within(text) => (text, Step::Other),
        };
        Ok(self.enter(State::Text { is_name, text }, step))
    }

    fn begin_value(&mut self, byte: u8) -> Result<Step, FilterError> {
        let state = match byte {
            b'"' => State::Text { is_name: false, text: Text::Plain },
            b'{' => self.begin_container(true)?,
            b'[' => self.begin_container(false)?,
            b't' => State::Literal(b"rue"),
            b'f' => State::Literal(b"alse"),
            b'n' => State::Literal(b"ull"),
            _ => State::Number(Number::begin(byte).ok_or(FilterError::NotJson)?),
        };
        Ok(self.enter(state, Step::ValueBegins))
    }

    fn begin_container(&mut self, is_object: bool) -> Result<State, FilterError> {
        if self.depth == MAX_DEPTH {
            return Err(FilterError::TooDeep);
        }
        self.depth += 1;
        self.containers = (self.containers << 1) | u64::from(is_object);
        Ok(match is_object {
            true => State::Name { may_end: true },
            false => State::Value { may_end: true },
        })
    }

    fn end_container(&mut self) -> Step {
        self.depth = self.depth.saturating_sub(1);
        self.containers >>= 1;
        self.enter(State::AfterValue, Step::ValueEnds)
    }

    fn is_in_object(&self) -> bool {
        self.containers & 1 == 1
    }

    fn enter(&mut self, state: State, step: Step) -> Step {
        self.state = state;
        step
    }
}
