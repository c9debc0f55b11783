//! What the product, this simulation and the builder repository's workflow have agreed on.
//!
//! `tests/builder_workflow.rs` holds the real workflow file against these values.

/// The `name:` of the workflow.
pub const WORKFLOW_NAME: &str = "NoKube build";

/// The inputs of the workflow and whether they are required.
pub const INPUTS: [(&str, bool); 10] = [
    ("build_id", true),
    ("repository", true),
    ("ref", true),
    ("context", false),
    ("dockerfile_path", false),
    ("dockerfile_content", false),
    ("build_args", false),
    ("image", true),
    ("tag", true),
    ("private", false),
];

/// The steps of the job as GitHub lists them; the first and the last are GitHub's own.
pub const STEPS: [&str; 15] = [
    "Set up job",
    "Check the request",
    PRIVATE_STEP,
    "Check out the source",
    "Prepare the build",
    RESTORE_STEP,
    "Set up the builder",
    "Set up Buildpacks",
    DOCKERFILE_STEP,
    BUILDPACKS_STEP,
    REPLACE_STEP,
    SAVE_STEP,
    "Log in to the registry",
    PUSH_STEP,
    "Complete job",
];

/// Skipped for a public source.
pub const PRIVATE_STEP: &str = "Get a token for the private source";
/// These three are skipped without any Dockerfile.
pub const RESTORE_STEP: &str = "Restore the cache";
pub const REPLACE_STEP: &str = "Replace the cache";
pub const SAVE_STEP: &str = "Save the cache";
/// Skipped without any Dockerfile.
pub const DOCKERFILE_STEP: &str = "Build the image";
/// Skipped with a Dockerfile.
pub const BUILDPACKS_STEP: &str = "Build the image from source";
pub const PUSH_STEP: &str = "Push the image";

/// `run-name:` of the workflow, seen as `display_title`.
#[must_use]
pub fn run_name(build_id: &str) -> String {
    format!("NoKube build {build_id}")
}

#[must_use]
pub fn job_name(build_id: &str) -> String {
    format!("build {build_id}")
}

/// The tag that no other build ever pushes.
#[must_use]
pub fn unique_tag(build_id: &str) -> String {
    format!("build-{build_id}")
}

/// What every key of an image's build cache begins with.
#[must_use]
pub fn cache_prefix(image: &str) -> String {
    format!("nokube-{}-", super::ids::sha256(image))
}

/// The builder repository and its one workflow.
#[derive(Debug, Clone)]
pub struct BuilderWorkflow {
    /// `owner/name`
    pub repository: String,
    /// The file's name below `.github/workflows/`.
    pub file: String,
    pub id: u64,
}

impl BuilderWorkflow {
    #[must_use]
    pub fn new(repository: &str, file: &str) -> Self {
        let id = super::ids::number(90_000_000, &format!("{repository}/{file}"));
        Self { repository: repository.to_owned(), file: file.to_owned(), id }
    }

    #[must_use]
    pub fn path(&self) -> String {
        format!(".github/workflows/{}", self.file)
    }

    /// GitHub takes the number and the file's name.
    #[must_use]
    pub fn is_called(&self, id_or_file: &str) -> bool {
        id_or_file == self.file || id_or_file.parse() == Ok(self.id)
    }
}
