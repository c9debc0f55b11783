//! What a handler says about its route in the OpenAPI document. The rest of the description (method, path,
//! access policy, rate limit) is in the component's table of routes; `dev/openapi` puts both together.
//!
//! Each handler has a function of the same name in a module `openapi` beside it:
//!
//! ```ignore
//! #[cfg(feature = "openapi")]
//! pub mod openapi {
//!     use nokube_contract::prelude::*;
//!
//!     pub fn read() -> Operation {
//!         Operation::new("readBuild", "Read a build")
//!             .json_response::<BuildView>(200, "The build.", examples::build())
//!     }
//! }
//! ```

pub mod examples;
mod operation;
pub mod schemas;

pub use operation::{Operation, PROBLEM, add_headers};

pub mod prelude {
    //! What descriptions use.
    pub use crate::{Operation, examples, schemas};
    pub use nokube_domain::{
        ProblemKind, ProjectId, Reason,
        builds::{
            BuildCreated, BuildRequest, BuildView, NewBuild, Status as BuildStatus, StepView,
        },
        deployments::{
            DeploymentCreated, DeploymentView, NewConfiguration, NewDeployment, NewSecrets,
            Rollback, SavedConfigurationView, SavedSecretsView,
        },
        grant::TokenRequest,
        name::{Login, Username},
        previews::{NewApproval, PreviewList, PreviewView},
        projects::{MemberRole, NewProject, ProjectChange},
        pushes::PushList,
        responses::*,
        services::{NewService, ServicePage, ServiceView, SourceChange},
        token::NewToken,
    };
    pub use serde_json::{Value, json};
    pub use utoipa::PartialSchema;
}
