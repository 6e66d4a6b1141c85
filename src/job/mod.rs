//! Who asks: the typed context of a job, from the text of the Runner's JOB_RESPONSE_FILE and
//! nothing else. `CUSTOM_ENV_*` and the script's environment can be forged by the job and never
//! come in here. Reads no file, no environment, no clock; errors never quote a value.

mod context;
mod error;
mod key;
mod response;
mod services;
mod stage;
mod variables;

pub use context::{Instance, JobContext, Project, Protection, RefKind, RegistryCredential};
pub use error::Error;
pub use key::JobKey;
pub use services::ServiceImage;
pub use stage::{StageKind, StageName};
pub use variables::{Variable, Variables};
