//! The `continue` tokens of paginated lists.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::kubernetes::api_error::ApiError;

/// A token for the page that starts with the item at this index.
pub fn encode(first: usize) -> String {
    URL_SAFE_NO_PAD.encode(first.to_string())
}

/// Returns the index of the page's first item.
///
/// # Errors
/// If the token is invalid.
pub fn decode(token: &str) -> Result<usize, ApiError> {
    if token.is_empty() {
        return Ok(0);
    }
    let invalid = |reason: String| {
        let message = format!("invalid continue token: continue key is not valid: {reason}");
        ApiError::bad_request(message)
    };
    let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|error| invalid(error.to_string()))?;
    let number = std::str::from_utf8(&bytes).ok().and_then(|text| text.parse().ok());
    number.ok_or_else(|| {
        // The real server expects JSON in the token, and its message contains the first byte.
        let first = char::from(bytes.first().copied().unwrap_or_default());
        let first = match first {
            letter if letter.is_control() => format!("\\u{:04x}", u32::from(letter)),
            letter => letter.to_string(),
        };
        invalid(format!("invalid character '{first}' looking for beginning of value"))
    })
}
