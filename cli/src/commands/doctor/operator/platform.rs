//! Checks a platform with the operator's secret, so that it says why a check fails.

use super::{super::finding::Finding, settings::OperatorSettings, with_causes};
use crate::api::platform::{Readiness, ReadinessCheck};
use nokube_domain::{Timestamp, origin, session::SigningKeys};

/// Requests `/ready`. Each of its checks becomes a finding.
pub async fn check_platform(
    client: &reqwest::Client,
    settings: &OperatorSettings,
    url: &str,
) -> Vec<Finding> {
    if url.is_empty() {
        let advice = "give the platform's address: --platform https://nokube.example.org";
        return vec![Finding::failed("platform", "platform_url is not set here", advice)];
    }
    let secrets = ["auth_session_secret", "auth_jwt_secret"].map(|name| settings.get(name));
    let secret = secrets.into_iter().find(|secret| !secret.is_empty()).unwrap_or_default();
    match fetch_readiness(client, url, settings.get("platform_url"), secret).await {
        Ok(readiness) => {
            let mut findings: Vec<_> = readiness.checks.into_iter().map(finding_of).collect();
            if !readiness.in_full {
                let detail = match secret {
                    "" => "is not set here, so the platform does not report the causes of errors",
                    _ => {
                        "differs from the platform's, so the platform does not report the causes of errors"
                    }
                };
                let advice = "give the file with the platform's settings (--env-file .env; in settings.env, \
                              without quotes). If the secret was changed, restart the platform";
                findings.push(Finding::failed("auth_session_secret", detail, advice));
            }
            findings
        }
        Err(error) => {
            let advice = "check that the platform runs, that DNS leads to it, and that its certificate is valid. \
                          The platform's log shows the requests that it receives";
            let detail = format!("{url}/ready cannot be read ({})", with_causes(&error));
            vec![Finding::failed("platform", detail, advice)]
        }
    }
}

/// Requests the readiness as an operator. `secret` is the platform's session secret or JWT secret,
/// `platform_url` its setting of that name.
async fn fetch_readiness(
    client: &reqwest::Client,
    url: &str,
    platform_url: &str,
    secret: &str,
) -> reqwest::Result<Readiness> {
    let issuer = origin::parse_platform_origin(platform_url).unwrap_or_default();
    let keys = SigningKeys { issuer: &issuer, secret, previous_secret: "" };
    let mut request = client.get(format!("{}/ready", url.trim_end_matches('/')));
    if let Ok(proof) = keys.sign_operator_proof(Timestamp::now().as_second()) {
        request = request.bearer_auth(proof);
    }
    // A platform that is not ready responds 503 with the same body.
    request.send().await?.json().await
}

fn finding_of(check: ReadinessCheck) -> Finding {
    if check.ok {
        return Finding::ok(&check.name, check.detail);
    }
    let advice = match check.name.as_str() {
        "outside" => "check again in 15 seconds",
        "github" => {
            "see the line 'github app' below if it is wrong too, otherwise check the builder repository \
             (builder/README.md)"
        }
        "registry" => {
            "correct registry, registry_api_url, registry_username or registry_token, and check that the \
             platform can reach the registry"
        }
        "cluster" => {
            "check kubernetes_api_url, the certificate in [[client_tls]] of the runtime configuration, and \
             permissions and token (ops/README.md)"
        }
        "routing" => {
            "correct apps_gateway and its listeners, or apps_ingress_class, or have the cluster's \
             administrator repair what they name: kubectl describe says more. Until then no request reaches \
             a service from outside"
        }
        "sign_in" => "set who may sign in: auth_allowed_… and auth_administrators",
        "builds" | "webhook" | "deploy" | "auth" => {
            "read the platform's log: the component does not start, or crashes"
        }
        "store" => {
            "check that the server of state_redis_url can be reached and accepts the password, or that the \
             SQLite file can be written, and that the disk is not full"
        }
        setting => {
            let setting = setting.to_uppercase();
            let advice = format!(
                "correct SPIN_VARIABLE_{setting} (docs/settings.md), and restart the platform"
            );
            return Finding::failed(&check.name, check.detail, advice);
        }
    };
    Finding::failed(&check.name, check.detail, advice)
}
