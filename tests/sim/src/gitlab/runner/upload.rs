//! Sends a job's log while it grows and reports the end; hears "cancel" and "abort" and pulls the right switch.
//! Sends new output at each interval; without new output it asks only at the longer one.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use crate::gitlab::payload::Job;

use super::client::{Answered, Client, TraceOutput, Update};
use super::context::Canceller;
use super::log::Log;
use super::settings::Waits;

/// Bytes of one part of the log.
const PATCH_LIMIT: usize = 1024 * 1024;
/// Tries of the final report.
const FINAL_TRIES: usize = 10;

/// The switches that the coordinator can pull. `cancel` is replaced while the user's script runs.
#[derive(Debug, Default)]
pub(crate) struct Switches {
    cancel: Mutex<Option<Canceller>>,
    abort: Mutex<Option<Canceller>>,
}

impl Switches {
    /// What a graceful cancel stops from now on.
    pub(crate) fn set_cancel(&self, switch: Canceller) {
        *locked(&self.cancel) = Some(switch);
    }

    /// What an abort stops from now on.
    pub(crate) fn set_abort(&self, switch: Canceller) {
        *locked(&self.abort) = Some(switch);
    }

    fn cancel(&self) {
        if let Some(switch) = locked(&self.cancel).take() {
            switch.cancel();
        }
    }

    fn abort(&self) {
        *locked(&self.cancel) = None;
        if let Some(switch) = locked(&self.abort).take() {
            switch.cancel();
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The state of one job's log at the coordinator.
#[derive(Debug)]
pub(crate) struct Upload {
    client: Client,
    job: Arc<Job>,
    log: Arc<Log>,
    switches: Arc<Switches>,
    waits: Waits,
    interval: Duration,
    sent: usize,
    sent_at: Option<Instant>,
}

/// A running upload.
#[derive(Debug)]
pub(crate) struct Uploading {
    stop: watch::Sender<bool>,
    task: JoinHandle<Upload>,
}

impl Upload {
    /// Begins to send.
    pub(crate) fn start(
        client: Client,
        job: Arc<Job>,
        log: Arc<Log>,
        switches: Arc<Switches>,
        waits: Waits,
    ) -> Uploading {
        let (stop, stopped) = watch::channel(false);
        let interval = waits.trace_update;
        let upload = Self { client, job, log, switches, waits, interval, sent: 0, sent_at: None };
        Uploading { stop, task: tokio::spawn(upload.watch(stopped)) }
    }

    async fn watch(mut self, mut stopped: watch::Receiver<bool>) -> Self {
        loop {
            tokio::select! {
                () = sleep(self.interval) => {}
                _ = stopped.wait_for(|on| *on) => return self,
            }
            if !self.incremental().await {
                // The job was aborted: nothing more to ask until it ends.
                stopped.wait_for(|on| *on).await.ok();
                return self;
            }
        }
    }

    /// False when the job must stop.
    async fn incremental(&mut self) -> bool {
        let sent = self.send_part().await;
        if sent == Answered::Abort {
            self.switches.abort();
            return false;
        }
        if sent == Answered::Done && self.touch().await == Answered::Abort {
            self.switches.abort();
            return false;
        }
        true
    }

    async fn send_part(&mut self) -> Answered {
        let part = self.log.bytes(self.sent, PATCH_LIMIT);
        if part.is_empty() {
            return Answered::Done;
        }
        let end = self.sent + part.len();
        let heard = self.client.patch_trace(&self.job, self.sent, part).await;
        self.interval = heard.interval.unwrap_or(self.interval);
        match heard.result {
            Answered::Done => self.sent = end,
            Answered::RangeMismatch(offset) => self.sent = offset,
            _ => {}
        }
        if matches!(heard.result, Answered::Done | Answered::RangeMismatch(_)) {
            self.sent_at = Some(Instant::now());
        }
        if heard.cancel {
            self.switches.cancel();
        }
        heard.result
    }

    /// Asks whether the job still may run, when nothing was sent for long.
    async fn touch(&mut self) -> Answered {
        let recent = |at: Instant| at.elapsed() <= self.waits.trace_force_send;
        if self.sent_at.is_some_and(recent) {
            return Answered::Done;
        }
        let update = self.update("running", "", 0);
        let heard = self.client.update(&self.job, &update).await;
        self.interval = heard.interval.unwrap_or(self.interval);
        if heard.result == Answered::Done {
            self.sent_at = Some(Instant::now());
        }
        if heard.cancel {
            self.switches.cancel();
        }
        heard.result
    }

    fn update<'a>(&self, state: &'a str, failure_reason: &'a str, exit_code: i32) -> Update<'a> {
        let output = TraceOutput { checksum: self.log.checksum(), bytesize: self.log.size() };
        Update { state, failure_reason, exit_code, output }
    }

    async fn finish(&mut self, state: &str, failure_reason: &str, exit_code: i32) {
        self.interval = self.waits.trace_update;
        for _ in 0..FINAL_TRIES {
            while self.sent != self.log.size() {
                match self.send_part().await {
                    Answered::Done => {}
                    Answered::RangeMismatch(_) => sleep(self.interval).await,
                    _ => break,
                }
            }
            let update = self.update(state, failure_reason, exit_code);
            let heard = self.client.update(&self.job, &update).await;
            self.interval = heard.interval.unwrap_or(self.interval);
            match heard.result {
                Answered::Done | Answered::Abort | Answered::NotFound => return,
                Answered::TraceInvalid => self.sent = 0,
                Answered::NotYet | Answered::RangeMismatch(_) | Answered::Failed => {}
            }
            sleep(self.interval).await;
        }
    }
}

impl Uploading {
    /// Sends the rest of the log and the job's end.
    pub(crate) async fn finish(self, state: &str, failure_reason: &str, exit_code: i32) {
        self.stop.send_replace(true);
        if let Ok(mut upload) = self.task.await {
            upload.finish(state, failure_reason, exit_code).await;
        }
    }
}
