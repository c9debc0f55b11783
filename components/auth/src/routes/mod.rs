//! The handlers of the routes, one file for each resource.

pub mod api_tokens;
pub mod authorizations;
pub mod current_user;
pub mod device;
pub mod people;
pub mod ready;
pub mod route_list;
pub mod session;
pub mod token;
pub mod web_sign_in;
