//! The tokens by which a list in pieces goes on.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::status::Refusal;

pub fn token(from: usize) -> String {
    URL_SAFE_NO_PAD.encode(from.to_string())
}

/// With which item the piece begins.
///
/// # Errors
/// When the token is none of ours.
pub fn begin(token: &str) -> Result<usize, Refusal> {
    if token.is_empty() {
        return Ok(0);
    }
    let bad = |why: String| {
        let message = format!("invalid continue token: continue key is not valid: {why}");
        Refusal::bad_request(message)
    };
    let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|error| bad(error.to_string()))?;
    let number = std::str::from_utf8(&bytes).ok().and_then(|text| text.parse().ok());
    number.ok_or_else(|| {
        // The real one expects JSON in it, and names the first byte.
        let first = char::from(bytes.first().copied().unwrap_or_default());
        let shown = match first {
            letter if letter.is_control() => format!("\\u{:04x}", u32::from(letter)),
            letter => letter.to_string(),
        };
        bad(format!("invalid character '{shown}' looking for beginning of value"))
    })
}
