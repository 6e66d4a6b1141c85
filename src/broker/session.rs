//! One client of the job socket, seen from the driver.

use super::frame::{read_chunk, read_message, write_chunks, write_end, write_message};
use super::{Down, Error, Executor, FileHead, FileState, Limits, Request, Signals, Up, serve};
use crate::commands::{Bundle, Console, ContextTar, FileContent, Records};
use crate::model::{Event, Outcome, OutcomeKind};
use crate::ports::{Cancel, CancelHandle, Reporter};
use std::convert::Infallible;
use std::io::SeekFrom;
use tokio::io::{AsyncRead, AsyncSeekExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Bytes of one file that is kept in memory: compose files, settings, Dockerfiles. The largest
/// real compose file we know of has 1 MB.
const FILE_LIMIT: u64 = 16 << 20;
/// Bytes of all of them: a job must not take the memory of its host, whose driver is outside
/// of the job's own limits.
const FILES_LIMIT: u64 = 64 << 20;
/// Files of one request; a release names about five, each `env_file` is one more.
const FILE_COUNT: usize = 256;

/// Talks with one client to its end.
pub(super) async fn attend(
    stream: UnixStream,
    limits: &Limits,
    executor: &impl Executor,
    signals: &Signals,
    turn: &Mutex<()>,
) {
    match serve::is_the_jobs(&stream, limits) {
        Ok(true) => {}
        Ok(false) => return tracing::warn!("a process of another user came to the job socket"),
        Err(error) => return tracing::warn!(%error, "a client could not be identified"),
    }
    let (mut from, mut to) = stream.into_split();
    let served = async {
        let _turn = wait_for_turn(&mut to, turn).await?;
        let request = tokio::select! {
            biased;
            () = asked_to_stop(signals) => return refuse_cancelled(&mut to).await,
            received = receive(&mut from, limits) => received,
        };
        match request {
            Ok((request, bundle)) => {
                let stop = Stop::new();
                carry_out(request, bundle, executor, signals, &stop, (&mut from, &mut to)).await
            }
            Err(error) => refuse(&mut to, &error).await,
        }
    };
    if let Err(error) = served.await {
        tracing::debug!(%error, "a client of the job socket left early");
    }
}

async fn wait_for_turn<'a>(
    to: &mut (impl AsyncWrite + Unpin),
    turn: &'a Mutex<()>,
) -> Result<tokio::sync::MutexGuard<'a, ()>, Error> {
    if let Ok(guard) = turn.try_lock() {
        return Ok(guard);
    }
    let event = Event::line("waiting for another command of this job to end");
    write_message(to, &Down::Event { event }).await?;
    Ok(turn.lock().await)
}

async fn asked_to_stop(signals: &Signals) {
    tokio::select! {
        () = signals.cancel.reached(1) => {}
        () = signals.closing.reached(1) => {}
    }
}

/// Reads the request with its streams.
async fn receive(
    from: &mut (impl AsyncRead + Unpin),
    limits: &Limits,
) -> Result<(Request, Bundle), Error> {
    let request = match spoken(limits, read_message(from)).await? {
        Up::Request(request) => *request,
        Up::Cancel => {
            return Err(Error::Broken { what: "a cancel where a request belongs".to_owned() });
        }
    };
    if request.files.len() > FILE_COUNT {
        return Err(Error::Broken { what: format!("more than {FILE_COUNT} files") });
    }
    let mut bundle = Bundle::of(request.directory.clone());
    let mut left = FILES_LIMIT.min(limits.max_request_bytes);
    for head in &request.files {
        let content = receive_file(from, head, left, limits).await?;
        if let FileContent::Present(bytes) = &content {
            left = left.saturating_sub(bytes.len() as u64);
        }
        bundle.insert(head.name.clone(), content);
    }
    match request.context.as_ref().map(|head| head.problem.clone()) {
        Some(None) => {
            bundle.set_context(ContextTar::Packed(receive_context(from, limits).await?));
        }
        Some(Some(problem)) => bundle.set_context(ContextTar::Unreadable(problem)),
        None => {}
    }
    Ok((request, bundle))
}

/// One frame, unless the client stops speaking in the middle of its request.
async fn spoken<T>(
    limits: &Limits,
    frame: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let silent = |_| Error::Silent { seconds: limits.silence.as_secs() };
    tokio::time::timeout(limits.silence, frame).await.map_err(silent)?
}

async fn receive_file(
    from: &mut (impl AsyncRead + Unpin),
    head: &FileHead,
    left: u64,
    limits: &Limits,
) -> Result<FileContent, Error> {
    match &head.state {
        FileState::Present => {}
        FileState::Absent => return Ok(FileContent::Absent),
        FileState::Unreadable(problem) => return Ok(FileContent::Unreadable(problem.clone())),
    }
    let mut content = Vec::new();
    while let Some(chunk) = spoken(limits, read_chunk(from)).await? {
        content.extend_from_slice(&chunk);
        let length = content.len() as u64;
        if length > FILE_LIMIT.min(left) {
            let what = match length > FILE_LIMIT {
                true => format!("file {}", head.name),
                false => format!("file {}, after what the files before it left,", head.name),
            };
            return Err(Error::TooLarge { what, limit: FILE_LIMIT.min(left) });
        }
    }
    Ok(FileContent::Present(content))
}

async fn receive_context(
    from: &mut (impl AsyncRead + Unpin),
    limits: &Limits,
) -> Result<std::fs::File, Error> {
    let limit = limits.max_request_bytes;
    let file = tempfile::tempfile_in(&limits.spool).map_err(Error::Spool)?;
    let mut file = tokio::fs::File::from_std(file);
    let mut length = 0;
    while let Some(chunk) = spoken(limits, read_chunk(from)).await? {
        length += chunk.len() as u64;
        if length > limit {
            return Err(Error::TooLarge { what: "the build context".to_owned(), limit });
        }
        file.write_all(&chunk).await.map_err(Error::Spool)?;
    }
    file.flush().await.map_err(Error::Spool)?;
    file.seek(SeekFrom::Start(0)).await.map_err(Error::Spool)?;
    Ok(file.into_std().await)
}

/// Being asked to stop, from the client and from the driver at once: GitLab's one SIGTERM
/// reaches both, and must not count as insisting.
struct Stop {
    handle: CancelHandle,
    cancel: Cancel,
}

impl Stop {
    fn new() -> Self {
        let (handle, cancel) = CancelHandle::new();
        Self { handle, cancel }
    }

    fn at_least(&self, times: u8) {
        while self.cancel.count() < times {
            self.handle.raise();
        }
    }
}

enum Outgoing {
    Event(Event),
    Record { name: String, bytes: Vec<u8> },
}

/// What the command says, on its way to the client.
struct Voice(UnboundedSender<Outgoing>);

impl Voice {
    fn say(&self, outgoing: Outgoing) {
        // The receiver lives as long as the command: nothing is lost here.
        drop(self.0.send(outgoing));
    }
}

impl Reporter for Voice {
    fn emit(&self, event: Event) {
        self.say(Outgoing::Event(event));
    }
}

impl Records for Voice {
    fn record(&self, name: &str, bytes: Vec<u8>) {
        self.say(Outgoing::Record { name: name.to_owned(), bytes });
    }
}

async fn carry_out<R, W>(
    request: Request,
    bundle: Bundle,
    executor: &impl Executor,
    signals: &Signals,
    stop: &Stop,
    (from, to): (&mut R, &mut W),
) -> Result<(), Error>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let (sender, queue) = unbounded_channel();
    let work = async move {
        let voice = Voice(sender);
        let console = Console { reporter: &voice, records: &voice, cancel: &stop.cancel };
        let outcome = executor.execute(request, bundle, console).await;
        voice.emit(Event::Outcome { outcome: Box::new(outcome.clone()) });
        outcome
    };
    let both = async { tokio::join!(work, deliver(queue, to, executor, stop)) };
    let (outcome, delivered) = tokio::select! {
        biased;
        never = listen(from, stop) => match never {},
        never = relay(signals, stop) => match never {},
        done = both => done,
    };
    delivered?;
    write_message(to, &Down::Done { exit_code: exit_code(&outcome) }).await
}

/// The client's wishes: to stop, or its end, which is the same.
async fn listen(from: &mut (impl AsyncRead + Unpin), stop: &Stop) -> Infallible {
    let mut asked = 0_u8;
    while let Ok(Up::Cancel) = read_message(from).await {
        asked = asked.saturating_add(1);
        stop.at_least(asked);
    }
    stop.at_least(1);
    std::future::pending().await
}

/// The driver's wishes: a cancelled job, or a script that has ended without its command.
async fn relay(signals: &Signals, stop: &Stop) -> Infallible {
    asked_to_stop(signals).await;
    stop.at_least(1);
    signals.cancel.reached(2).await;
    stop.at_least(2);
    std::future::pending().await
}

/// Sends what the command says, to its end. Once the client is gone the command is asked to
/// stop, and what it still says goes to the driver's own log.
async fn deliver(
    mut queue: UnboundedReceiver<Outgoing>,
    to: &mut (impl AsyncWrite + Unpin),
    executor: &impl Executor,
    stop: &Stop,
) -> Result<(), Error> {
    let mut state = Ok(());
    while let Some(outgoing) = queue.recv().await {
        if state.is_ok() {
            state = send(to, &outgoing).await;
        }
        if state.is_err() {
            stop.at_least(1);
            if let Outgoing::Event(event) = outgoing {
                executor.stray(event);
            }
        }
    }
    state
}

async fn send(to: &mut (impl AsyncWrite + Unpin), outgoing: &Outgoing) -> Result<(), Error> {
    match outgoing {
        Outgoing::Event(event) => write_message(to, &Down::Event { event: event.clone() }).await,
        Outgoing::Record { name, bytes } => {
            write_message(to, &Down::Record { name: name.clone() }).await?;
            write_chunks(to, bytes).await?;
            write_end(to).await
        }
    }
}

async fn refuse_cancelled(to: &mut (impl AsyncWrite + Unpin)) -> Result<(), Error> {
    let outcome = Outcome { exit_code: 34, ..Outcome::new(OutcomeKind::Cancelled) };
    finish(to, outcome.because("the job is being cancelled; nothing was begun")).await
}

/// A request that could not be read is answered, so that the client can say why.
async fn refuse(to: &mut (impl AsyncWrite + Unpin), error: &Error) -> Result<(), Error> {
    finish(to, error.outcome()).await
}

async fn finish(to: &mut (impl AsyncWrite + Unpin), outcome: Outcome) -> Result<(), Error> {
    let exit_code = exit_code(&outcome);
    write_message(to, &Down::Event { event: Event::Outcome { outcome: Box::new(outcome) } })
        .await?;
    write_message(to, &Down::Done { exit_code }).await
}

/// Exit codes are one byte; anything else would be our bug.
fn exit_code(outcome: &Outcome) -> u8 {
    u8::try_from(outcome.exit_code).unwrap_or(70)
}
