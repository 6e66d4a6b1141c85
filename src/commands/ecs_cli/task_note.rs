//! What a command notes before it starts or stops tasks, for the cleanup stage of its job and for
//! the same command again. Names and requests without commands: nothing secret.

use super::task_token::Mark;
use crate::commands::caller::RightsOf;
use crate::commands::{Caller, Console};
use crate::host::files::{self, Durability};
use crate::model::{ClusterName, Event};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// The ARNs of thousands of tasks.
const NOTE_LIMIT: u64 = 1 << 20;

/// The note: which command of the job this is, and what it does while it is under way.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Note {
    turn: u32,
    under_way: Option<TasksUnderWay>,
}

/// A command that starts or stops tasks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct TasksUnderWay {
    pub(super) act: TaskAct,
    pub(super) cluster: ClusterName,
    pub(super) name: String,
    pub(super) region: Option<String>,
    pub(super) rights: RightsOf,
    pub(super) turn: u32,
    /// Of the process, to tell a killed command from one that goes on beside this one.
    process: u32,
}

/// What it does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum TaskAct {
    /// So many are to run.
    Bring(Number),
    /// One runs on its own to its end.
    Run,
}

/// How many tasks are to run, and which ones make place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Number {
    pub(super) count: usize,
    /// ARNs of those that are stopped.
    pub(super) replaced: Vec<String>,
    /// RunTask without `count` and `clientToken`.
    pub(super) request: Map<String, Value>,
}

/// Notes what is about to be done; the mark of the tasks that it starts.
pub(super) fn begin(
    act: TaskAct,
    (cluster, name, region): (&ClusterName, &str, Option<String>),
    caller: &Caller,
    console: Console<'_>,
) -> Mark {
    let job = caller.identity.job.filter(|_| caller.inside_job);
    let Some(job) = job else { return Mark::of_now(caller) };
    if caller.rights == RightsOf::Script {
        let text = "the script's own AWS keys are kept nowhere: after a kill, nobody looks what \
                    became of the tasks";
        console.reporter.emit(Event::line(text));
    }
    let process = std::process::id();
    let earlier = read(&caller.state_dir).unwrap_or_default();
    let turn = match &earlier.under_way {
        Some(killed) if killed.process != process => killed.turn,
        Some(_) | None => earlier.turn.saturating_add(1),
    };
    let under_way = TasksUnderWay {
        act,
        cluster: cluster.clone(),
        name: name.to_owned(),
        region,
        rights: caller.rights,
        turn,
        process,
    };
    write(caller, &Note { turn: turn.max(earlier.turn), under_way: Some(under_way) });
    Mark::of_job(job, turn)
}

/// The command came to an end of its own.
pub(super) fn end(caller: &Caller) {
    if !caller.inside_job {
        return;
    }
    if let Some(Note { turn, under_way: Some(_) }) = read(&caller.state_dir) {
        write(caller, &Note { turn, under_way: None });
    }
}

/// True when a command of this job was starting or stopping tasks when its run stage ended.
pub fn tasks_were_under_way(state_dir: &Path) -> bool {
    under_way(state_dir).is_some()
}

pub(super) fn under_way(state_dir: &Path) -> Option<TasksUnderWay> {
    read(state_dir)?.under_way
}

fn read(state_dir: &Path) -> Option<Note> {
    let text = files::read_text(&place(state_dir), NOTE_LIMIT).ok()?;
    serde_json::from_str(&text).ok()
}

/// Without a note there is no second chance, and the next command finds the tasks.
fn write(caller: &Caller, note: &Note) {
    let text = serde_json::to_vec(note).unwrap_or_default();
    drop(files::write_private(&place(&caller.state_dir), &text, Durability::Process));
}

fn place(state_dir: &Path) -> PathBuf {
    state_dir.join("tasks.json")
}
