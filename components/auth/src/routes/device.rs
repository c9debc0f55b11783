//! `POST /api/v1/auth/device`: starts the device flow (RFC 8628) for a command line, which then polls
//! `/api/v1/auth/token`.

use crate::{
    github::{oauth, send, unexpected_response},
    settings::Settings,
};
use http::StatusCode;
use nokube_domain::{ProblemKind, responses::DeviceCode};
use nokube_edge::{Call, Error, Reply, Result};
use nokube_github::oauth::parse;

/// The longest body. It has no fields, but OAuth clients may send an empty form.
const MAX_BODY_BYTES: usize = 1024;

pub async fn start(mut call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let _ = call.read_body(MAX_BODY_BYTES, |_| {}).await?;
    let settings = Settings::load().await?;
    let response = send(oauth(&settings)?.request_device_code()).await?;
    let code = parse::<DeviceCode>(&response)
        .ok_or_else(|| unexpected_response("a device code request", &response))?;
    let code = code.map_err(|_| {
        let detail = "GitHub does not allow signing in with a device. The platform's administrator \
                      enables the device flow of its app at GitHub.";
        Error::problem(ProblemKind::UpstreamRefused, detail)
    })?;
    Ok(Reply::json(StatusCode::OK, &code))
}

#[cfg(feature = "openapi")]
pub mod openapi {
    use nokube_contract::prelude::*;

    pub fn start() -> Operation {
        Operation::new("beginDeviceSignIn", "Start a device sign-in")
            .description(
                "For command-line programs (device flow, RFC 8628). Show the code to the user, then poll \
                 `POST /api/v1/auth/token` every `interval` seconds.",
            )
            .json_response::<DeviceCode>(
                200,
                "The codes for the user and for the program.",
                json!({
                    "device_code": examples::DEVICE_CODE, "user_code": "WDJB-MJHT",
                    "verification_uri": "https://github.com/login/device", "expires_in": 900,
                    "interval": 5,
                }),
            )
            .ignores_body()
            .calls_github()
    }
}
