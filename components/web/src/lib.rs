//! The web page: the files of `ui/dist`, taken into the component when it is built. The page uses the
//! public API and nothing else; this component reaches no host and no storage.

use nokube_edge::{
    BoxBody, Request, Response,
    files::{File, serve},
};

// The files by their path, made by `build.rs`.
include!(concat!(env!("OUT_DIR"), "/files.rs"));

#[spin_sdk::http_service]
async fn handle(request: Request) -> Response<BoxBody> {
    serve(FILES, request).await
}
