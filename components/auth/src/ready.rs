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
        // With an issuer of their own, people have tokens.
        None if common.issuer.is_some() || !common.exchanged.is_empty() => (
            true,
            "sign-in with GitHub is not set up; people come with their issuer's tokens".to_owned(),
        ),
        None => {
            let detail =
                "nobody can sign in: set github_oauth_client_id and github_oauth_client_secret";
            (false, detail.to_owned())
        }
        Some(_) => (!common.lists.is_closed(), common.lists.describe()),
    };
    let mut notes = vec![detail];
    // Behind a server that ends TLS, all come from that server's address.
    if common.is_secure() && common.address_header.is_empty() {
        let note = "if a server in front of the platform ends TLS, set client_address_header, or all who \
                    sign in are limited together and the audit trail shows that server's address";
        notes.push(note.to_owned());
    }
    if common.has_sessions() && !common.is_secure() && !common.is_local() {
        let note = "platform_url begins with http: whoever is on the way can read every session";
        notes.push(note.to_owned());
    }
    Ok(Reply::json(StatusCode::OK, &json!({ "ok": ok, "detail": notes.join("; ") })))
}
