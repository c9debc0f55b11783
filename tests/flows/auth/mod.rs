//! Sign-in, credentials and authorization.

mod access;
mod api_tokens;
mod command_line;
mod external_issuer;
mod logins;
mod route_matrix;
mod sign_in;
mod tampering;
