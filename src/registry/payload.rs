//! Bodies of requests: nothing, a few bytes, or a blob that is read while it is sent.

use super::transport::Body;
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use http_body_util::{BodyExt as _, Empty, Full};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use tokio::io::AsyncReadExt as _;

/// Bytes of a blob, in order.
pub type BlobBytes = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// A file is read in pieces of this size: large enough that the thread hops of file access do
/// not count, small enough for many uploads at once.
const PIECE: usize = 256 * 1024;

/// Nothing.
pub(super) fn empty() -> Body {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

/// A manifest.
pub(super) fn full(bytes: Bytes) -> Body {
    Full::new(bytes).map_err(|never| match never {}).boxed_unsync()
}

/// A blob of `size` bytes. `sent` counts what left.
pub(super) fn blob(bytes: BlobBytes, size: u64, sent: Arc<AtomicU64>) -> Body {
    BlobBody { bytes, left: size, sent }.boxed_unsync()
}

/// The bytes of a file.
pub(super) async fn file(path: &Path) -> io::Result<BlobBytes> {
    let file = tokio::fs::File::open(path).await?;
    Ok(stream::try_unfold(file, |mut file| async move {
        let mut piece = Vec::with_capacity(PIECE);
        let mut part = (&mut file).take(PIECE as u64);
        let read = part.read_to_end(&mut piece).await?;
        Ok((read > 0).then(|| (Bytes::from(piece), file)))
    })
    .boxed())
}

/// A body whose length is known, so that it goes out as one piece with a Content-Length:
/// registries differ in what they make of chunks.
struct BlobBody {
    bytes: BlobBytes,
    left: u64,
    sent: Arc<AtomicU64>,
}

impl HttpBody for BlobBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let next = std::task::ready!(self.bytes.poll_next_unpin(context));
        Poll::Ready(match next {
            Some(Ok(data)) => {
                let length = data.len() as u64;
                if length > self.left {
                    return Poll::Ready(Some(Err(io::Error::other("the blob is too long"))));
                }
                self.left -= length;
                let _before = self.sent.fetch_add(length, Ordering::Relaxed);
                Some(Ok(Frame::data(data)))
            }
            Some(Err(error)) => Some(Err(error)),
            None if self.left > 0 => Some(Err(io::Error::other("the blob is too short"))),
            None => None,
        })
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
