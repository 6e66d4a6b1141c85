//! The cleanup stage: whatever belongs to the job goes. Never prepared, already cleaned, half
//! gone, without job_env, without a response file: each is fine, and does what it can. Tries
//! everything before it tells what is left; its standard error is the Runner's log, unmasked.

use super::place::Place;
use super::say::Listener;
use super::surroundings::Surroundings;
use super::{Error, place, say, socket};
use crate::commands::{self, JobSeat, SecondChance, Silent, TasksLeft};
use crate::host::{files, processes};
use crate::job::JobKey;
use crate::model::Event;
use crate::ports::Reporter as _;
use crate::sandbox::{JOB_MARK, JobDirectories};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// For killed processes to disappear; the whole stage has ten seconds.
const PATIENCE: Duration = Duration::from_secs(3);

pub(super) fn cleanup(around: &Surroundings, host_config: Option<&Path>) -> Result<(), Error> {
    let Some(key) = key(around) else { return Ok(()) };
    let mut left = Vec::new();
    let directories = directories(around, host_config, &key);
    let alive = processes::end_marked(&format!("{JOB_MARK}={key}"), &directories, PATIENCE);
    if alive > 0 {
        left.push(format!("{alive} processes"));
    }
    second_chance(around, host_config);
    for path in directories {
        if let Err(cause) = files::remove_tree(&path) {
            left.push(format!("{} ({})", path.display(), cause.kind()));
        }
    }
    if left.is_empty() { Ok(()) } else { Err(Error::Left { left }) }
}

/// A release that was under way when its run stage was killed is taken back, or begun to be, and
/// tasks are brought to their number, with the job's own rights. The job's result does not change
/// by it any more.
fn second_chance(around: &Surroundings, host_config: Option<&Path>) {
    let Ok(place) = Place::open(around, host_config) else { return };
    let state = place.directories.state();
    let services = commands::was_under_way(&state);
    let tasks = commands::tasks_were_under_way(&state);
    if !services && !tasks {
        return;
    }
    let Ok(voice) = say::voice(Listener::RunnerLog, place.job.masked_values()) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let Ok(runtime) = runtime else { return };
    let seat =
        JobSeat { job: &place.job, host: &place.settings, state_dir: &state, ends: place.ends };
    if services {
        voice.emit(Event::line(
            "the run stage was killed while it changed services: looking what it left",
        ));
        let ended = runtime.block_on(commands::take_back(&seat, &Silent));
        ended.into_iter().for_each(|ended| voice.emit(Event::line(words(ended))));
    }
    if tasks {
        voice.emit(Event::line("the run stage was killed while it ran tasks: looking for them"));
        let left = runtime.block_on(commands::look_after_tasks(&seat, &Silent));
        left.into_iter().for_each(|left| voice.emit(Event::line(of_tasks(&left))));
    }
    runtime.shutdown_background();
}

fn of_tasks(left: &TasksLeft) -> String {
    match left {
        TasksLeft::Brought(0) => "each of them is told to stop".to_owned(),
        TasksLeft::Brought(1) => "1 of them runs, or is told to start".to_owned(),
        TasksLeft::Brought(count) => format!("{count} of them run, or are told to start"),
        TasksLeft::GoOn(ids) => {
            format!("task {} goes on in AWS, and nobody waits for its end", ids.join(", "))
        }
        TasksLeft::NoneRuns => "none that it started runs".to_owned(),
        TasksLeft::NoKeys => "they could not be looked at: its AWS keys were set by the script \
                              and are kept nowhere; `ecs-cli compose ps` shows them"
            .to_owned(),
        TasksLeft::Failed => "not all of them could be looked at or told: `ecs-cli compose ps` \
                              shows them"
            .to_owned(),
    }
}

fn words(ended: SecondChance) -> String {
    match ended {
        SecondChance::Left => {
            "it was left as it is (on_cancel: leave); its lease ends in five minutes".to_owned()
        }
        SecondChance::TakenBack => "it was taken back".to_owned(),
        SecondChance::Begun => {
            "it is being taken back; the next release or `gc --releases` ends it".to_owned()
        }
        SecondChance::Finished => "it was brought to its end".to_owned(),
        SecondChance::GoesOn => {
            "it goes on in AWS: `ecs-canary status` shows how far it is".to_owned()
        }
        SecondChance::NoKeys => {
            "it could not be taken back: its AWS keys were set by the script and \
                                 are kept nowhere; the next release or `gc --releases` does it"
                .to_owned()
        }
        SecondChance::Failed(why) => format!(
            "it could not be taken back ({why:?}): the next release or `gc --releases` does it"
        ),
    }
}

/// The response file's job, else the one that our config stage noted; none when config never
/// answered, and then there is nothing.
fn key(around: &Surroundings) -> Option<JobKey> {
    place::job(around).ok().map(|job| job.key()).or_else(|| around.key.clone())
}

/// Where something of the job may be. The host's config may have changed, or broken, since the
/// config stage.
fn directories(around: &Surroundings, host_config: Option<&Path>, key: &JobKey) -> Vec<PathBuf> {
    let noted = around.directory.clone().filter(|_| around.key.as_ref() == Some(key));
    let settings = place::settings(around, host_config).ok();
    let set = settings.map(|settings| JobDirectories::new(&settings.job.builds_dir, key));
    let mut all: Vec<PathBuf> = Vec::new();
    for directories in noted.into_iter().chain(set) {
        for path in [directories.root().to_owned(), socket::directory(&directories)] {
            if !all.iter().any(|known| path.starts_with(known)) {
                all.push(path);
            }
        }
    }
    all
}
