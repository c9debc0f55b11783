//! Reasons why an image cannot be pulled.
//!
//! Only an answer of the registry itself is permanent. The kubelet tries again after up to five minutes.

use super::{Outlook, Row, Source};
use nokube_domain::deployments::ErrorCode;

const PULL: &[&str] = &["ErrImagePull", "ImagePullBackOff", "RegistryUnavailable"];

const DENIED: &[&str] = &[
    "unauthorized",
    "access denied",
    "is denied",
    "denied: ",
    ": denied",
    "forbidden",
    "authentication required",
    "authorization failed",
    "insufficient_scope",
    "no basic auth credentials",
];

const TRY_AGAIN: &str = "Kubernetes tries again by itself, after up to five minutes.";

const fn temporary(id: &'static str, texts: &'static [&'static str], message: &'static str) -> Row {
    Row {
        id,
        source: Source::Image,
        reasons: PULL,
        texts,
        code: ErrorCode::ImagePull,
        outlook: Outlook::Temporary,
        message,
        action: TRY_AGAIN,
    }
}

const fn permanent(
    id: &'static str,
    texts: &'static [&'static str],
    message: &'static str,
    action: &'static str,
) -> Row {
    Row { outlook: Outlook::Permanent, action, ..temporary(id, texts, message) }
}

pub(super) const ROWS: &[Row] = &[
    permanent(
        "image-platform",
        &["no match for platform", "no matching manifest", "does not match the specified platform"],
        "The image {image} cannot be pulled: it was not built for the cluster's processors.",
        "Build it for the platform of the cluster's machines, such as linux/amd64, or for several \
         platforms.",
    ),
    Row {
        reasons: &["SignatureValidationFailed", "ErrImagePull", "ImagePullBackOff"],
        ..permanent(
            "image-signature",
            &["signature validation failed"],
            "The image {image} cannot be pulled: the cluster accepts signed images only, and its \
             signature is missing or not valid.",
            "Sign the image, or ask the administrator which images are accepted.",
        )
    },
    Row {
        code: ErrorCode::NodeError,
        action: "Kubernetes removes unused images and tries again. If that does not help, tell the \
                 administrator.",
        ..temporary(
            "image-disk-full",
            &["no space left on device", "disk quota exceeded"],
            "The image {image} cannot be pulled: the disk of the machine is full.",
        )
    },
    temporary(
        "image-pull-qps",
        &["pull qps exceeded"],
        "The image {image} has to wait: its machine pulls many images just now.",
    ),
    Row {
        action: "Kubernetes tries again by itself. If that does not help, use an image from another \
                 registry.",
        ..temporary(
            "image-rate-limit",
            &[
                "too many requests",
                "toomanyrequests",
                "rate limit",
                "status: 429",
                "status code 429",
            ],
            "The image {image} cannot be pulled yet: the registry's rate limit is exceeded.",
        )
    },
    temporary(
        "image-registry-error",
        &[
            "internal server error",
            "bad gateway",
            "service unavailable",
            "gateway timeout",
            "registry is unavailable",
            "status: 5",
            "status code 5",
        ],
        "The image {image} cannot be pulled yet: the registry has a fault of its own.",
    ),
    Row {
        source: Source::OwnImage,
        ..permanent(
            "image-own-access",
            DENIED,
            "The image {image} was built by this platform, but the registry rejects the platform's \
             login.",
            "Tell the administrator: the platform's registry token is wrong or has expired. The \
             image itself needs no change.",
        )
    },
    permanent(
        "image-access",
        DENIED,
        "The image {image} cannot be pulled: the registry denies access. The image is private, or \
         its name is wrong.",
        "Check the name. A public image, or one that was built here, can be pulled.",
    ),
    Row {
        action: "Check the host in its name. If it is right, tell the administrator: the cluster's \
                 machines do not find it.",
        ..temporary(
            "image-registry-name",
            &["no such host", "server misbehaving", "name resolution"],
            "The image {image} cannot be pulled: the registry cannot be reached from the cluster, \
             because its host name is not found.",
        )
    },
    Row {
        action: "Check the host in its name, or tell the administrator: the cluster's machines do \
                 not trust this registry.",
        ..temporary(
            "image-registry-certificate",
            &["x509", "http response to https client", "tls: "],
            "The image {image} cannot be pulled: no trusted HTTPS connection to the registry is \
             possible.",
        )
    },
    Row {
        action: "Kubernetes tries again by itself. If that does not help, check the host in its \
                 name, or tell the administrator.",
        ..temporary(
            "image-registry-unreachable",
            &[
                "timeout",
                "timed out",
                "deadline exceeded",
                "connection refused",
                "connection reset",
                "dial tcp",
                "no route to host",
                "network is unreachable",
                "broken pipe",
                " eof",
                "proxyconnect",
            ],
            "The image {image} cannot be pulled yet: the registry cannot be reached from the cluster.",
        )
    },
    permanent(
        "image-not-found",
        &["manifest unknown", "name unknown", "not found", "does not exist", "no such image"],
        "The image {image} cannot be pulled: the registry has no such image or tag.",
        "Check both.",
    ),
    temporary("image-pull", &[], "The image {image} cannot be pulled yet."),
    Row {
        reasons: &["ErrImageNeverPull"],
        ..permanent(
            "image-never-pull",
            &[],
            "The image {image} is not on the machine, and may not be pulled.",
            "Tell the administrator: something in the cluster has changed the pull policy.",
        )
    },
    Row {
        reasons: &["InvalidImageName"],
        code: ErrorCode::ImageName,
        ..permanent("image-name", &[], "'{image}' is not a valid image name.", "Check it.")
    },
    Row {
        reasons: &["ImageInspectError", "ErrImageInspect"],
        code: ErrorCode::NodeError,
        action: "Kubernetes tries again by itself. If that does not help, tell the administrator.",
        ..temporary(
            "image-inspect",
            &[],
            "The machine cannot read the image {image} that it has pulled.",
        )
    },
];
