//! Certificates of cert-manager.
//!
//! <https://cert-manager.io/docs/reference/api-docs/#cert-manager.io/v1.CertificateStatus>

use super::{
    condition::{Condition, Verdict, verdict},
    metadata::{Metadata, observed},
    reachability::{Lookup, Reachability},
};
use nokube_domain::deployments::{ErrorCode, Issue};

observed! {
    pub struct ObservedCertificate {
        pub metadata: Metadata,
        spec: CertificateSpec,
        status: CertificateStatus,
    }

    struct CertificateSpec {
        secret_name: String,
    }

    struct CertificateStatus {
        conditions: Vec<Condition>,
    }
}

const WAIT: &str = "If that takes longer than a few minutes, tell the administrator. For a custom \
                    domain, check that its DNS record points to the platform.";

/// Whether there is a certificate in the Secret of an Ingress.
pub(super) fn reachability(
    certificates: &Lookup<Vec<ObservedCertificate>>,
    secret: &str,
) -> Reachability {
    let not_ready = |message: &str| {
        let issue = Issue::temporary(ErrorCode::CertificateNotReady, message, WAIT);
        issue.with_object("Certificate", secret)
    };
    let certificates = match certificates {
        Lookup::Unreadable => return Reachability::unknown(None),
        Lookup::Absent => {
            let message =
                "cert-manager is not installed in the cluster, so there is no certificate.";
            let action = "Tell the administrator: apps_certificates names an issuer.";
            let issue = Issue::permanent(ErrorCode::CertificateNotReady, message, action);
            return Reachability::no(issue);
        }
        Lookup::Found(certificates) => certificates,
    };
    let found = certificates.iter().find(|certificate| certificate.spec.secret_name == secret);
    let Some(certificate) = found else {
        let message = "cert-manager has not requested the certificate of its address yet.";
        return Reachability::no(not_ready(message));
    };
    let conditions = &certificate.status.conditions;
    let generation = certificate.metadata.generation;
    match (verdict(conditions, "Ready", generation), verdict(conditions, "Issuing", 0)) {
        (Verdict::True, _) => Reachability::yes(),
        // The issuer's own text; cert-manager tries again later.
        (_, Verdict::False(failed)) if failed.reason == "Failed" => {
            let message = "The certificate of its address could not be issued.";
            Reachability::no(failed.explain(not_ready(message)))
        }
        (Verdict::False(condition) | Verdict::Unknown(Some(condition)), _) => {
            let message = "The certificate of its address is not ready yet.";
            Reachability::no(condition.explain(not_ready(message)))
        }
        (Verdict::Unknown(None), _) => {
            let message = "The certificate of its address is not ready yet.";
            Reachability::no(not_ready(message))
        }
    }
}
