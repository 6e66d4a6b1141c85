//! The client half: sends a command with its files, shows what comes back.

use super::frame::{CHUNK_LIMIT, read_chunk, read_message, write_chunks, write_end, write_message};
use super::{ContextHead, Down, Error, FileHead, FileState, Request, Up};
use crate::commands::{Bundle, Call, Console, ContextTar, FileContent};
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite};
use tokio::net::UnixStream;

/// Names the socket in a job's environment. Set by the driver; a job that sets it otherwise
/// only loses its own driver.
pub const SOCKET_VARIABLE: &str = "ECS_CANARY_SOCKET";

/// A way to the driver of this job.
#[derive(Debug)]
pub struct Connection {
    stream: UnixStream,
}

/// Opens the job socket. [`Error::Gone`] when no driver listens there.
pub async fn connect(path: &Path) -> Result<Connection, Error> {
    match UnixStream::connect(path).await {
        Ok(stream) => Ok(Connection { stream }),
        Err(error) => match error.kind() {
            ErrorKind::NotFound | ErrorKind::ConnectionRefused => Err(Error::Gone),
            _ => Err(Error::Socket(error)),
        },
    }
}

impl Connection {
    /// Has the driver carry out `call`; returns its exit code. Events, the outcome included,
    /// and records go to `console`. When the caller is asked to stop, the driver is told, and
    /// its answer is awaited: it says what was left.
    pub async fn carry_out(
        self,
        call: Call,
        variables: BTreeMap<String, String>,
        bundle: Bundle,
        console: Console<'_>,
    ) -> Result<u8, Error> {
        let (mut from, mut to) = self.stream.into_split();
        let files = bundle.files().map(|(name, content)| head(name, content)).collect();
        let context = bundle.context().map(|context| ContextHead {
            problem: match context {
                ContextTar::Packed(_) => None,
                ContextTar::Unreadable(problem) => Some(problem.clone()),
            },
        });
        let directory = bundle.directory().to_owned();
        let request = Request { call, variables, directory, files, context };
        tokio::select! {
            ended = listen(&mut from, console) => ended,
            error = talk(&mut to, request, bundle, console) => Err(error),
        }
    }
}

fn head(name: &str, content: &FileContent) -> FileHead {
    let state = match content {
        FileContent::Present(_) => FileState::Present,
        FileContent::Absent => FileState::Absent,
        FileContent::Unreadable(problem) => FileState::Unreadable(problem.clone()),
    };
    FileHead { name: name.to_owned(), state }
}

/// Shows what the driver says, to its end.
async fn listen(from: &mut (impl AsyncRead + Unpin), console: Console<'_>) -> Result<u8, Error> {
    loop {
        match read_message(from).await? {
            Down::Event { event } => console.reporter.emit(event),
            Down::Record { name } => {
                let mut bytes = Vec::new();
                while let Some(chunk) = read_chunk(from).await? {
                    bytes.extend_from_slice(&chunk);
                }
                console.records.record(&name, bytes);
            }
            Down::Done { exit_code } => return Ok(exit_code),
        }
    }
}

/// Sends the request, then each wish to stop; ends only with a fault of our own side. That the
/// driver reads no more is none: it may have refused the rest and said why, which [`listen`]
/// reads.
async fn talk(
    to: &mut (impl AsyncWrite + Unpin),
    request: Request,
    bundle: Bundle,
    console: Console<'_>,
) -> Error {
    let told = async {
        tokio::select! {
            sent = send(to, request, bundle) => sent?,
            () = console.cancel.reached(1) => return Err(Error::Cancelled),
        }
        for times in 1..=u8::MAX {
            console.cancel.reached(times).await;
            write_message(to, &Up::Cancel).await?;
        }
        Ok::<(), Error>(())
    };
    match told.await {
        Ok(()) | Err(Error::Gone | Error::Socket(_)) => std::future::pending().await,
        Err(error) => error,
    }
}

async fn send(
    to: &mut (impl AsyncWrite + Unpin),
    request: Request,
    bundle: Bundle,
) -> Result<(), Error> {
    write_message(to, &Up::Request(Box::new(request))).await?;
    for (_, content) in bundle.files() {
        if let FileContent::Present(bytes) = content {
            write_chunks(to, bytes).await?;
            write_end(to).await?;
        }
    }
    if let Some(ContextTar::Packed(context)) = bundle.context() {
        let file = context.try_clone().map_err(Error::Spool)?;
        let mut file = tokio::fs::File::from_std(file);
        let mut piece = vec![0; CHUNK_LIMIT as usize];
        loop {
            let length = file.read(&mut piece).await.map_err(Error::Spool)?;
            if length == 0 {
                break;
            }
            write_chunks(to, &piece[..length]).await?;
        }
        write_end(to).await?;
    }
    Ok(())
}
