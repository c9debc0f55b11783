//! The fields of requests that save a service.

use crate::{
    builds::NewSource,
    fields::Fields,
    pushes::{MAX_WATCH_PATHS, WatchPath},
    request,
};
use serde_json::json;

request! {
    /// Whether pushes build a service, and which.
    pub struct NewAutomation {
        /// Whether pushes to the branch build the service. It needs a branch of a repository on which the platform's
        /// GitHub App is installed. You become responsible: pushes build as long as you may read the repository and
        /// are a developer or the owner of the project, and until 90 days after your last sign-in. To send `true` again
        /// confirms it for 90 days.
        build_on_push: bool = false;
        /// Globs of the files that concern the service, from the repository's root, at most 20. `*` and `?` match within
        /// a name, `**` any number of directories. Without any, it is the files in `context`, and the Dockerfile.
        watch_paths: Vec<WatchPath> = json!([]);
    }
}

/// What is to be saved of a service.
pub struct NewService {
    pub source: NewSource,
    pub automation: NewAutomation,
}

impl NewService {
    /// Takes the fields. Each invalid one is an error.
    pub fn read(fields: &mut Fields) -> Self {
        let source = NewSource::read(fields);
        let automation = NewAutomation::read(fields);
        if automation.watch_paths.as_ref().is_some_and(|paths| paths.len() > MAX_WATCH_PATHS) {
            fields.add_error("watch_paths", format!("must be at most {MAX_WATCH_PATHS} paths"));
        }
        Self { source, automation }
    }
}

/// A change of what is saved of a service.
#[cfg(feature = "schema")]
pub struct SourceChange;

#[cfg(feature = "schema")]
mod schema {
    use super::{NewAutomation, NewService, NewSource, SourceChange};
    use crate::schema::{FieldDescription, FieldSchema, Schemas, object};
    use std::borrow::Cow;
    use utoipa::{PartialSchema, ToSchema};

    fn fields() -> impl Iterator<Item = FieldDescription> {
        NewSource::descriptions().into_iter().chain(NewAutomation::descriptions())
    }

    impl PartialSchema for NewService {
        fn schema() -> FieldSchema {
            object(&["What a service is built from, how, and when."], fields().collect())
        }
    }

    impl ToSchema for NewService {
        fn name() -> Cow<'static, str> {
            "NewSource".into()
        }

        fn schemas(schemas: &mut Schemas) {
            NewSource::schemas(schemas);
            NewAutomation::schemas(schemas);
        }
    }

    impl PartialSchema for SourceChange {
        fn schema() -> FieldSchema {
            let fields = fields().map(|field| FieldDescription {
                is_required: false,
                default: None,
                ..field
            });
            let docs = [
                "A change of what a service is built from. What is not sent stays as it is; `null` stands for the \
                 default. The fields about the Dockerfile are one choice: if one of them is sent, the others are \
                 dropped. While pushes build the service, you become responsible for it.",
            ];
            object(&docs, fields.collect())
        }
    }

    impl ToSchema for SourceChange {
        fn name() -> Cow<'static, str> {
            "SourceChange".into()
        }

        fn schemas(schemas: &mut Schemas) {
            NewService::schemas(schemas);
        }
    }
}
