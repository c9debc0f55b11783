//! Checks the GitHub App: its key, permissions, installation and webhooks.

use super::{
    super::finding::Finding,
    app_client::{AppClient, GitHubError},
    settings::OperatorSettings,
};
use jiff::Timestamp;
use nokube_github::{
    Api, error,
    health::{AppSettings, Delivery, InstallationSettings, WebhookConfig, undelivered},
};

const APP: &str = "github app";
const WEBHOOKS: &str = "webhooks";
const PERMISSIONS: &str = "permissions";
/// GitHub lists no more on a page.
const MAX_INSTALLATIONS: u32 = 100;
const RETRY: &str = "try again in a minute";

type Result<T> = std::result::Result<T, GitHubError>;

pub async fn check_github(
    client: &reqwest::Client,
    settings: &OperatorSettings,
    redeliver: bool,
) -> Vec<Finding> {
    let key = settings.get("github_app_private_key");
    if key.is_empty() && !settings.get("github_token").is_empty() {
        let detail = "the platform uses github_token, not an App. GitHub lists the webhooks of the builder \
                      repository only (Settings, Webhooks, Recent Deliveries)";
        return vec![Finding::ok(APP, detail)];
    }
    if key.is_empty() {
        let advice = "run this command where the platform's settings are: in the environment, or in a file \
                      (--env-file .env)";
        return vec![Finding::failed(
            APP,
            "not checked, because github_app_private_key is not set here",
            advice,
        )];
    }
    let github = match AppClient::new(client, settings) {
        Ok(github) => github,
        Err(error) => {
            let advice =
                "correct github_app_private_key, github_builder_repository and github_api_url";
            return vec![Finding::failed(APP, error.to_string(), advice)];
        }
    };
    // The other checks need a valid key.
    let app: AppSettings = match github.fetch(|api, token| api.app(token)).await {
        Ok(app) => app,
        Err(error) => return vec![failed_app_check(&error)],
    };
    let mut findings = vec![check_app(&app), check_installation(&github, &app.html_url).await];
    findings.extend(check_permissions(&github, &app).await.unwrap_or_else(|error| {
        let detail = format!("GitHub does not list the installations: {error}");
        vec![Finding::failed(PERMISSIONS, detail, RETRY)]
    }));
    findings.extend(check_webhook(&github, settings, &app.html_url).await);
    findings.push(check_deliveries(&github, redeliver).await.unwrap_or_else(|error| {
        let detail = format!("GitHub does not list them: {error}");
        Finding::failed(WEBHOOKS, detail, RETRY)
    }));
    findings
}

/// The finding if the App's settings cannot be read: GitHub refuses them if the key is not the App's.
fn failed_app_check(error: &GitHubError) -> Finding {
    let advice = match error {
        GitHubError::Rejected(http::StatusCode::UNAUTHORIZED, _) => {
            "the key does not belong to this App: generate a key on the App's page at GitHub, and copy it and \
             the client ID from there to github_app_private_key and github_app_client_id"
        }
        GitHubError::Rejected(..) => "look at GitHub's status page, and try again",
        _ => {
            "check that this machine can reach github_api_url (DNS, firewall, proxy), and try again"
        }
    };
    Finding::failed(APP, error.to_string(), advice)
}

/// Compares the App's permissions and events with those that the platform needs.
fn check_app(app: &AppSettings) -> Finding {
    let missing = app.missing();
    if missing.is_empty() {
        return Finding::ok(
            APP,
            "its key is valid, and it has the required permissions and events",
        );
    }
    let advice = format!(
        "add them on the App's page (Edit, Permissions & events), to which {} leads, and then accept the change in \
         each installation (docs/install.md, An App of an earlier version)",
        app.html_url
    );
    Finding::failed(APP, format!("it lacks {}", missing.join(", ")), advice)
}

/// What an installation has not accepted, if anything.
fn not_accepted(installation: &InstallationSettings, app: &AppSettings) -> Option<Finding> {
    let missing = installation.not_accepted(app);
    // Nothing can be accepted while it is suspended.
    if missing.is_empty() || installation.is_suspended() {
        return None;
    }
    let account = installation.account();
    let detail = format!("the installation on {account} has not accepted {}", missing.join(", "));
    let advice = format!(
        "let an owner of {account} open {} and accept the new permissions",
        installation.accepted.html_url
    );
    Some(Finding::failed(PERMISSIONS, detail, advice))
}

/// Checks what each installation has accepted. An App's new permissions have no effect before.
async fn check_permissions(github: &AppClient<'_>, app: &AppSettings) -> Result<Vec<Finding>> {
    let list = |api: &Api, token: &str| api.installations(MAX_INSTALLATIONS, token);
    let installations: Vec<InstallationSettings> = github.fetch(list).await?;
    let findings: Vec<Finding> =
        installations.iter().filter_map(|installation| not_accepted(installation, app)).collect();
    let all_accepted =
        || Finding::ok(PERMISSIONS, "each installation has accepted what the App has");
    Ok(if findings.is_empty() { vec![all_accepted()] } else { findings })
}

async fn check_installation(github: &AppClient<'_>, app_page: &str) -> Finding {
    let name = "installation";
    let builder = &github.api.builder;
    let response = github.send(|api, token| api.installation(&api.builder, token)).await;
    match response {
        Ok(response) if response.status().is_success() => {
            Finding::ok(name, format!("the App is installed on {builder}"))
        }
        Ok(response) if response.status() == http::StatusCode::NOT_FOUND => Finding::failed(
            name,
            format!("the App is not installed on {builder}"),
            format!("install it: {app_page}/installations/new"),
        ),
        Ok(response) => Finding::failed(name, error::message(&response), RETRY),
        Err(error) => Finding::failed(name, error.to_string(), RETRY),
    }
}

async fn check_webhook(
    github: &AppClient<'_>,
    settings: &OperatorSettings,
    app_page: &str,
) -> Option<Finding> {
    let platform_url = settings.get("platform_url").trim_end_matches('/');
    if platform_url.is_empty() {
        return None; // `/ready` reports the missing setting.
    }
    let url = format!("{platform_url}/api/v1/webhooks/github");
    let name = "webhook";
    let config: Result<WebhookConfig> = github.fetch(|api, token| api.webhook_config(token)).await;
    Some(match config.map(|config| config.errors(&url)) {
        Ok(errors) if errors.is_empty() => Finding::ok(name, format!("it goes to {url}")),
        Ok(errors) => {
            let advice = format!("correct it at {app_page} (App settings, General, Webhook)");
            Finding::failed(name, errors.join("; "), advice)
        }
        Err(error) => Finding::failed(name, error.to_string(), RETRY),
    })
}

/// Finds webhooks that the platform did not receive. If `redeliver`, requests that GitHub sends them
/// again.
async fn check_deliveries(github: &AppClient<'_>, redeliver: bool) -> Result<Finding> {
    let failed: Vec<Delivery> = github.fetch(|api, token| api.failed_deliveries(token)).await?;
    let newest: Vec<Delivery> = github.fetch(|api, token| api.deliveries(token)).await?;
    let undelivered = undelivered(failed, &newest, Timestamp::now());
    let Some(newest) = undelivered.last() else {
        return Ok(Finding::ok(WEBHOOKS, "none of the last three days was lost"));
    };
    let Delivery { event, action, status, .. } = newest;
    let action = action.as_ref().map_or(String::new(), |action| format!(".{action}"));
    let count = match undelivered.len() {
        1 => "one was not received".to_owned(),
        count => format!("{count} were not received"),
    };
    let detail = format!("{count}; the newest is {event}{action}: {status}");
    if !redeliver {
        let advice = "check that GitHub can reach the platform, and that github_webhook_secret is the App's \
                      webhook secret. Then send them again: nokube doctor --operator --redeliver";
        return Ok(Finding::failed(WEBHOOKS, detail, advice));
    }
    for delivery in &undelivered {
        github.send_checked(|api, token| api.redeliver(delivery.id, token)).await?;
    }
    Ok(Finding::ok(WEBHOOKS, format!("{detail}. GitHub sends them again; check again in a minute")))
}
