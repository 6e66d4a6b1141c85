//! `aws sts get-caller-identity`.

use clap::Args;
use serde::{Deserialize, Serialize};

/// Arguments of `aws sts get-caller-identity`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct IdentityArgs {
    /// json or text
    #[arg(long, value_name = "FORM")]
    pub output: Option<String>,
    /// One field: Account, Arn or UserId
    #[arg(long, value_name = "FIELD")]
    pub query: Option<String>,
    /// The AWS region
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
}
