//! JSON's texts and numbers, byte by byte.

/// Where in a text the next byte is.
#[derive(Clone, Copy)]
pub enum Text {
    Plain,
    /// Within a character of several bytes: how many are missing, and between which two the next one is.
    Utf8 {
        missing: u8,
        from: u8,
        to: u8,
    },
    /// After a backslash.
    Escape,
    /// Within the four digits of `\u`.
    Hex {
        digits: u8,
        value: u16,
        /// Whether the first half of a surrogate pair is before it.
        is_second_half: bool,
    },
    /// After the first half of a surrogate pair: `\u` comes.
    SecondHalf {
        has_backslash: bool,
    },
}

/// What a byte is in a text.
pub enum TextStep {
    /// The quote at the end.
    End,
    /// The end of a character. It is the character itself if that is ASCII, and [`NOT_ASCII`] otherwise.
    Character(u8),
    Within(Text),
}

/// Stands for every character that is not ASCII.
const NOT_ASCII: u8 = u8::MAX;

impl Text {
    /// `None` if the byte cannot come here.
    pub fn next(self, byte: u8) -> Option<TextStep> {
        match self {
            Self::Plain => Self::plain(byte),
            Self::Utf8 { missing, from, to } if (from..=to).contains(&byte) => match missing {
                1 => Some(TextStep::Character(NOT_ASCII)),
                _ => Some(TextStep::Within(Self::Utf8 {
                    missing: missing.saturating_sub(1),
                    from: 0x80,
                    to: 0xbf,
                })),
            },
            Self::Utf8 { .. } => None,
            Self::Escape => match byte {
                b'"' | b'\\' | b'/' => Some(TextStep::Character(byte)),
                b'b' | b'f' | b'n' | b'r' | b't' => Some(TextStep::Character(b' ')),
                b'u' => Some(Self::hex(false)),
                _ => None,
            },
            Self::Hex { digits, value, is_second_half } => {
                let digit = u16::try_from(char::from(byte).to_digit(16)?).ok()?;
                let value = (value << 4) | digit;
                match digits {
                    3 => Self::escaped(value, is_second_half),
                    _ => {
                        let digits = digits.saturating_add(1);
                        Some(TextStep::Within(Self::Hex { digits, value, is_second_half }))
                    }
                }
            }
            Self::SecondHalf { has_backslash: false } if byte == b'\\' => {
                Some(TextStep::Within(Self::SecondHalf { has_backslash: true }))
            }
            Self::SecondHalf { has_backslash: true } if byte == b'u' => Some(Self::hex(true)),
            Self::SecondHalf { .. } => None,
        }
    }

    fn plain(byte: u8) -> Option<TextStep> {
        // The first bytes of UTF-8, and what may follow them (Unicode Standard, table 3-7).
        let (missing, from, to) = match byte {
            b'"' => return Some(TextStep::End),
            b'\\' => return Some(TextStep::Within(Self::Escape)),
            0x20..=0x7f => return Some(TextStep::Character(byte)),
            0xc2..=0xdf => (1, 0x80, 0xbf),
            0xe0 => (2, 0xa0, 0xbf),
            0xed => (2, 0x80, 0x9f),
            0xe1..=0xef => (2, 0x80, 0xbf),
            0xf0 => (3, 0x90, 0xbf),
            0xf1..=0xf3 => (3, 0x80, 0xbf),
            0xf4 => (3, 0x80, 0x8f),
            _ => return None,
        };
        Some(TextStep::Within(Self::Utf8 { missing, from, to }))
    }

    fn hex(is_second_half: bool) -> TextStep {
        TextStep::Within(Self::Hex { digits: 0, value: 0, is_second_half })
    }

    /// After the fourth digit.
    fn escaped(value: u16, is_second_half: bool) -> Option<TextStep> {
        match (value, is_second_half) {
            (0xdc00..=0xdfff, true) => Some(TextStep::Character(NOT_ASCII)),
            (_, true) | (0xdc00..=0xdfff, false) => None,
            (0xd800..=0xdbff, false) => {
                Some(TextStep::Within(Self::SecondHalf { has_backslash: false }))
            }
            (_, false) => {
                let ascii = u8::try_from(value).ok().filter(u8::is_ascii);
                Some(TextStep::Character(ascii.unwrap_or(NOT_ASCII)))
            }
        }
    }
}

/// What a number ends with so far.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Number {
    Minus,
    /// A zero at the beginning, which no digit follows.
    Zero,
    Integer,
    Point,
    Fraction,
    /// `e`
    Exponent,
    ExponentSign,
    ExponentDigits,
}

impl Number {
    /// `None` if no number begins with this byte.
    pub fn begin(byte: u8) -> Option<Self> {
        match byte {
            b'-' => Some(Self::Minus),
            b'0' => Some(Self::Zero),
            b'1'..=b'9' => Some(Self::Integer),
            _ => None,
        }
    }

    /// `None` if the byte does not continue the number.
    pub fn next(self, byte: u8) -> Option<Self> {
        match (self, byte) {
            (Self::Minus, b'0') => Some(Self::Zero),
            (Self::Minus | Self::Integer, b'0'..=b'9') => Some(Self::Integer),
            (Self::Zero | Self::Integer, b'.') => Some(Self::Point),
            (Self::Zero | Self::Integer | Self::Fraction, b'e' | b'E') => Some(Self::Exponent),
            (Self::Point | Self::Fraction, b'0'..=b'9') => Some(Self::Fraction),
            (Self::Exponent, b'+' | b'-') => Some(Self::ExponentSign),
            (Self::Exponent | Self::ExponentSign | Self::ExponentDigits, b'0'..=b'9') => {
                Some(Self::ExponentDigits)
            }
            _ => None,
        }
    }

    pub fn is_complete(self) -> bool {
        matches!(self, Self::Zero | Self::Integer | Self::Fraction | Self::ExponentDigits)
    }
}
