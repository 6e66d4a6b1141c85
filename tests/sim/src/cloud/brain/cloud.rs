//! The account's one door: calls come in here, time comes in here. Owns the account's state,
//! the record of calls, and which faults hit a call.

use super::api_error::ApiError;
use super::fate::seconds;
use super::faults::{FaultKind, Faults};
use super::options::CloudOptions;
use super::rate_limits::RateLimits;
use super::recorded::{self, RecordedCall};
use super::request::{Answer, Reply, Request};
use super::scheduler;
use super::state::World;
use super::time::SimTime;
use super::traffic::Traffic;
use super::trouble::Deed;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::Value;
use std::time::Duration;

/// A simulated account in one region.
#[derive(Debug, Clone)]
pub struct Cloud {
    pub(super) world: Box<World>,
    pub(super) faults: Faults,
    /// No call is answered any more.
    pub(super) silent: bool,
    pub(super) calls: Vec<RecordedCall>,
    pub(super) unknown: Vec<String>,
    /// What reads see while they are stale: until when, and the world before a change.
    pub(super) past: Vec<(SimTime, Box<World>)>,
    /// Chance of faults and of the data plane; ids have their own.
    pub(super) dice: StdRng,
    pub(super) traffic: Traffic,
    /// What is still to be done, soonest first.
    pub(super) script: Vec<(SimTime, Deed)>,
    /// `None` = calls are not limited.
    pub(super) rates: Option<RateLimits>,
    pub(super) seed: u64,
    /// The latest time it was told.
    pub(super) now: SimTime,
}

/// What the faults of a call come to.
#[derive(Default)]
pub(super) struct Trouble {
    pub(super) delay: Duration,
    pub(super) stale: bool,
    /// The first one that decides the answer.
    pub(super) decisive: Option<FaultKind>,
}

impl Cloud {
    /// An empty account.
    pub fn new(options: CloudOptions) -> Self {
        Self {
            dice: StdRng::seed_from_u64(options.seed ^ 0x5eed_da7a),
            traffic: Traffic::new(options.seed),
            script: Vec::new(),
            rates: options.rate_limits.then(RateLimits::default),
            seed: options.seed,
            world: Box::new(World::new(options)),
            faults: Faults::default(),
            silent: false,
            calls: Vec::new(),
            unknown: Vec::new(),
            past: Vec::new(),
            now: SimTime::from_millis(0),
        }
    }

    /// One call by a key, for tests that do not care how an answer fails to come: no answer
    /// and a closed connection are an error with status 0.
    ///
    /// # Errors
    /// The service's refusal.
    pub fn call(
        &mut self,
        now: SimTime,
        access_key: &str,
        service: &str,
        action: &str,
        body: Value,
    ) -> Result<Value, ApiError> {
        match self.request(now, &Request::new(access_key, service, action, body)).reply {
            Reply::Sent(result) => result,
            Reply::Nothing => Err(ApiError::new(0, "NoAnswer", "no answer comes")),
            Reply::Closed => Err(ApiError::new(0, "Closed", "the connection was closed")),
        }
    }

    /// One call, and how it is answered.
    pub fn request(&mut self, now: SimTime, request: &Request) -> Answer {
        self.advance(now);
        let trouble = self.trouble(request);
        let rollouts = self.rollouts();
        let reply = self.reply(request, &trouble);
        self.record(request, &reply, rollouts);
        Answer { delay: trouble.delay, reply }
    }

    /// Service deployments that are under way.
    fn rollouts(&self) -> usize {
        let newest = self.world.services.values().filter_map(|service| service.current());
        newest.filter(|newest| !newest.status.is_terminal()).count()
    }

    /// Brings the account to `now`: everything that was due happens, each at its own time.
    pub fn advance(&mut self, now: SimTime) {
        while let Some(next) = self.next_due().filter(|&next| next <= now) {
            self.traffic.advance(&mut self.world, next);
            scheduler::step(&mut self.world, next);
            self.do_deeds(next);
        }
        self.traffic.advance(&mut self.world, now);
        self.now = self.now.max(now);
        let now = self.now;
        self.past.retain(|&(until, _)| now < until);
    }

    /// When something happens next by itself; `None` when nothing will.
    pub fn next_change(&self, now: SimTime) -> Option<SimTime> {
        self.next_due().map(|next| next.max(now))
    }

    fn next_due(&self) -> Option<SimTime> {
        [scheduler::next_change(&self.world), self.next_deed()].into_iter().flatten().min()
    }

    /// True when no call is answered any more, by [`FaultKind::Silence`].
    pub fn is_silent(&self) -> bool {
        self.silent
    }

    fn trouble(&mut self, request: &Request) -> Trouble {
        if self.silent {
            let decisive = Some(FaultKind::NoAnswer { applied: false });
            return Trouble { decisive, ..Trouble::default() };
        }
        let Request { service, action, access_key, .. } = request;
        let dice = &mut self.dice;
        let kinds = self.faults.hit(service, action, access_key.as_deref(), || dice.random());
        let mut trouble = Trouble::default();
        for kind in kinds {
            match kind {
                FaultKind::Slow { seconds: span } => {
                    trouble.delay = trouble.delay.max(seconds(span));
                }
                FaultKind::StaleReads { .. } => trouble.stale = true,
                other => {
                    trouble.decisive.get_or_insert(other);
                }
            }
        }
        let now = self.now;
        if self.rates.as_mut().is_some_and(|rates| !rates.allow(service, action, now)) {
            trouble.decisive = Some(FaultKind::Throttle);
        }
        trouble
    }

    fn record(&mut self, request: &Request, reply: &Reply, rollouts: usize) {
        let outcome = match reply {
            Reply::Sent(Ok(_)) => "ok".to_owned(),
            Reply::Sent(Err(error)) => error.code.clone(),
            Reply::Nothing => "no_answer".to_owned(),
            Reply::Closed => "closed".to_owned(),
        };
        self.calls.push(RecordedCall {
            number: u64::try_from(self.calls.len()).unwrap_or(u64::MAX) + 1,
            at: self.now,
            service: request.service.clone(),
            action: request.action.clone(),
            access_key: request.access_key.clone(),
            region: request.region.clone(),
            body: recorded::without_secrets(&request.body),
            outcome,
            mutating: !recorded::only_reads(&request.action),
            rollouts,
        });
    }
}
