//! The GitHub App: its key, its rights, where it is installed, and its webhooks.

use super::{Finding, operator::Operator};
use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use nokube_domain::repository::Repository;
use nokube_github::{
    Api, Request, Response,
    app::App,
    health::{AppAsItIs, Delivery, Hook, deliveries, lost},
    refusal,
};
use std::fmt;

const APP: &str = "github app";
const WEBHOOKS: &str = "webhooks";

/// GitHub answered, and not well.
#[derive(Debug)]
struct Refused(http::StatusCode, String);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GitHub refuses ({}: {})", self.0, self.1)
    }
}

impl std::error::Error for Refused {}

/// A client that speaks as the App.
struct AsApp<'a> {
    client: &'a reqwest::Client,
    api: Api,
    app: App,
}

pub async fn look(client: &reqwest::Client, operator: &Operator, redeliver: bool) -> Vec<Finding> {
    let key = operator.get("github_app_private_key");
    if key.is_empty() && !operator.get("github_token").is_empty() {
        let found = "the platform speaks as a user, by github_token: their webhooks are listed in the \
                     builder repository only (Settings, Webhooks, Recent Deliveries)";
        return vec![Finding::ok(APP, found)];
    }
    if key.is_empty() {
        let mend = "run this where the platform's variables are: in the environment, or in a file \
                    (ENV_FILE=.env)";
        return vec![Finding::wrong(
            APP,
            "its key is not known here, so it was not looked at",
            mend,
        )];
    }
    let as_app = match AsApp::new(client, operator) {
        Ok(as_app) => as_app,
        Err(error) => {
            let mend =
                "correct github_app_private_key, github_builder_repository and github_api_url";
            return vec![Finding::wrong(APP, format!("{error:#}"), mend)];
        }
    };
    // What follows needs a working key.
    let (itself, page) = match as_app.itself().await {
        Ok(found) => found,
        Err(error) => {
            let mend = match error.downcast_ref::<Refused>() {
                Some(Refused(http::StatusCode::UNAUTHORIZED, _)) => {
                    "the key is not this App's: generate one on the App's page at GitHub, and set \
                     github_app_private_key and github_app_client_id to what stands there"
                }
                Some(_) => "look at GitHub's status page, and try again",
                None => {
                    "see that this machine reaches github_api_url (its name, a firewall, a proxy), and \
                     try again"
                }
            };
            return vec![Finding::wrong(APP, format!("{error:#}"), mend)];
        }
    };
    let mut findings = vec![itself, as_app.installed(&page).await];
    findings.extend(as_app.hook(operator, &page).await);
    findings.push(as_app.lost(redeliver).await.unwrap_or_else(|error| {
        let mend = "try again in a minute";
        Finding::wrong(WEBHOOKS, format!("GitHub does not list them: {error:#}"), mend)
    }));
    findings
}

impl<'a> AsApp<'a> {
    fn new(client: &'a reqwest::Client, operator: &Operator) -> Result<Self> {
        let builder = operator.get("github_builder_repository");
        let builder: Repository = builder
            .parse()
            .ok()
            .with_context(|| format!("github_builder_repository '{builder}' is no OWNER/NAME"))?;
        let url = operator.get("github_api_url");
        let origin =
            url.parse().ok().with_context(|| format!("github_api_url '{url}' is no origin"))?;
        let workflow = operator.get("github_builder_workflow").to_owned();
        let branch = operator.get("github_builder_ref").to_owned();
        let api = Api::new(&origin, operator.get("github_api_path"), builder, workflow, branch);
        let id = operator.get("github_app_client_id");
        let app = App::new(id, operator.get("github_app_private_key"))
            .map_err(|bad| anyhow::anyhow!("github_app_private_key {bad}"))?;
        Ok(Self { client, api, app })
    }

    async fn send(&self, request: impl FnOnce(&Api, &str) -> Request) -> Result<Response> {
        let token = self.app.token(Timestamp::now().as_second())?;
        let request = request(&self.api, &token).try_into()?;
        let answer = self.client.execute(request).await.context("GitHub does not answer")?;
        let status = answer.status();
        let answer = http::Response::builder().status(status).body(answer.bytes().await?.into())?;
        Ok(answer)
    }

    /// An answer that must be a good one.
    async fn ask(&self, request: impl FnOnce(&Api, &str) -> Request) -> Result<Response> {
        let answer = self.send(request).await?;
        if !answer.status().is_success() {
            bail!(Refused(answer.status(), refusal::message(&answer)));
        }
        Ok(answer)
    }

    /// Is the key good, and has the App its rights? And the page where both are changed.
    async fn itself(&self) -> Result<(Finding, String)> {
        let app = AppAsItIs::of(&self.ask(|api, token| api.app(token)).await?)?;
        let lacks = app.lacks();
        let finding = if lacks.is_empty() {
            Finding::ok(APP, "its key is good, and it has its permissions and events")
        } else {
            let mend = format!(
                "add them at {} (App settings, Permissions & events), and accept the change where it \
                 is installed",
                app.html_url
            );
            Finding::wrong(APP, format!("it lacks {}", lacks.join(", ")), mend)
        };
        Ok((finding, app.html_url))
    }

    async fn installed(&self, page: &str) -> Finding {
        let name = "installation";
        let builder = &self.api.builder;
        let answer = self.send(|api, token| api.installation(&api.builder, token)).await;
        match answer {
            Ok(answer) if answer.status().is_success() => {
                Finding::ok(name, format!("the App is installed on {builder}"))
            }
            Ok(answer) if answer.status() == http::StatusCode::NOT_FOUND => Finding::wrong(
                name,
                format!("the App is not installed on {builder}"),
                format!("install it: {page}/installations/new"),
            ),
            Ok(answer) => Finding::wrong(name, refusal::message(&answer), "try again in a minute"),
            Err(error) => Finding::wrong(name, format!("{error:#}"), "try again in a minute"),
        }
    }

    async fn hook(&self, operator: &Operator, page: &str) -> Option<Finding> {
        let platform = operator.get("platform_url").trim_end_matches('/');
        if platform.is_empty() {
            return None; // `/ready` says that it is missing.
        }
        let url = format!("{platform}/api/v1/webhooks/github");
        let name = "webhook";
        let faults = async {
            let hook = Hook::of(&self.ask(|api, token| api.hook(token)).await?)?;
            anyhow::Ok(hook.faults(&url))
        };
        Some(match faults.await {
            Ok(faults) if faults.is_empty() => Finding::ok(name, format!("it goes to {url}")),
            Ok(faults) => {
                let mend = format!("correct it at {page} (App settings, General, Webhook)");
                Finding::wrong(name, faults.join("; "), mend)
            }
            Err(error) => Finding::wrong(name, format!("{error:#}"), "try again in a minute"),
        })
    }

    /// Webhooks that did not arrive; with `redeliver` GitHub is asked to send them again.
    async fn lost(&self, redeliver: bool) -> Result<Finding> {
        let list = async |failed| {
            anyhow::Ok(deliveries(&self.ask(|api, token| api.deliveries(failed, token)).await?)?)
        };
        let lost = lost(list(true).await?, &list(false).await?, Timestamp::now());
        let Some(newest) = lost.last() else {
            return Ok(Finding::ok(WEBHOOKS, "none of the last three days was lost"));
        };
        let Delivery { event, action, status, .. } = newest;
        let action = action.as_ref().map_or(String::new(), |action| format!(".{action}"));
        let count = match lost.len() {
            1 => "one was not received".to_owned(),
            count => format!("{count} were not received"),
        };
        let found = format!("{count}; the newest is {event}{action}: {status}");
        if !redeliver {
            let mend = "see that GitHub can reach the platform and that github_webhook_secret is the \
                        App's, then have them sent again: make doctor REDELIVER=1";
            return Ok(Finding::wrong(WEBHOOKS, found, mend));
        }
        for delivery in &lost {
            self.ask(|api, token| api.redeliver(delivery.id, token)).await?;
        }
        Ok(Finding::ok(
            WEBHOOKS,
            format!("{found}. GitHub sends them again; look anew in a minute"),
        ))
    }
}
