//! Values in paths.

/// A value as one segment of a path.
pub fn segment(value: &str) -> String {
    if matches!(value, "." | "..") {
        // `%2E` would be such a segment too.
        return value.replace('.', "%252E");
    }
    let encode = |byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
            char::from(byte).to_string()
        }
        byte => format!("%{byte:02X}"),
    };
    value.bytes().map(encode).collect()
}

#[cfg(test)]
mod tests {
    use super::segment;
    use crate::config::Origin;

    #[test]
    fn a_value_stays_one_segment_of_the_path() {
        let origin = Origin::parse("example.com").unwrap();
        let path = |value: &str| {
            let url = origin.url(&format!("/a/{}/b", segment(value)), &[]);
            url.path().to_owned()
        };
        assert_eq!(path("web-1.x"), "/a/web-1.x/b");
        assert_eq!(path("../x?y#z"), "/a/..%2Fx%3Fy%23z/b");
        assert_eq!(path(".."), "/a/%252E%252E/b");
    }
}
