//! A blob's bytes, compared with its descriptor while they pass.

use super::manifest::Descriptor;
use super::payload::BlobBytes;
use super::transport::next_data;
use crate::model::Digest;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use hyper::body::Incoming;
use sha2::{Digest as _, Sha256};
use std::io;
use std::time::Duration;

struct Passing {
    body: Incoming,
    hash: Sha256,
    left: u64,
    wanted: Digest,
    idle: Duration,
    ended: bool,
}

/// Passes the bytes on; the last item is an error when they were not those of `descriptor`.
pub(super) fn stream(body: Incoming, descriptor: &Descriptor, idle: Duration) -> BlobBytes {
    let passing = Passing {
        body,
        hash: Sha256::new(),
        left: descriptor.size,
        wanted: descriptor.digest.clone(),
        idle,
        ended: false,
    };
    stream::unfold(passing, |mut passing| async move {
        let item = passing.next().await?;
        passing.ended = item.is_err();
        Some((item, passing))
    })
    .boxed()
}

impl Passing {
    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        if self.ended {
            return None;
        }
        match next_data(&mut self.body, self.idle).await {
            Some(Ok(data)) => {
                let Some(left) = self.left.checked_sub(data.len() as u64) else {
                    return Some(Err(self.wrong("it is longer than stated")));
                };
                self.left = left;
                self.hash.update(&data);
                Some(Ok(data))
            }
            Some(Err(error)) => Some(Err(error)),
            None if self.left > 0 => Some(Err(self.wrong("it is shorter than stated"))),
            None => {
                let found = Digest::from_sha256(&std::mem::take(&mut self.hash).finalize().into());
                self.ended = true;
                let message = format!("it is {}", found.as_str());
                (found != self.wanted).then(|| Err(self.wrong(&message)))
            }
        }
    }

    fn wrong(&self, what: &str) -> io::Error {
        io::Error::other(format!("blob {}: {what}", self.wanted.as_str()))
    }
}
