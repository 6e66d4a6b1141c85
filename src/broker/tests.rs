use super::*;
use crate::commands::{BuildArgs, Bundle, Call, Console, ContextTar, FileContent, Records};
use crate::model::{Event, Outcome, OutcomeKind};
use crate::ports::{Cancel, CancelHandle, Reporter};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};

/// Does what the first word of a build's context says.
#[derive(Default)]
struct Scripted {
    running: Cell<u32>,
    most_running: Cell<u32>,
    stray: RefCell<Vec<Event>>,
}

impl Executor for Scripted {
    async fn execute(&self, request: Request, bundle: Bundle, console: Console<'_>) -> Outcome {
        self.running.set(self.running.get() + 1);
        self.most_running.set(self.most_running.get().max(self.running.get()));
        let Call::Build(args) = request.call else { panic!("only builds are asked for") };
        let outcome = match args.context.as_str() {
            "wait" => {
                console.reporter.emit(Event::line("waiting"));
                console.cancel.reached(1).await;
                console.reporter.emit(Event::line("left as it was"));
                Outcome { exit_code: 34, ..Outcome::new(OutcomeKind::Cancelled) }
            }
            "insist" => {
                console.cancel.reached(2).await;
                Outcome { exit_code: 34, ..Outcome::new(OutcomeKind::Cancelled) }
            }
            _ => {
                for (name, content) in bundle.files() {
                    console.reporter.emit(Event::fact(name, format!("{content:?}")));
                }
                if let Some(ContextTar::Packed(context)) = bundle.context() {
                    let mut context = context.try_clone().unwrap();
                    let mut bytes = Vec::new();
                    context.read_to_end(&mut bytes).unwrap();
                    console.records.record("image.json", bytes);
                }
                tokio::task::yield_now().await;
                Outcome::new(OutcomeKind::Succeeded)
            }
        };
        self.running.set(self.running.get() - 1);
        outcome
    }

    fn stray(&self, event: Event) {
        self.stray.borrow_mut().push(event);
    }
}

#[derive(Default)]
struct Heard {
    events: RefCell<Vec<Event>>,
    records: RefCell<Vec<(String, Vec<u8>)>>,
}

impl Reporter for Heard {
    fn emit(&self, event: Event) {
        self.events.borrow_mut().push(event);
    }
}

impl Records for Heard {
    fn record(&self, name: &str, bytes: Vec<u8>) {
        self.records.borrow_mut().push((name.to_owned(), bytes));
    }
}

struct Stage {
    folder: TempDir,
    listener: UnixListener,
    limits: Limits,
    executor: Scripted,
    signals: Signals,
    cancel: CancelHandle,
    closing: CancelHandle,
}

fn stage() -> Stage {
    let folder = TempDir::new().unwrap();
    let listener = UnixListener::bind(folder.path().join("socket")).unwrap();
    let uid = rustix::process::getuid().as_raw();
    let limits = Limits {
        uid,
        max_request_bytes: 1 << 20,
        spool: folder.path().to_owned(),
        silence: Duration::from_secs(1),
    };
    let (cancel, cancelled) = CancelHandle::new();
    let (closing, closed) = CancelHandle::new();
    let signals = Signals { cancel: cancelled, closing: closed };
    Stage { folder, listener, limits, executor: Scripted::default(), signals, cancel, closing }
}

impl Stage {
    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("socket")
    }

    async fn serve(&self) {
        serve(&self.listener, &self.limits, &self.executor, &self.signals).await;
    }

    /// Runs `script` beside the driver half, then closes it.
    async fn during<T>(&self, script: impl Future<Output = T>) -> T {
        let script = async {
            let value = script.await;
            self.closing.raise();
            value
        };
        let all = async { tokio::join!(self.serve(), script).1 };
        tokio::time::timeout(Duration::from_secs(20), all).await.expect("served in time")
    }
}

fn build(context: &str) -> Call {
    Call::Build(BuildArgs { context: context.to_owned(), ..BuildArgs::default() })
}

async fn ask(
    path: &Path,
    call: Call,
    bundle: Bundle,
    heard: &Heard,
    cancel: &Cancel,
) -> Result<u8, Error> {
    let console = Console { reporter: heard, records: heard, cancel };
    connect(path).await?.carry_out(call, BTreeMap::new(), bundle, console).await
}

fn spooled(bytes: &[u8]) -> std::fs::File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file.rewind().unwrap();
    file
}

#[tokio::test]
async fn files_go_up_and_events_and_records_come_down() {
    let stage = stage();
    let heard = Heard::default();
    let mut bundle = Bundle::default();
    bundle.insert("a.yml", FileContent::Present(b"x: 1".to_vec()));
    bundle.insert("b.env", FileContent::Unreadable("No rights".to_owned()));
    let context = vec![7; 200_000];
    bundle.set_context(ContextTar::Packed(spooled(&context)));
    let (_handle, cancel) = CancelHandle::new();
    let path = stage.path();
    let code = Box::pin(stage.during(ask(&path, build("."), bundle, &heard, &cancel))).await;
    assert_eq!(code.unwrap(), 0);
    let events = heard.events.into_inner();
    assert_eq!(events[0], Event::fact("a.yml", "Present([120, 58, 32, 49])"));
    assert_eq!(events[1], Event::fact("b.env", "Unreadable(\"No rights\")"));
    assert!(matches!(events[2], Event::Outcome { .. }), "{events:?}");
    assert_eq!(heard.records.into_inner(), [("image.json".to_owned(), context)]);
}

#[tokio::test]
async fn requests_of_one_job_run_one_after_the_other() {
    let stage = stage();
    let (first, second) = (Heard::default(), Heard::default());
    let (_handle, cancel) = CancelHandle::new();
    let path = stage.path();
    let both = async {
        tokio::join!(
            ask(&path, build("."), Bundle::default(), &first, &cancel),
            ask(&path, build("."), Bundle::default(), &second, &cancel),
        )
    };
    let (a, b) = Box::pin(stage.during(both)).await;
    assert_eq!((a.unwrap(), b.unwrap()), (0, 0));
    assert_eq!(stage.executor.most_running.get(), 1);
}

#[tokio::test]
async fn a_cancelled_client_waits_for_what_the_driver_says() {
    let stage = stage();
    let heard = Heard::default();
    let (handle, cancel) = CancelHandle::new();
    let path = stage.path();
    let client = ask(&path, build("wait"), Bundle::default(), &heard, &cancel);
    let interrupt = async {
        while heard.events.borrow().is_empty() {
            tokio::task::yield_now().await;
        }
        handle.raise();
    };
    let (code, ()) = Box::pin(stage.during(async { tokio::join!(client, interrupt) })).await;
    assert_eq!(code.unwrap(), 34);
    assert_eq!(heard.events.borrow()[1], Event::line("left as it was"));
}

#[tokio::test]
async fn a_lost_client_cancels_its_request_and_the_driver_hears_the_rest() {
    let stage = stage();
    let path = stage.path();
    let script = async {
        let heard = Heard::default();
        let (_handle, cancel) = CancelHandle::new();
        let client = ask(&path, build("wait"), Bundle::default(), &heard, &cancel);
        tokio::select! {
            _ = client => panic!("the command waits"),
            () = async {
                while heard.events.borrow().is_empty() {
                    tokio::task::yield_now().await;
                }
            } => {}
        }
        while stage.executor.running.get() > 0 {
            tokio::task::yield_now().await;
        }
    };
    Box::pin(stage.during(script)).await;
    assert_eq!(stage.executor.stray.borrow()[0], Event::line("left as it was"));
}

#[tokio::test]
async fn one_sigterm_that_reaches_client_and_driver_does_not_insist() {
    let stage = stage();
    let heard = Heard::default();
    let (handle, cancel) = CancelHandle::new();
    let path = stage.path();
    let client = ask(&path, build("insist"), Bundle::default(), &heard, &cancel);
    let script = async {
        tokio::pin!(client);
        while stage.executor.running.get() == 0 {
            tokio::select! { _ = &mut client => panic!("it waits"), () = tokio::task::yield_now() => {} }
        }
        handle.raise();
        stage.cancel.raise();
        for _ in 0..100 {
            tokio::select! { _ = &mut client => panic!("it waits"), () = tokio::task::yield_now() => {} }
        }
        stage.cancel.raise();
        client.await
    };
    assert_eq!(Box::pin(stage.during(script)).await.unwrap(), 34);
}

#[tokio::test]
async fn the_end_of_the_script_cancels_and_awaits_what_it_left_running() {
    let stage = stage();
    let heard = Heard::default();
    let (_handle, cancel) = CancelHandle::new();
    let path = stage.path();
    let client = ask(&path, build("wait"), Bundle::default(), &heard, &cancel);
    let close = async {
        while heard.events.borrow().is_empty() {
            tokio::task::yield_now().await;
        }
        stage.closing.raise();
    };
    let (code, (), ()) = tokio::join!(client, close, stage.serve());
    assert_eq!(code.unwrap(), 34);
}

#[tokio::test]
async fn after_a_cancel_nothing_is_begun() {
    let stage = stage();
    stage.cancel.raise();
    let heard = Heard::default();
    let (_handle, cancel) = CancelHandle::new();
    let path = stage.path();
    let code =
        Box::pin(stage.during(ask(&path, build("."), Bundle::default(), &heard, &cancel))).await;
    assert_eq!(code.unwrap(), 34);
    assert_eq!(stage.executor.most_running.get(), 0);
}

#[tokio::test]
async fn a_context_above_the_limit_is_refused_with_the_limit() {
    let stage = stage();
    let heard = Heard::default();
    let mut bundle = Bundle::default();
    bundle.set_context(ContextTar::Packed(spooled(&vec![0; 3 << 20])));
    let (_handle, cancel) = CancelHandle::new();
    let path = stage.path();
    let code = Box::pin(stage.during(ask(&path, build("."), bundle, &heard, &cancel))).await;
    assert_eq!(code.unwrap(), 60);
    let events = heard.events.into_inner();
    let Some(Event::Outcome { outcome }) = events.last() else { panic!("{events:?}") };
    let reason = outcome.reason.as_deref();
    assert_eq!(reason, Some("the build context is larger than 1048576 bytes"));
}

#[tokio::test]
async fn many_files_together_do_not_take_the_memory_of_the_host() {
    let mut stage = stage();
    stage.limits.max_request_bytes = 4 << 30;
    let heard = Heard::default();
    let mut bundle = Bundle::default();
    for name in 0..6 {
        bundle.insert(format!("{name}.yml"), FileContent::Present(vec![b' '; 15 << 20]));
    }
    let (_handle, cancel) = CancelHandle::new();
    let path = stage.path();
    let code = Box::pin(stage.during(ask(&path, build("."), bundle, &heard, &cancel))).await;
    assert_eq!(code.unwrap(), 60);
    let events = heard.events.into_inner();
    let Some(Event::Outcome { outcome }) = events.last() else { panic!("{events:?}") };
    let reason = outcome.reason.as_deref().unwrap_or_default();
    assert!(reason.starts_with("file 4.yml, after what the files before it left,"), "{reason}");
}

#[tokio::test]
async fn broken_frames_end_only_their_own_client() {
    let stage = stage();
    let heard = Heard::default();
    let (_handle, cancel) = CancelHandle::new();
    let path = stage.path();
    let broken: &[&[u8]] = &[
        b"GET / HTTP/1.1\r\n\r\n",
        b"M\xff\xff\xff\xff",
        b"M\0\0\0\x02{}",
        b"M\0\0\0\x1f{\"version\":9,\"message\":\"later\"}",
        b"C\0\0\0\0",
    ];
    let script = async {
        let mut answers = Vec::new();
        for bytes in broken {
            let mut stream = UnixStream::connect(&path).await.unwrap();
            stream.write_all(bytes).await.unwrap();
            let mut answer = Vec::new();
            // What the driver left unread makes the end a reset: the answer stands before it.
            drop(stream.read_to_end(&mut answer).await);
            answers.push(String::from_utf8_lossy(&answer).into_owned());
        }
        // Half a frame, then gone.
        let mut stream = UnixStream::connect(&path).await.unwrap();
        stream.write_all(b"M\0\0\0\x10{").await.unwrap();
        drop(stream);
        let code = ask(&path, build("."), Bundle::default(), &heard, &cancel).await;
        (answers, code)
    };
    let (answers, code) = Box::pin(stage.during(script)).await;
    for answer in &answers {
        assert!(answer.contains("\"exit_code\":"), "no clean refusal: {answer}");
    }
    assert!(answers[3].contains("speaks version 9 of the job socket"), "{}", answers[3]);
    assert_eq!(code.unwrap(), 0);
}

#[tokio::test]
async fn another_user_is_not_served() {
    let mut stage = stage();
    stage.limits.uid += 1;
    let heard = Heard::default();
    let (_handle, cancel) = CancelHandle::new();
    let path = stage.path();
    let code =
        Box::pin(stage.during(ask(&path, build("."), Bundle::default(), &heard, &cancel))).await;
    assert!(matches!(code, Err(Error::Gone | Error::Socket(_))), "{code:?}");
    assert_eq!(stage.executor.most_running.get(), 0);
}

#[tokio::test]
async fn without_a_driver_the_command_is_unreachable() {
    let folder = TempDir::new().unwrap();
    let error = connect(&folder.path().join("socket")).await.unwrap_err();
    assert_eq!(error.outcome().exit_code, 51);
}

#[tokio::test]
async fn a_client_that_stops_in_the_middle_of_its_request_is_sent_away() {
    let stage = stage();
    let heard = Heard::default();
    let (_handle, cancel) = CancelHandle::new();
    let code = stage
        .during(Box::pin(async {
            let mut hanging = UnixStream::connect(stage.path()).await.unwrap();
            hanging.write_all(b"M\0\0\0\x64half").await.unwrap();
            let code = ask(&stage.path(), build("."), Bundle::default(), &heard, &cancel).await;
            let mut answer = String::new();
            hanging.read_to_string(&mut answer).await.unwrap();
            assert!(answer.contains("nothing came of the request for 1 seconds"), "{answer}");
            code.unwrap()
        }))
        .await;
    assert_eq!(code, 0);
}
