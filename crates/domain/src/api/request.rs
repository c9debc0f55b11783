//! `request!`: a request body as one struct, which reads its fields and describes itself.

/// Defines the struct of a request body with
///
/// - `read`, which takes the fields and adds an error for each that is invalid, and
/// - its OpenAPI schema, with the comments as descriptions (feature `schema`).
///
/// Each field is an `Option` of its type, which is a [`FieldValue`](crate::fields::FieldValue). A field that
/// is `required` or has a default is `None` only if it has an error. One that is `completed` is required too, but the
/// platform may have added it, so clients may leave it out. With `empty_is_absent`, an empty string counts as absent.
/// `#[schema(…)]` describes what the type alone does not check.
///
/// ```text
/// request! {
///     /// A request to build an image.
///     pub struct NewBuild {
///         project_id: ProjectId, required;
///         /// A branch, a tag or a commit.
///         branch: GitRef = "main";
///         #[schema(max_length = MAX_TEXT_BYTES)]
///         dockerfile_content: String;
///     }
/// }
/// ```
macro_rules! request {
    (
        $(#[doc = $doc:literal])*
        pub struct $name:ident {
            $(
                $(#[doc = $field_doc:literal])*
                $(#[schema($($key:ident = $described:expr),*)])?
                $field:ident: $type:ty $(, $mode:ident)? $(= $default:expr)?;
            )*
        }
    ) => {
        $(#[doc = $doc])*
        pub struct $name {
            $($(#[doc = $field_doc])* pub $field: Option<$type>,)*
        }

        impl $name {
            /// The names of the fields.
            #[allow(dead_code)] // Only a few requests are also in nokube.toml.
            pub const FIELDS: &'static [&'static str] = &[$(stringify!($field)),*];

            /// Takes the fields. Each invalid one is an error.
            pub fn read(fields: &mut $crate::fields::Fields) -> Self {
                Self { $($field: request!(@read fields $field $($mode)? $(= $default)?),)* }
            }
        }

        #[cfg(feature = "schema")]
        impl $name {
            /// What is known about each field.
            pub fn descriptions() -> Vec<$crate::schema::FieldDescription> {
                vec![$(
                    $crate::schema::FieldDescription {
                        name: stringify!($field),
                        docs: &[$($field_doc),*],
                        schema: Some(<$type as $crate::fields::FieldValue>::schema),
                        $($($key: Some($described.into()),)*)?
                        ..request!(@describe $($mode)? $(= $default)?)
                    },
                )*]
            }
        }

        #[cfg(feature = "schema")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> $crate::schema::FieldSchema {
                $crate::schema::object(&[$($doc),*], Self::descriptions())
            }
        }

        #[cfg(feature = "schema")]
        impl utoipa::ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn schemas(schemas: &mut $crate::schema::Schemas) {
                $(<$type as $crate::fields::FieldValue>::schema(schemas);)*
            }
        }
    };

    (@read $fields:ident $field:ident) => { $fields.read(stringify!($field)) };
    (@read $fields:ident $field:ident required) => { $fields.read_required(stringify!($field)) };
    (@read $fields:ident $field:ident completed) => {
        $fields.read_required(stringify!($field))
    };
    (@read $fields:ident $field:ident empty_is_absent) => {
        $fields.read_nonempty(stringify!($field))
    };
    (@read $fields:ident $field:ident = $default:expr) => {
        $fields.read_or(stringify!($field), $default.into())
    };

    (@describe required) => {
        $crate::schema::FieldDescription { is_required: true, ..Default::default() }
    };
    (@describe = $default:expr) => {
        $crate::schema::FieldDescription { default: Some($default.into()), ..Default::default() }
    };
    (@describe $($optional:ident)?) => { $crate::schema::FieldDescription::default() };
}

pub(crate) use request;
