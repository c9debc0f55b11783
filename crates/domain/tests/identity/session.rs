//! JWTs that the platform issues to itself, and PKCE.

use nokube_domain::{
    jwt::JwtError,
    session::{PendingSignIn, Purpose, SigningKeys, pkce_verifier},
};

const KEYS: SigningKeys<'static> = SigningKeys {
    issuer: "https://a.test",
    secret: "one-secret-of-32-bytes-at-least-",
    previous_secret: "",
};
const OTHER_SECRET: &str = "two-secret-of-32-bytes-at-least-";

#[test]
fn a_token_is_valid_for_one_purpose_on_one_platform_until_it_expires() {
    let content = PendingSignIn { state: "s".into(), return_to: "/".into() };
    let token = KEYS.sign(Purpose::SignIn, &content, 100, 200).unwrap();
    let verify = |keys: &SigningKeys<'_>, purpose, now| {
        keys.verify::<PendingSignIn>(purpose, &token, now).map(|(content, _)| content)
    };
    assert_eq!(verify(&KEYS, Purpose::SignIn, 199), Ok(content.clone()));
    assert_eq!(verify(&KEYS, Purpose::SignIn, 200), Err(JwtError::Expired));
    assert_eq!(verify(&KEYS, Purpose::SignIn, 94), Err(JwtError::NotYetValid));
    assert_eq!(verify(&KEYS, Purpose::Session, 150), Err(JwtError::WrongIssuerOrAudience));
    let other_issuer = SigningKeys { issuer: "https://b.test", ..KEYS };
    assert_eq!(verify(&other_issuer, Purpose::SignIn, 150), Err(JwtError::WrongIssuerOrAudience));
    let rotated = SigningKeys { secret: OTHER_SECRET, previous_secret: KEYS.secret, ..KEYS };
    assert_eq!(verify(&rotated, Purpose::SignIn, 150), Ok(content));
    assert_eq!((rotated.secret_of(&token), KEYS.secret_of(&token)), (KEYS.secret, KEYS.secret));
    assert_eq!(rotated.secret_of("forged"), OTHER_SECRET);
    let no_secret = SigningKeys { secret: "", ..KEYS };
    assert_eq!(verify(&no_secret, Purpose::SignIn, 150), Err(JwtError::Invalid));
    assert!(no_secret.sign(Purpose::SignIn, &0, 0, 1).is_err());
}

#[test]
fn a_pkce_verifier_is_derived_from_secret_and_state() {
    assert_ne!(pkce_verifier(KEYS.secret, "s"), pkce_verifier(KEYS.secret, "t"));
    assert_ne!(pkce_verifier(KEYS.secret, "s"), pkce_verifier(OTHER_SECRET, "s"));
    assert!(pkce_verifier(KEYS.secret, "s").len() >= 43, "RFC 7636, section 4.1");
}

#[test]
fn an_operator_proof_is_valid_for_a_minute_with_the_platforms_secret() {
    let proof = KEYS.sign_operator_proof(100).unwrap();
    assert!(KEYS.is_valid_operator_proof(&proof, 159));
    assert!(!KEYS.is_valid_operator_proof(&proof, 160));
    let other_secret = SigningKeys { secret: OTHER_SECRET, ..KEYS };
    assert!(!other_secret.is_valid_operator_proof(&proof, 100));
    assert!(KEYS.verify::<PendingSignIn>(Purpose::SignIn, &proof, 100).is_err());
    assert!(SigningKeys { secret: "", ..KEYS }.sign_operator_proof(100).is_err());
}
