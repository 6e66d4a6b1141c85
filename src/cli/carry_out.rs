//! One command from its arguments to its exit code: in this process, or by the driver of the
//! job it belongs to.

use super::disk::{Disk, RecordFiles};
use super::parse::{Invocation, Work};
use super::person;
use super::view::{self, ViewArgs};
use crate::broker;
use crate::commands::{self, Audience, Call, Console, Materials, ReplayArgs};
use crate::failure::{Exit, Failure};
use crate::host::{Environment, Signals, current_directory};
use crate::model::{Event, Outcome, OutcomeKind};
use crate::ports::Reporter;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::ExitCode;

/// Carries it out.
pub(super) fn run(invocation: Invocation) -> ExitCode {
    let environment = Environment::capture();
    trace(&environment);
    let Invocation { view, work } = invocation;
    let output = view::output(&view, &environment);
    let call = match work {
        Work::Call(call) => call,
        Work::Replay(args) => {
            let heard = Quiet { inner: &output, silent: !view.json };
            let audience = if view.json { Audience::Program } else { Audience::Person };
            let outcome =
                replayed(&args, audience, &heard).unwrap_or_else(|failure| failure.tell(&heard));
            return end(&heard, outcome);
        }
        Work::Doctor(args) => {
            let outcome = commands::doctor(&args, view.config.as_deref(), &environment, &output);
            return end(&output, outcome);
        }
        Work::Migrate(args) => return end(&output, commands::migrate(&args, &output)),
        #[cfg(feature = "demo")]
        Work::Demo(args) => return super::demo::run(args, &view, &environment),
        Work::Note(text) => {
            output.emit(Event::Output { text });
            return ExitCode::SUCCESS;
        }
    };
    let heard = Quiet { inner: &output, silent: call.ends_silently() && !view.json };
    // A crash below, such as a runtime without file descriptors, has its own exit code too.
    let started = AssertUnwindSafe(|| started(call, &view, &environment, &heard));
    let started = catch_unwind(started).unwrap_or_else(|_| {
        let text = "the program crashed, its own words are above; AWS was left as it was then";
        Err(Failure::new(Exit::Internal, text))
    });
    match started {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            let outcome = failure.tell(&heard);
            end(&heard, outcome)
        }
    }
}

/// The end of a command line that is wrong, for a program that reads JSON: clap's own words are
/// on standard error already.
pub(super) fn wrong_usage(error: &clap::Error) {
    let view = ViewArgs { json: true, ..ViewArgs::default() };
    let text = error.to_string();
    let reason = text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
    let output = view::output(&view, &Environment::capture());
    let failure = Failure::new(Exit::Usage, reason).hint("run the command with --help");
    end(&output, failure.tell(&output));
}

fn replayed(
    args: &ReplayArgs,
    audience: Audience,
    reporter: &impl Reporter,
) -> Result<Outcome, Failure> {
    let unknown = |cause| {
        Failure::new(Exit::Internal, format!("the working directory is not known: {cause}"))
    };
    let disk = Disk::new(current_directory().map_err(unknown)?);
    let counts = args.counts.as_deref().unwrap_or_default();
    let content = disk.read_up_to(counts, commands::LONGEST_COUNTS);
    commands::replay(args, &content, audience, reporter)
}

fn end(reporter: &impl Reporter, outcome: Outcome) -> ExitCode {
    let code = outcome.exit_code;
    reporter.emit(Event::Outcome { outcome: Box::new(outcome) });
    view::exit_code(code)
}

fn started<R: Reporter>(
    call: Call,
    view: &ViewArgs,
    environment: &Environment,
    reporter: &R,
) -> Result<u8, Failure> {
    let host = |what: &'static str| {
        move |cause: io::Error| Failure::new(Exit::Internal, format!("{what}: {cause}"))
    };
    let directory = current_directory().map_err(|cause| {
        Failure::new(Exit::File, format!("the working directory is gone: {cause}"))
            .hint("go to a directory that exists")
    })?;
    let records = match &view.record {
        Some(record) => directory.join(record),
        None => directory.clone(),
    };
    let named = call.record_paths().into_iter().map(|(name, path)| (name, directory.join(path)));
    let records = RecordFiles::new(records, named.collect(), reporter);
    records.check()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(host("the runtime could not be started"))?;
    let code = runtime.block_on(async {
        let signals = Signals::listen().map_err(host("signals could not be listened to"))?;
        let console = Console { reporter, records: &records, cancel: signals.cancel() };
        let variables = person::variables(environment);
        let call = person::with_standard_input(call).map_err(host("standard input"))?;
        let materials = Materials::gather(call, variables, &Disk::new(directory.clone()));
        match environment.path(broker::SOCKET_VARIABLE) {
            Some(socket) => Ok(ask_the_driver(socket, materials, console).await),
            None => in_person(materials, view, console).await,
        }
    });
    // A name lookup that hangs must not keep us.
    runtime.shutdown_background();
    code
}

/// By the driver of this job.
async fn ask_the_driver(socket: &Path, materials: Materials, console: Console<'_>) -> u8 {
    let asked = async {
        let connection = broker::connect(socket).await?;
        let Materials { call, variables, bundle } = materials;
        connection.carry_out(call, variables, bundle, console).await
    };
    match asked.await {
        Ok(code) => code,
        Err(error) => {
            let outcome = error.outcome();
            let code = u8::try_from(outcome.exit_code).unwrap_or(70);
            console.reporter.emit(Event::Outcome { outcome: Box::new(outcome) });
            code
        }
    }
}

/// In this process, with the rights of whoever started it.
async fn in_person(
    materials: Materials,
    view: &ViewArgs,
    console: Console<'_>,
) -> Result<u8, Failure> {
    let Materials { call, variables, bundle } = materials;
    let caller = person::caller(variables, view, console.reporter)?;
    let outcome = commands::execute(call, bundle, &caller, console).await;
    let code = u8::try_from(outcome.exit_code).unwrap_or(70);
    console.reporter.emit(Event::Outcome { outcome: Box::new(outcome) });
    Ok(code)
}

/// Leaves a good end out: by the names of other tools, and for commands that only answer.
struct Quiet<'a, R> {
    inner: &'a R,
    silent: bool,
}

impl<R: Reporter> Reporter for Quiet<'_, R> {
    fn emit(&self, event: Event) {
        let good = |kind| matches!(kind, OutcomeKind::Succeeded | OutcomeKind::NoChange);
        match event {
            Event::Outcome { outcome } if self.silent && good(outcome.outcome) => {}
            event => self.inner.emit(event),
        }
    }
}

/// Diagnostics on standard error, for developers: `ECS_CANARY_LOG=debug`. Not inside a job,
/// where the variable is the job's.
fn trace(environment: &Environment) {
    let wanted = environment.text("ECS_CANARY_LOG").filter(|wanted| !wanted.is_empty());
    let (Some(wanted), None) = (wanted, environment.path(broker::SOCKET_VARIABLE)) else { return };
    let filter = tracing_subscriber::EnvFilter::new(wanted);
    let started =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).try_init();
    // Only a second subscriber could be refused, and there is one.
    drop(started);
}
