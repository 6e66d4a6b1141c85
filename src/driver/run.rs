//! The run stage: one script, from its copy to the end of its last process.

use super::copying::{Copying, Streams};
use super::leftovers::{self, Manner};
use super::place::Place;
use super::say::Listener;
use super::seat::Seat;
use super::staged::{self, Staged};
use super::verdict::{Asked, StageEnd, verdict};
use super::{Error, prepare, say, watch};
use crate::broker;
use crate::host::{Signals, own_executable, user_name};
use crate::job::StageName;
use crate::model::Event;
use crate::ports::{Cancel, CancelHandle, Reporter};
use crate::sandbox::{self, Ask, ScriptEnd};
use std::convert::Infallible;
use std::path::Path;
use std::time::Duration;
use tokio::time::sleep;

/// For the Runner to take the last output of a cancelled stage.
const LAST_WORDS: Duration = Duration::from_secs(3);
/// For a command to stop after the second request to.
const AT_ONCE: Duration = Duration::from_secs(5);

/// Runs `script`.
pub(super) fn run(place: &Place, script: &Path, stage: &StageName) -> Result<StageEnd, Error> {
    let host = |what| move |cause| Error::Host { what, cause };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(host("starting the runtime"))?;
    let ended = runtime.block_on(async {
        let signals = Signals::listen().map_err(host("listening to signals"))?;
        let stage = staged::stage(place, script, stage)?;
        let voice = say::voice(Listener::JobLog, place.job.masked_values())
            .map_err(host("writing to the job's log"))?;
        let ended = carry_out(place, &stage, &signals, &voice).await;
        stage.remove();
        ended
    });
    // A write to a Runner that does not read must not keep us.
    runtime.shutdown_background();
    ended
}

async fn carry_out(
    place: &Place,
    stage: &Staged,
    signals: &Signals,
    voice: &dyn Reporter,
) -> Result<StageEnd, Error> {
    let spec = spec(place, stage)?;
    let streams =
        Streams::own().map_err(|cause| Error::Host { what: "writing to the job's log", cause })?;
    let (mut script, stdout, stderr) = sandbox::spawn(&spec)?;
    let (ask, asked) = CancelHandle::new();
    let (close, closing) = CancelHandle::new();
    let (all_gone, silence) = CancelHandle::new();
    let (copying, runner_gone) = Copying::new(silence.clone(), place.job.masked_values());
    let grace = place.settings.job.grace;

    let watching = async {
        let watched = watch::watch(&mut script, &asked, grace).await;
        close.raise();
        let manner = watched.kill_at.map_or(Manner::Ask, Manner::WaitUntil);
        let left = leftovers::end(manner, &asked).await;
        all_gone.raise();
        (watched.end, left)
    };
    let copied = until(&silence, &asked, LAST_WORDS, copying.run(streams, stdout, stderr));
    let steering = broker::Signals { cancel: asked.clone(), closing };
    let seat = Seat::new(place, voice);
    let served = serve(stage, &seat, grace, &steering);
    let all = async { tokio::join!(watching, copied, served) };
    let ((end, left), _, ()) = tokio::select! {
        never = pass_on(signals, &runner_gone, &ask) => match never {},
        done = all => done,
    };
    if left > 0 {
        let text = format!("{left} processes of this stage could not be ended");
        voice.emit(Event::warning(text));
    }
    conclude(end, &asked)
}

/// A cancelled stage is one whatever its script did, even if that could not start.
fn conclude(end: Result<ScriptEnd, sandbox::Error>, asked: &Cancel) -> Result<StageEnd, Error> {
    let asked = if asked.count() == 0 { Asked::No } else { Asked::ToStop };
    match (end, asked) {
        (Ok(end), asked) => Ok(verdict(end, asked)),
        (Err(_), Asked::ToStop) => Ok(verdict(ScriptEnd::Exited(0), Asked::ToStop)),
        (Err(error), Asked::No) => Err(error.into()),
    }
}

fn spec(place: &Place, stage: &Staged) -> Result<sandbox::Spec, Error> {
    let launcher = own_executable()
        .map_err(|cause| Error::Host { what: "finding our own executable", cause })?;
    let bash = prepare::shell()?;
    let key = place.job.key();
    let ask = Ask {
        key: &key,
        directories: &place.directories,
        launcher: &launcher,
        bash: &bash,
        script: &stage.script,
        user: &user_name(),
        socket: stage.socket.as_ref().map(|(_, path)| (broker::SOCKET_VARIABLE, path.as_path())),
    };
    Ok(sandbox::spec(place.settings.sandbox, &ask)?)
}

/// Serves the job socket until the script ended and the request in flight did too. A request
/// that is asked to stop has the same grace as a script: it says what it leaves behind.
async fn serve(stage: &Staged, seat: &Seat<'_>, grace: Duration, steering: &broker::Signals) {
    let Some((listener, _)) = &stage.socket else { return };
    let limits = seat.limits();
    let graceful = async {
        tokio::select! {
            () = steering.cancel.reached(1) => {}
            () = steering.closing.reached(1) => {}
        }
        sleep(grace).await;
    };
    let insisted = async {
        steering.cancel.reached(2).await;
        sleep(AT_ONCE).await;
    };
    tokio::select! {
        () = broker::serve(listener, &limits, seat, steering) => {}
        () = graceful => {}
        () = insisted => {}
    }
}

/// Hands each request to stop on: signals, and a Runner that is gone (then the job is lost to
/// GitLab, and what runs must not go on unseen).
async fn pass_on(signals: &Signals, runner_gone: &Cancel, ask: &CancelHandle) -> Infallible {
    let signalled = async {
        for times in 1..=u8::MAX {
            signals.cancel().reached(times).await;
            ask.raise();
        }
    };
    let gone = async {
        runner_gone.reached(1).await;
        ask.raise();
    };
    tokio::join!(signalled, gone);
    std::future::pending().await
}

/// `work`, for as long as it takes; but after `begun` and a request to stop only for `time`.
async fn until<T>(
    begun: &Cancel,
    asked: &Cancel,
    time: Duration,
    work: impl Future<Output = T>,
) -> Option<T> {
    let limit = async {
        begun.reached(1).await;
        asked.reached(1).await;
        sleep(time).await;
    };
    tokio::select! {
        done = work => Some(done),
        () = limit => None,
    }
}
