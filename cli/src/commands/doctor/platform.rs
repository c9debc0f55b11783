//! Checks of the platform, and of what the person may do there.

use super::{clock, finding::Finding, http_client_for};
use crate::{
    Error, Result,
    api::{
        Client, Received,
        identity::Me,
        platform::{Readiness, ReadinessCheck},
    },
    config::Origin,
    context::Context,
    login::SCOPES,
    output::time::date,
    text,
};
use jiff::{SignedDuration, Timestamp};

const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

pub async fn check(context: &Context) -> Result<Vec<Finding>> {
    let name = text!("configuration", "configuration");
    let platform = match context.platform() {
        Ok(platform) => platform,
        Err(error) => return Ok(vec![failed(&name, &error)]),
    };
    let origin = &platform.origin;
    let detail = match &platform.name {
        Some(name) => {
            text!("the platform is {name}, {origin}", "la plateforme est {name}, {origin}")
        }
        None => text!("the platform is {origin}", "la plateforme est {origin}"),
    };
    let mut findings = vec![Finding::ok(&name, detail)];
    let anonymous = context.anonymous_client(origin)?;
    let is_reachable = check_reachable(&anonymous, &mut findings).await;
    if !is_reachable {
        return Ok(findings);
    }
    findings.extend(check_version(&anonymous).await);
    findings.extend(check_ready(origin).await?);
    findings.extend(check_token(context).await);
    Ok(findings)
}

/// The error of a command as a finding.
fn failed(check: &str, error: &Error) -> Finding {
    let advice = error.next.join(" ");
    let advice = match advice.is_empty() {
        true => text!("correct it, and check again", "corrigez, puis vérifiez de nouveau"),
        false => advice,
    };
    Finding::failed(check, error.message.clone(), advice)
}

async fn check_reachable(client: &Client, findings: &mut Vec<Finding>) -> bool {
    let name = text!("platform", "plateforme");
    match client.get("/health").send().await {
        Ok(answer) => {
            findings.push(Finding::ok(&name, text!("it answers", "elle répond")));
            findings.extend(clock::check(answer.header("date"), Timestamp::now()));
            true
        }
        Err(error) => {
            findings.push(failed(&name, &error));
            false
        }
    }
}

/// Other versions understand each other, so a difference is nothing wrong.
async fn check_version(client: &Client) -> Option<Finding> {
    let contract = client.get("/api/v1/openapi.json").send().await.ok()?.json().ok()?;
    let platform = contract.pointer("/info/version")?.as_str()?;
    let this = env!("CARGO_PKG_VERSION");
    let detail = match platform == this {
        true => {
            text!("nokube and the platform are {this}", "nokube et la plateforme sont en {this}")
        }
        false => text!(
            "nokube is {this}, the platform {platform}",
            "nokube est en {this}, la plateforme en {platform}"
        ),
    };
    Some(Finding::ok(&text!("version", "version"), detail))
}

async fn check_ready(origin: &Origin) -> Result<Option<Finding>> {
    // A platform that is not ready responds 503 with the same body.
    let response = http_client_for(origin)?.get(origin.url("/ready", &[])).send().await;
    let Ok(response) = response else { return Ok(None) };
    let readiness = response.json::<Readiness>().await;
    Ok(readiness.ok().map(|readiness| ready(&readiness)))
}

fn ready(readiness: &Readiness) -> Finding {
    let name = text!("ready", "état");
    if readiness.ready {
        return Finding::ok(
            &name,
            text!("all its checks succeed", "toutes ses vérifications réussissent"),
        );
    }
    let failed = readiness.checks.iter().filter(|check| !check.ok);
    let failed: Vec<_> =
        failed.map(|ReadinessCheck { name, detail, .. }| format!("{name}: {detail}")).collect();
    let advice = text!(
        "tell the platform's operator, for whom `nokube doctor --operator` says more",
        "prévenez l’exploitant de la plateforme, à qui `nokube doctor --operator` en dit plus"
    );
    Finding::failed(&name, failed.join("; "), advice)
}

async fn check_token(context: &Context) -> Vec<Finding> {
    let name = text!("token", "jeton");
    let me = async { context.client().await?.me().await };
    match me.await {
        Ok(me) => vec![token(&me, Timestamp::now()), scopes(&me)],
        Err(error) => vec![failed(&name, &error)],
    }
}

fn token(me: &Received<Me>, now: Timestamp) -> Finding {
    let name = text!("token", "jeton");
    let username = &me.username;
    let Some(expires_at) = me.expires_at else {
        return Finding::ok(&name, text!("it is {username}'s", "c’est celui de {username}"));
    };
    let until = date(expires_at);
    let detail = text!(
        "it is {username}'s, and valid until {until}",
        "c’est celui de {username}, valable jusqu’au {until}"
    );
    match expires_at.duration_since(now) < WEEK {
        true => Finding::failed(
            &name,
            detail,
            text!("sign in again soon: nokube login", "reconnectez-vous bientôt : nokube login"),
        ),
        false => Finding::ok(&name, detail),
    }
}

/// A token of another program may have fewer on purpose, so that is nothing wrong.
fn scopes(me: &Me) -> Finding {
    let has = |scope: &&str| me.scopes.iter().any(|has| has == scope || has == "account");
    let (granted, missing): (Vec<_>, Vec<_>) = SCOPES.into_iter().partition(has);
    let (granted, missing) = (granted.join(", "), missing.join(", "));
    let detail = match missing.is_empty() {
        true => granted,
        false => text!("{granted}; not {missing}", "{granted} ; pas {missing}"),
    };
    Finding::ok(&text!("scopes", "droits"), detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn me(scopes: &[&str], expires_at: &str) -> Received<Me> {
        let me = json!({
            "username": "alice", "login": "alice", "issuer": "nokube", "subject": "1", "administrator": false,
            "via": "token:1", "scopes": scopes, "expires_at": expires_at,
        });
        Received::of(me).unwrap()
    }

    #[test]
    fn a_token_that_expires_soon_is_renewed_in_time() {
        let now = "2026-11-30T08:00:00Z".parse().unwrap();
        assert_eq!(token(&me(&["read"], "2027-01-30T08:00:00Z"), now).advice, None);
        let soon = token(&me(&["read"], "2026-12-03T08:00:00Z"), now);
        assert_eq!(soon.detail, "it is alice's, and valid until 2026-12-03");
        assert_eq!(soon.advice.as_deref(), Some("sign in again soon: nokube login"));
    }

    #[test]
    fn missing_scopes_are_named() {
        let expires_at = "2027-01-30T08:00:00Z";
        let detail = |scopes: &[&str]| scopes_detail(&me(scopes, expires_at));
        assert_eq!(detail(&["read", "build"]), "read, build; not deploy, projects");
        assert_eq!(
            detail(&["read", "build", "deploy", "projects"]),
            "read, build, deploy, projects"
        );
        assert_eq!(detail(&["account"]), "read, build, deploy, projects");
    }

    fn scopes_detail(me: &Me) -> String {
        scopes(me).detail
    }

    #[test]
    fn what_is_not_ready_is_named() {
        let readiness = json!({
            "ready": false, "in_full": false,
            "checks": [{ "name": "cluster", "ok": false, "detail": "failed" }, { "name": "github", "ok": true, "detail": "" }],
        });
        let finding = ready(&serde_json::from_value(readiness).unwrap());
        assert_eq!(finding.detail, "cluster: failed");
        assert!(finding.advice.is_some());
    }
}
