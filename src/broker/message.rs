//! What client and driver say to each other.

use crate::commands::Call;
use crate::model::Event;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// From the client.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Up {
    /// Do this. One stream for each present file follows, in order, then the build context's.
    Request(Box<Request>),
    /// Stop what you do for me; said again, it insists.
    Cancel,
}

/// One command with what it needs.
#[derive(Debug, Serialize, Deserialize)]
pub struct Request {
    /// The command with its arguments.
    pub call: Call,
    /// The script's environment: for `${...}`, settings and the job's own AWS rights. It never
    /// says who is asking.
    pub variables: BTreeMap<String, String>,
    /// The client's working directory: a label, never opened.
    pub directory: String,
    /// Files that the client read, in the order of their streams.
    pub files: Vec<FileHead>,
    /// The build context, whose tar follows last.
    pub context: Option<ContextHead>,
}

/// A build context of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContextHead {
    /// Why it could not be packed; then no stream follows.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub problem: Option<String>,
}

/// A file of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileHead {
    /// As the user named it: a label, never opened by the driver.
    pub name: String,
    /// How it stands.
    pub state: FileState,
}

/// Whether a file's content follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileState {
    /// Its stream follows.
    Present,
    /// Nothing is there.
    Absent,
    /// It could not be read, and why.
    Unreadable(String),
}

/// From the driver.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Down {
    /// Something happened.
    Event {
        /// What.
        event: Event,
    },
    /// A file for the working directory; its stream follows.
    Record {
        /// A plain file name.
        name: String,
    },
    /// The end; nothing follows.
    Done {
        /// The command's exit code.
        exit_code: u8,
    },
}
