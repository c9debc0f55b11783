//! Sign-in with a code that is entered in any browser (device flow, RFC 8628).

use super::{Bearer, CLIENT_ID};
use crate::{
    Error, Exit, Result,
    api::{
        Client,
        identity::{DeviceCode, DeviceGrant, IssuedToken},
    },
    output::{Output, Style, clean},
    text,
};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// By how much the platform may slow the polling down (RFC 8628, section 3.5).
const SLOW_DOWN: Duration = Duration::from_secs(5);
const LONGEST_INTERVAL: Duration = Duration::from_secs(60);
/// No code is waited for longer. GitHub's are valid for 15 minutes.
const LONGEST_LIFETIME: Duration = Duration::from_secs(3600);

pub async fn sign_in(output: &Output, client: &Client) -> Result<Bearer> {
    let code = client.post("/api/v1/auth/device").receive::<DeviceCode>().await?.typed;
    let (uri, user_code) = (clean(&code.verification_uri), &code.user_code);
    let user_code = output.styled(Style::Strong, &clean(user_code));
    output.note(&text!(
        "Open {uri} in any browser, and enter the code {user_code}",
        "Ouvrez {uri} dans un navigateur, et saisissez le code {user_code}"
    ));
    let _progress = output.progress(&text!("Waiting for the code", "En attente du code"));
    poll(client, &code).await
}

async fn poll(client: &Client, code: &DeviceCode) -> Result<Bearer> {
    let (lifetime, mut interval) = times(code);
    let deadline = Instant::now() + lifetime;
    while Instant::now() < deadline {
        sleep(interval).await;
        let grant = DeviceGrant {
            grant_type: "urn:ietf:params:oauth:grant-type:device_code",
            client_id: CLIENT_ID,
            device_code: &code.device_code,
        };
        let request = client.post("/api/v1/auth/token").form(&grant)?;
        let error = match request.receive::<IssuedToken>().await {
            Ok(issued) => return Ok(Bearer(issued.typed.access_token)),
            Err(error) => error,
        };
        match error.problem.as_ref().and_then(|problem| problem.oauth_error()) {
            Some("authorization_pending") => {}
            Some("slow_down") => interval = (interval + SLOW_DOWN).min(LONGEST_INTERVAL),
            Some("access_denied") => {
                return Err(Error::new(
                    Exit::NotAllowed,
                    text!("The sign-in was refused.", "La connexion a été refusée."),
                ));
            }
            Some("expired_token") => return Err(expired()),
            // The platform is away for a moment, or asks for fewer requests.
            None if error.exit == Exit::Unavailable => {
                interval = (interval + SLOW_DOWN).min(LONGEST_INTERVAL);
            }
            _ => return Err(error),
        }
    }
    Err(expired())
}

fn expired() -> Error {
    Error::new(Exit::NotAllowed, text!("The code has expired.", "Le code a expiré."))
        .next(text!("Start again: nokube login", "Recommencez : nokube login"))
}

/// For how long to poll, and how often, whatever the platform says.
fn times(code: &DeviceCode) -> (Duration, Duration) {
    let lifetime = Duration::from_secs(code.expires_in).min(LONGEST_LIFETIME);
    (lifetime, Duration::from_secs(code.interval.max(1)).min(LONGEST_INTERVAL))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_platform_cannot_ask_for_any_times() {
        let times = |expires_in: u64, interval: u64| {
            let code = serde_json::json!({
                "device_code": "d", "user_code": "u", "verification_uri": "https://github.com/login/device",
                "expires_in": expires_in, "interval": interval,
            });
            let (lifetime, interval) = times(&serde_json::from_value(code).unwrap());
            (lifetime.as_secs(), interval.as_secs())
        };
        assert_eq!(times(900, 5), (900, 5));
        assert_eq!(times(0, 0), (0, 1));
        assert_eq!(times(u64::MAX, u64::MAX), (3600, 60));
    }
}
