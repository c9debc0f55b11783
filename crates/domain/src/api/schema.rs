//! OpenAPI schemas: of the validated string types, and of requests.

use crate::{
    BuildId, DeploymentId, ProblemKind, ProjectId,
    deployments::{Bytes, Cpu, Host, ImageRef, UrlPath},
    image::{Digest, ImageTag},
    name::{Login, ProjectName, ServiceName, Username},
    repository::{CommitSha, Repository},
};
use serde_json::Value;
use std::{borrow::Cow, ops::RangeInclusive};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ArrayBuilder, Object, ObjectBuilder, OneOfBuilder, Ref, RefOr, Schema, SchemaFormat, Type,
        schema::{AdditionalProperties, SchemaType},
    },
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

        /// Each type's schema, its example, and whether the type accepts a string.
        pub const STRING_TYPES: &[(fn() -> RefOr<Schema>, &str, fn(&str) -> bool)] =
            &[$(($name::schema, $example, |text| text.parse::<$name>().is_ok()),)*];
    };
}

string_types! {
    BuildId "^[0-9a-v]{26}$" 26 "A build's id." "00000080000037psdcmuh8ad0s";
    DeploymentId "^[0-9a-v]{26}$" 26 "A deployment's id." "0000008000002av7o16p2nt86o";
    Login "^[a-z0-9_-]+$" 39
        "A person's login at GitHub or at another issuer, in lower case." "testuser";
    Username "^[a-z0-9](-{0,3}[a-z0-9])*$" 63
        "A person's name on this platform: the GitHub login of the first sign-in, in lower case. Underscores \
         become two hyphens."
        "testuser";
    ProjectName "^[a-z0-9](-?[a-z0-9])*$" 40
        "Lower-case letters, digits and single hyphens inside." "myapp";
    ServiceName "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$" 40
        "A DNS label: lower-case letters, digits, and hyphens inside." "frontend";
    ImageTag "^[a-zA-Z0-9_][a-zA-Z0-9._-]*$" 128
        "An image's tag. Those that begin with `build-` are the platform's own, and so are `pr-` and a number, for \
         pull requests." "latest";
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

/// Schemas by name.
pub type Schemas = Vec<(String, RefOr<Schema>)>;

/// A schema, or a reference to one.
pub type FieldSchema = RefOr<Schema>;

/// A reference to the schema of `T`, which is added to `schemas`.
pub fn reference<T: ToSchema>(schemas: &mut Schemas) -> FieldSchema {
    schemas.push((T::name().into_owned(), T::schema()));
    T::schemas(schemas);
    Ref::from_schema_name(T::name()).into()
}

pub fn string(_: &mut Schemas) -> FieldSchema {
    Object::with_type(Type::String).into()
}

/// A list of at most `max` strings.
pub fn string_list(max: usize) -> FieldSchema {
    ArrayBuilder::new().items(Object::with_type(Type::String)).max_items(Some(max)).into()
}

pub fn nullable_string() -> FieldSchema {
    let kinds = SchemaType::Array(vec![Type::String, Type::Null]);
    ObjectBuilder::new().schema_type(kinds).into()
}

/// A string that has as many characters as `length` says.
pub fn text(length: RangeInclusive<usize>) -> impl Fn(&mut Schemas) -> FieldSchema {
    let (min, max) = length.into_inner();
    let min = Some(min).filter(|min| *min > 0);
    let text = ObjectBuilder::new().schema_type(Type::String).min_length(min).max_length(Some(max));
    let text = text.build();
    move |_| text.clone().into()
}

pub fn string_of_format(format: &str) -> FieldSchema {
    let format = SchemaFormat::Custom(format.into());
    ObjectBuilder::new().schema_type(Type::String).format(Some(format)).into()
}

pub fn integer(min: u32, max: Option<u32>) -> FieldSchema {
    ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(min)).maximum(max).into()
}

pub fn boolean() -> FieldSchema {
    Object::with_type(Type::Boolean).into()
}

pub fn string_map(values: FieldSchema) -> FieldSchema {
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .additional_properties(Some(values))
        .property_names(Some(Object::with_type(Type::String)))
        .into()
}

/// What `request!` knows about a field.
#[derive(Default)]
pub struct FieldDescription {
    pub name: &'static str,
    /// The lines of its comment.
    pub docs: &'static [&'static str],
    /// That of its type; a string if there is none.
    pub schema: Option<fn(&mut Schemas) -> FieldSchema>,
    pub is_required: bool,
    pub default: Option<Value>,
    pub format: Option<String>,
    pub pattern: Option<String>,
    pub min_length: Option<usize>,
    pub max_length: Option<usize>,
    pub min_items: Option<usize>,
}

/// The schema of a request.
pub fn object(docs: &[&str], fields: Vec<FieldDescription>) -> FieldSchema {
    let mut object = ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(description(docs))
        .additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(false)));
    for field in fields {
        if field.is_required {
            object = object.required(field.name);
        }
        object = object.property(field.name, property(field));
    }
    object.into()
}

/// The text of a comment, of which `lines` have their leading spaces.
fn description(lines: &[&str]) -> Option<String> {
    let lines: Vec<_> = lines.iter().map(|line| line.trim()).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// The schema of a field. One that is not required may be `null`.
fn property(field: FieldDescription) -> FieldSchema {
    let description = description(field.docs);
    let mut schema = field.schema.unwrap_or(string)(&mut Vec::new());
    match &mut schema {
        RefOr::Ref(reference) => {
            reference.description = description.unwrap_or_default();
            if !field.is_required {
                let null = Object::with_type(Type::Null);
                let either = OneOfBuilder::new().item(schema).item(null).default(field.default);
                return either.into();
            }
        }
        RefOr::T(Schema::Object(object)) => {
            object.description = description;
            object.default = field.default;
            object.format = field.format.map(SchemaFormat::Custom).or(object.format.take());
            object.pattern = field.pattern;
            object.min_length = field.min_length.or(object.min_length);
            object.max_length = field.max_length.or(object.max_length);
            if !field.is_required
                && let SchemaType::Type(kind) = &object.schema_type
            {
                object.schema_type = SchemaType::Array(vec![kind.clone(), Type::Null]);
            }
        }
        RefOr::T(Schema::Array(array)) => {
            array.description = description;
            array.min_items = field.min_items;
            array.default = field.default;
            if !field.is_required
                && let SchemaType::Type(kind) = &array.schema_type
            {
                array.schema_type = SchemaType::Array(vec![kind.clone(), Type::Null]);
            }
        }
        RefOr::T(_) => {}
    }
    schema
}
