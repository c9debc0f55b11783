//! What is wrong with the settings, and who may sign in, for the component that answers `/ready`.

use crate::settings::Settings;
use http::StatusCode;
use nokube_edge::{Call, Reply, Result, auth::AuthSettings};
use serde_json::json;

pub async fn settings(_: Call) -> Result<Reply> {
    let faults = match Settings::read().await {
        Ok(_) => Vec::new(),
        Err(not_set_up) => not_set_up.0,
    };
    Ok(Reply::json(StatusCode::OK, &json!({ "faults": faults })))
}

pub async fn sign_in(_: Call) -> Result<Reply> {
    let (Ok(common), Ok(settings)) = (AuthSettings::read().await, Settings::read().await) else {
        return Ok(Reply::text("")); // Its faults say it.
    };
    let (ok, detail) = match &settings.oauth {
        None => (true, "sign-in with GitHub is not set up: set github_oauth_client_id".to_owned()),
        Some(_) => (!common.lists.is_closed(), common.lists.describe()),
    };
    Ok(Reply::json(StatusCode::OK, &json!({ "ok": ok, "detail": detail })))
}
