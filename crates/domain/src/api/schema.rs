//! OpenAPI schemas of the validated string types.

use crate::{
    BuildId, DeploymentId, ProblemKind, ProjectId,
    deployments::{Bytes, Cpu, Host, ImageRef, UrlPath},
    image::{Digest, ImageTag},
    name::{ProjectName, ServiceName, Username},
    repository::{CommitSha, Repository},
};
use std::borrow::Cow;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

fn string_schema(
    pattern: &str,
    max_length: usize,
    description: &str,
    example: &str,
) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(description))
        .pattern(Some(pattern))
        .max_length(Some(max_length))
        .examples([example])
        .into()
}

/// Implements the schema of each type: pattern, maximum length, description, example.
macro_rules! string_types {
    ($($name:ident $pattern:literal $max_length:literal $description:literal $example:literal;)*) => {
        $(
            impl PartialSchema for $name {
                fn schema() -> RefOr<Schema> {
                    string_schema($pattern, $max_length, $description, $example)
                }
            }

            impl ToSchema for $name {
                fn name() -> Cow<'static, str> {
                    stringify!($name).into()
                }
            }
        )*

        /// Each type's name, its example, and whether the type accepts a string.
        pub const STRING_TYPES: &[(&str, &str, fn(&str) -> bool)] =
            &[$((stringify!($name), $example, |text| text.parse::<$name>().is_ok()),)*];
    };
}

string_types! {
    BuildId "^[0-9a-v]{26}$" 26 "A build's id." "00000080000037psdcmuh8ad0s";
    DeploymentId "^[0-9a-v]{26}$" 26 "A deployment's id." "0000008000002av7o16p2nt86o";
    Username "^[a-z0-9](-?[a-z0-9])*$" 39
        "A person's name on this platform: the GitHub login of the first sign-in, in lower case."
        "testuser";
    ProjectName "^[a-z0-9](-?[a-z0-9])*$" 40
        "Lower-case letters, digits and single hyphens inside." "myapp";
    ServiceName "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$" 40
        "A DNS label: lower-case letters, digits, and hyphens inside." "frontend";
    ImageTag "^[a-zA-Z0-9_][a-zA-Z0-9._-]*$" 128
        "An image's tag; those that begin with `build-` are the platform's own." "latest";
    Digest "^sha256:[0-9a-f]{64}$" 71
        "Identifies the image, whatever its tag refers to later."
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    CommitSha "^([0-9a-f]{40}|[0-9a-f]{64})$" 64
        "A commit's id." "6dcb09b5b57875f334f61aebed695e2e4193db5e";
    Repository "^[A-Za-z0-9_-]+/[A-Za-z0-9._-]+$" 140 "`OWNER/NAME` at GitHub." "acme/shop";
    ImageRef "^[A-Za-z0-9._:/@-]+$" 500
        "An image, `[HOST/]PATH[:TAG][@DIGEST]`, as `docker pull` takes it."
        "ghcr.io/amzhm/testuser-myapp-frontend:latest";
    Host "^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$" 253
        "A host's name, without `https://` and port." "shop.example.org";
    UrlPath "^/[A-Za-z0-9._~/%?=&+:@-]*$" 300 "The path of a URL." "/health";
    Cpu "^[0-9]*\\.?[0-9]+(m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?$" 32
        "Processor time: `500m` is half a core, `2` two cores." "500m";
    Bytes "^[0-9]*\\.?[0-9]+(k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?$" 32
        "Memory or storage: `128Mi`, `1Gi`." "512Mi";
}

impl PartialSchema for ProjectId {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Integer)
            .description(Some("A project's number, counted from 1."))
            .minimum(Some(1))
            .maximum(Some(u32::MAX))
            .examples([1])
            .into()
    }
}

impl ToSchema for ProjectId {
    fn name() -> Cow<'static, str> {
        "ProjectId".into()
    }
}

/// The schema of a problem's `type`.
pub fn problem_types() -> RefOr<Schema> {
    let types = ProblemKind::ALL.map(|kind| format!("/problems/{}", kind.metadata().1));
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some("The kind of problem, for programs."))
        .enum_values(Some(types))
        .into()
}
