//! Frames: one byte for the kind, four for the length (big endian), then the content.
//! A message is one frame of JSON; a stream is chunk frames up to an empty one.

use super::Error;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// Version of the protocol; client and driver are the same binary, except while a host is
/// being updated under a running job.
pub(super) const VERSION: u32 = 1;
/// Longest message. The largest part is the environment, which the kernel keeps below 6 MiB
/// (three quarters of the largest stack).
pub(super) const MESSAGE_LIMIT: u32 = 8 << 20;
/// Longest chunk.
pub(super) const CHUNK_LIMIT: u32 = 64 << 10;

const MESSAGE: u8 = b'M';
const CHUNK: u8 = b'C';

/// Every message says the version first, so that a mismatch is told as one.
#[derive(serde::Serialize, serde::Deserialize)]
struct Envelope<T> {
    version: u32,
    message: T,
}

#[derive(serde::Deserialize)]
struct VersionOnly {
    version: u32,
}

pub(super) async fn write_message<T: Serialize>(
    to: &mut (impl AsyncWrite + Unpin),
    message: &T,
) -> Result<(), Error> {
    let text = serde_json::to_vec(&Envelope { version: VERSION, message })
        .map_err(|error| Error::Broken { what: format!("message not written: {error}") })?;
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    if length > MESSAGE_LIMIT {
        return Err(Error::TooLarge {
            what: "the request with its environment".to_owned(),
            limit: u64::from(MESSAGE_LIMIT),
        });
    }
    write_frame(to, MESSAGE, length, &text).await
}

/// Writes one piece of a stream; cut into chunks as long as they may be.
pub(super) async fn write_chunks(
    to: &mut (impl AsyncWrite + Unpin),
    bytes: &[u8],
) -> Result<(), Error> {
    for piece in bytes.chunks(CHUNK_LIMIT as usize) {
        let length = u32::try_from(piece.len()).unwrap_or(CHUNK_LIMIT);
        write_frame(to, CHUNK, length, piece).await?;
    }
    Ok(())
}

/// Ends a stream.
pub(super) async fn write_end(to: &mut (impl AsyncWrite + Unpin)) -> Result<(), Error> {
    write_frame(to, CHUNK, 0, &[]).await
}

pub(super) async fn read_message<T: DeserializeOwned>(
    from: &mut (impl AsyncRead + Unpin),
) -> Result<T, Error> {
    let text = read_frame(from, MESSAGE, MESSAGE_LIMIT).await?;
    let broken = |error: serde_json::Error| Error::Broken { what: error.to_string() };
    let VersionOnly { version } = serde_json::from_slice(&text).map_err(broken)?;
    if version != VERSION {
        return Err(Error::Version { found: version, known: VERSION });
    }
    let envelope: Envelope<T> = serde_json::from_slice(&text).map_err(broken)?;
    Ok(envelope.message)
}

/// The next piece of a stream; `None` at its end.
pub(super) async fn read_chunk(
    from: &mut (impl AsyncRead + Unpin),
) -> Result<Option<Vec<u8>>, Error> {
    let bytes = read_frame(from, CHUNK, CHUNK_LIMIT).await?;
    Ok(if bytes.is_empty() { None } else { Some(bytes) })
}

async fn write_frame(
    to: &mut (impl AsyncWrite + Unpin),
    kind: u8,
    length: u32,
    content: &[u8],
) -> Result<(), Error> {
    let [a, b, c, d] = length.to_be_bytes();
    to.write_all(&[kind, a, b, c, d]).await?;
    to.write_all(content).await?;
    Ok(to.flush().await?)
}

async fn read_frame(
    from: &mut (impl AsyncRead + Unpin),
    wanted: u8,
    limit: u32,
) -> Result<Vec<u8>, Error> {
    let kind = from.read_u8().await?;
    if kind != wanted {
        return Err(Error::Broken {
            what: format!("kind {:?} where {:?} belongs", char::from(kind), char::from(wanted)),
        });
    }
    let length = from.read_u32().await?;
    if length > limit {
        return Err(Error::TooLarge { what: "a frame".to_owned(), limit: u64::from(limit) });
    }
    // Grows with what arrives: a length alone must not cost memory.
    let mut content = Vec::new();
    let read = from.take(u64::from(length)).read_to_end(&mut content).await?;
    if read < length as usize { Err(Error::Gone) } else { Ok(content) }
}
