//! `POST /api/v1/auth/device`: begins the device flow, for a command line. The device then asks for its
//! token at `/api/v1/auth/token`.

use crate::{
    github::{oauth, send, unreadable},
    settings::Settings,
};
use http::StatusCode;
use nokube_domain::{ProblemKind, answer};
use nokube_edge::{Call, Failure, Reply, Result};
use nokube_github::oauth::{DeviceCode, read};

pub async fn device(mut call: Call) -> Result<Reply> {
    call.only_query(&[])?;
    let _ = call.body(1024, |_| {}).await?; // It has no fields; an empty form is welcome.
    let settings = Settings::read().await?;
    let answer = send(oauth(&settings)?.device()).await?;
    let code = read::<DeviceCode>(&answer).ok_or_else(|| unreadable("a device", &answer))?;
    let code = code.map_err(|_| {
        let detail = "GitHub does not begin a sign-in of a device. The platform's administrator \
                      enables the device flow of its app at GitHub.";
        Failure::problem(ProblemKind::UpstreamRefused, detail)
    })?;
    let DeviceCode { device_code, user_code, verification_uri, expires_in, interval } = code;
    let answer =
        answer::DeviceCode { device_code, user_code, verification_uri, expires_in, interval };
    Ok(Reply::json(StatusCode::OK, &answer))
}
