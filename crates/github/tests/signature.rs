//! The signature of a webhook is verified.

use nokube_github::signature::Verifier;
use proptest::prelude::*;

/// The example of GitHub's documentation, "Validating webhook deliveries".
const SECRET: &str = "It's a Secret to Everybody";
const BODY: &[u8] = b"Hello, World!";
const SIGNATURE: &str = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

fn matches(header: &str, secrets: &[&str], body: &[u8]) -> bool {
    Verifier::new(header, secrets).is_some_and(|mut verifier| {
        verifier.update(body);
        verifier.matches()
    })
}

#[test]
fn githubs_example_matches() {
    assert!(matches(SIGNATURE, &[SECRET], BODY));
    let capitals = SIGNATURE[7..].to_uppercase();
    assert!(matches(&format!("sha256={capitals}"), &[SECRET], BODY));
}

#[test]
fn nothing_else_matches() {
    for body in ["", "Hello, World", "hello, World!", "Hello, World!\n", "Hello, World!\0"] {
        assert!(!matches(SIGNATURE, &[SECRET], body.as_bytes()), "{body:?}");
    }
    for secret in ["it's a Secret to Everybody", "It's a Secret to Everybody ", "x"] {
        assert!(!matches(SIGNATURE, &[secret], BODY), "{secret}");
    }
    for place in 7..SIGNATURE.len() {
        let mut other = SIGNATURE.to_owned().into_bytes();
        other[place] = if other[place] == b'0' { b'1' } else { b'0' };
        let other = String::from_utf8(other).unwrap();
        assert!(!matches(&other, &[SECRET], BODY), "{other}");
    }
}

#[test]
fn during_a_rotation_both_secrets_match() {
    for secrets in [[SECRET, "new"], ["new", SECRET], [SECRET, ""], ["", SECRET], [SECRET, SECRET]]
    {
        assert!(matches(SIGNATURE, &secrets, BODY), "{secrets:?}");
    }
    assert!(!matches(SIGNATURE, &["old", "new"], BODY));
}

/// An empty secret means that none is set; anybody could sign with it.
#[test]
fn empty_secrets_never_match() {
    // printf 'Hello, World!' | openssl dgst -sha256 -hmac ''
    let by_nobody = "sha256=2bbcfa9524f3218c7a34b30e6936f8b1a4516cb097f1a85a1c7d98b5977ec769";
    for header in [by_nobody, SIGNATURE] {
        for secrets in [&[][..], &[""], &["", ""]] {
            assert!(!matches(header, secrets, BODY));
        }
    }
}

#[test]
fn a_header_without_a_signature_is_rejected_before_the_body_is_read() {
    let digits = &SIGNATURE[7..];
    let headers = [
        String::new(),
        digits.into(),
        "sha256=".into(),
        format!("sha1={}", &digits[..40]),
        format!("SHA256={digits}"),
        format!("sha256={}", &digits[..62]),
        format!("sha256={}", &digits[..63]),
        format!("sha256={digits}0"),
        format!("sha256={digits}00"),
        format!("sha256={digits} "),
        format!(" {SIGNATURE}"),
        format!("sha256= {digits}"),
        format!("sha256={}g", &digits[..63]),
        format!("sha256={}é", &digits[..62]),
        format!("{SIGNATURE},{SIGNATURE}"),
    ];
    for header in headers {
        assert!(Verifier::new(&header, &[SECRET]).is_none(), "{header}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_body_may_come_in_pieces_of_any_size(cuts in proptest::collection::vec(0..=13_usize, 0..6)) {
        let mut cuts = cuts;
        cuts.extend([0, BODY.len()]);
        cuts.sort_unstable();
        let mut verifier = Verifier::new(SIGNATURE, &["old", SECRET]).unwrap();
        for pair in cuts.windows(2) {
            verifier.update(&BODY[pair[0]..pair[1]]);
        }
        prop_assert!(verifier.matches());
    }
}
