//! OAuth grants, which are exchanged for a bearer token.

#[cfg(feature = "schema")]
use crate::schema::string;
use crate::{field_types::text_fields, fields::Fields, problem::Problem, request};

const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const AUTHORIZATION_CODE: &str = "authorization_code";
const REFRESH_TOKEN: &str = "refresh_token";
const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

/// The token types that may be exchanged. All are JWTs of the issuer.
const SUBJECT_TOKEN_TYPES: [&str; 3] = [
    "urn:ietf:params:oauth:token-type:jwt",
    "urn:ietf:params:oauth:token-type:access_token",
    "urn:ietf:params:oauth:token-type:id_token",
];

/// An OAuth grant that is exchanged for a bearer token.
pub enum TokenRequest {
    Device(DeviceGrant),
    AuthorizationCode(AuthorizationCodeGrant),
    Refresh(RefreshGrant),
    Exchange(TokenExchangeGrant),
}

request! {
    /// The device code of a user who has signed in (RFC 8628).
    pub struct DeviceGrant {
        #[schema(pattern = format!("^{DEVICE_CODE}$"))]
        grant_type: String, required;
        #[schema(max_length = 512_usize)]
        device_code: String, required;
        /// Ignored.
        client_id: String;
    }
}

request! {
    /// The authorization code of a person who has allowed the command line to sign in (RFC 6749, section 4.1.3; RFC
    /// 7636, section 4.5).
    pub struct AuthorizationCodeGrant {
        #[schema(pattern = format!("^{AUTHORIZATION_CODE}$"))]
        grant_type: String, required;
        code: String, required;
        /// The same as in the authorization.
        redirect_uri: String, required;
        /// The same as in the authorization.
        client_id: String, required;
        /// What the code challenge is the hash of: 43 to 128 letters, digits, hyphens, dots, `_` and `~`.
        code_verifier: String, required;
    }
}

request! {
    /// A refresh token (RFC 6749, section 6).
    pub struct RefreshGrant {
        #[schema(pattern = format!("^{REFRESH_TOKEN}$"))]
        grant_type: String, required;
        refresh_token: String, required;
        /// Ignored.
        client_id: String;
    }
}

request! {
    /// A token of the external issuer that the operator has configured (RFC 8693).
    pub struct TokenExchangeGrant {
        #[schema(pattern = format!("^{TOKEN_EXCHANGE}$"))]
        grant_type: String, required;
        subject_token: String, required;
        /// All three types are treated as a JWT.
        #[schema(pattern = "^urn:ietf:params:oauth:token-type:(jwt|access_token|id_token)$")]
        subject_token_type: SubjectTokenType, required;
        /// Ignored, like all fields below.
        requested_token_type: String;
        audience: String;
        scope: String;
        resource: String;
        client_id: String;
    }
}

/// One of [`SUBJECT_TOKEN_TYPES`].
pub struct SubjectTokenType;

text_fields! { SubjectTokenType, parse_subject_token_type, string; }

fn parse_subject_token_type(text: &str) -> Result<SubjectTokenType, String> {
    match SUBJECT_TOKEN_TYPES.contains(&text) {
        true => Ok(SubjectTokenType),
        false => Err(format!("must be {}", SUBJECT_TOKEN_TYPES.join(", "))),
    }
}

impl TokenRequest {
    /// Whether the fields name a grant that is none of these.
    pub fn is_of_unknown_grant(fields: &Fields) -> bool {
        let known = [DEVICE_CODE, AUTHORIZATION_CODE, REFRESH_TOKEN, TOKEN_EXCHANGE];
        fields.text_of("grant_type").is_some_and(|name| !known.contains(&name))
    }

    /// # Errors
    /// All invalid fields at once.
    pub fn parse(mut fields: Fields) -> Result<Self, Problem> {
        let grant = match fields.text_of("grant_type") {
            Some(DEVICE_CODE) => Self::Device(DeviceGrant::read(&mut fields)),
            Some(AUTHORIZATION_CODE) => {
                Self::AuthorizationCode(AuthorizationCodeGrant::read(&mut fields))
            }
            Some(REFRESH_TOKEN) => Self::Refresh(RefreshGrant::read(&mut fields)),
            Some(TOKEN_EXCHANGE) => Self::Exchange(TokenExchangeGrant::read(&mut fields)),
            _ => {
                let detail = format!(
                    "must be {AUTHORIZATION_CODE}, {DEVICE_CODE}, {REFRESH_TOKEN} or {TOKEN_EXCHANGE}"
                );
                return Err(Problem::invalid_field("grant_type", detail));
            }
        };
        fields.finish(Some(grant))
    }
}

#[cfg(feature = "schema")]
mod schema {
    use super::{
        AuthorizationCodeGrant, DeviceGrant, RefreshGrant, TokenExchangeGrant, TokenRequest,
    };
    use crate::schema::{FieldSchema, Schemas, reference};
    use utoipa::{PartialSchema, ToSchema, openapi::OneOfBuilder};

    impl PartialSchema for TokenRequest {
        fn schema() -> FieldSchema {
            let all = &mut Vec::new();
            OneOfBuilder::new()
                .item(reference::<DeviceGrant>(all))
                .item(reference::<AuthorizationCodeGrant>(all))
                .item(reference::<RefreshGrant>(all))
                .item(reference::<TokenExchangeGrant>(all))
                .description(Some("An OAuth grant that is exchanged for a bearer token."))
                .into()
        }
    }

    impl ToSchema for TokenRequest {
        fn schemas(all: &mut Schemas) {
            reference::<DeviceGrant>(all);
            reference::<AuthorizationCodeGrant>(all);
            reference::<RefreshGrant>(all);
            reference::<TokenExchangeGrant>(all);
        }
    }
}
