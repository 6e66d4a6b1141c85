//! The account's one door: calls come in here, time comes in here. Owns the order of checks
//! that every call passes: faults, key, expiry, allow list, action.

use super::api_error::ApiError;
use super::body;
use super::caller::Caller;
use super::fate::seconds;
use super::faults::{FaultKind, Faults};
use super::options::CloudOptions;
use super::principals::{self, AccessKey};
use super::recorded::{self, RecordedCall};
use super::request::{Answer, Reply, Request};
use super::state::World;
use super::time::SimTime;
use super::{ecs, elb, scheduler, sts};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::Value;
use std::time::Duration;

/// A simulated account in one region.
#[derive(Debug, Clone)]
pub struct Cloud {
    pub(super) world: World,
    pub(super) faults: Faults,
    pub(super) calls: Vec<RecordedCall>,
    pub(super) unknown: Vec<String>,
    /// What reads see while they are stale: until when, and the world before a change.
    past: Vec<(SimTime, World)>,
    /// Chance of faults and of the data plane; ids have their own.
    pub(super) dice: StdRng,
    /// The latest time it was told.
    now: SimTime,
}

/// What the faults of a call come to.
#[derive(Default)]
struct Trouble {
    delay: Duration,
    stale: bool,
    /// The first one that decides the answer.
    decisive: Option<FaultKind>,
}

impl Cloud {
    /// An empty account.
    pub fn new(options: CloudOptions) -> Self {
        Self {
            dice: StdRng::seed_from_u64(options.seed ^ 0x5eed_da7a),
            world: World::new(options),
            faults: Faults::default(),
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
        let reply = self.reply(request, &trouble);
        self.record(request, &reply);
        Answer { delay: trouble.delay, reply }
    }

    /// Brings the account to `now`: everything that was due happens, each at its own time.
    pub fn advance(&mut self, now: SimTime) {
        while let Some(next) = scheduler::next_change(&self.world).filter(|&next| next <= now) {
            scheduler::step(&mut self.world, next);
        }
        self.now = self.now.max(now);
        let now = self.now;
        self.past.retain(|&(until, _)| now < until);
    }

    /// When something happens next by itself; `None` when nothing will.
    pub fn next_change(&self, now: SimTime) -> Option<SimTime> {
        scheduler::next_change(&self.world).map(|next| next.max(now))
    }

    fn trouble(&mut self, request: &Request) -> Trouble {
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
        trouble
    }

    fn reply(&mut self, request: &Request, trouble: &Trouble) -> Reply {
        let Request { service, action, .. } = request;
        let principal = self.key(request).map(|key| key.principal.clone()).unwrap_or_default();
        let refusal = match &trouble.decisive {
            None => return Reply::Sent(self.answer(request, trouble.stale)),
            Some(FaultKind::NoAnswer { applied }) => {
                if *applied {
                    drop(self.answer(request, trouble.stale));
                }
                return Reply::Nothing;
            }
            Some(FaultKind::Close { applied }) => {
                if *applied {
                    drop(self.answer(request, trouble.stale));
                }
                return Reply::Closed;
            }
            Some(FaultKind::Deny) => principals::denied(service, action, &principal),
            Some(FaultKind::ExpiredToken) => principals::expired_key(service),
            Some(FaultKind::MissingAction) => missing_action(service, action),
            Some(FaultKind::Throttle) => throttled(service),
            Some(FaultKind::ServerError { status }) => server_error(service, *status),
            Some(FaultKind::Error { status, code, message }) => {
                ApiError::new(*status, code, message.clone())
            }
            Some(FaultKind::Slow { .. } | FaultKind::StaleReads { .. }) => return Reply::Nothing,
        };
        Reply::Sent(Err(refusal))
    }

    /// The answer without faults.
    fn answer(&mut self, request: &Request, stale: bool) -> Result<Value, ApiError> {
        let key = self.check_key(request)?;
        let Request { service, action, .. } = request;
        if let Some(key) = &key
            && action != "GetCallerIdentity"
            && !key.allows(service, action)
        {
            return Err(principals::denied(service, action, &key.principal));
        }
        let body = body::without_nulls(request.body.clone());
        let elsewhere = request
            .region
            .as_deref()
            .filter(|region| service != "sts" && *region != self.world.ids.region());
        if let Some(region) = elsewhere {
            return self.answer_elsewhere(request, region, key.as_ref(), &body);
        }
        if stale
            && recorded::only_reads(action)
            && let Some((_, world)) = self.past.first()
        {
            let caller = self.caller(key.as_ref());
            return read(world, &caller, service, action, &body)
                .unwrap_or_else(|| Err(ApiError::not_simulated(&format!("{service}:{action}"))));
        }
        let before =
            self.faults.stale_seconds().map(|span| (self.now + seconds(span), self.world.clone()));
        let result = self.carry_out(key.as_ref(), service, action, &body);
        if result.is_ok() && !recorded::only_reads(action) {
            self.past.extend(before);
        }
        result
    }

    /// Another region has the same keys and nothing else.
    fn answer_elsewhere(
        &self,
        request: &Request,
        region: &str,
        key: Option<&AccessKey>,
        body: &Value,
    ) -> Result<Value, ApiError> {
        let mut empty = World::new(CloudOptions {
            region: region.to_owned(),
            account: self.world.ids.account().to_owned(),
            ..CloudOptions::default()
        });
        let caller = self.caller(key);
        let Request { service, action, .. } = request;
        read(&empty, &caller, service, action, body)
            .or_else(|| change(&mut empty, &caller, service, action, body))
            .unwrap_or_else(|| Err(ApiError::not_simulated(&format!("{service}:{action}"))))
    }

    fn carry_out(
        &mut self,
        key: Option<&AccessKey>,
        service: &str,
        action: &str,
        body: &Value,
    ) -> Result<Value, ApiError> {
        let caller = self.caller(key);
        let world = &mut self.world;
        let result = match service {
            "sts" => sts::call(world, key, self.now, action, body),
            _ => read(world, &caller, service, action, body)
                .or_else(|| change(world, &caller, service, action, body)),
        };
        let result =
            result.unwrap_or_else(|| Err(ApiError::not_simulated(&format!("{service}:{action}"))));
        if let Err(error) = &result
            && error.status == 501
        {
            self.unknown.push(format!("{service}:{action}: {}", error.message));
        }
        result
    }

    fn caller(&self, key: Option<&AccessKey>) -> Caller {
        let id = key.map(|key| key.id.as_str());
        let may = |service: &str, action: &str| {
            key.is_some_and(|key| key.allows(service, action))
                && !self.faults.denies(service, action, id)
        };
        Caller {
            now: self.now,
            principal: key.map(|key| key.principal.clone()).unwrap_or_default(),
            may_tag: may("ecs", "TagResource"),
            may_pass_role: may("iam", "PassRole"),
        }
    }

    fn key(&self, request: &Request) -> Option<&AccessKey> {
        let id = request.access_key.as_deref()?;
        self.world.keys.iter().find(|key| key.id == id)
    }

    /// The key of a call that needs one; refuses unknown, expired and half-shown keys.
    fn check_key(&self, request: &Request) -> Result<Option<AccessKey>, ApiError> {
        let service = request.service.as_str();
        let needs_none = service == "sts" && sts::UNSIGNED.contains(&request.action.as_str());
        if request.access_key.is_none() {
            return if needs_none { Ok(None) } else { Err(principals::missing_key(service)) };
        }
        let key = self.key(request).ok_or_else(|| principals::unknown_key(service))?;
        if key.session_token.is_some() && key.session_token != request.session_token {
            return Err(principals::unknown_key(service));
        }
        if key.expires_at.is_some_and(|at| at <= self.now) {
            return Err(principals::expired_key(service));
        }
        Ok(Some(key.clone()))
    }

    fn record(&mut self, request: &Request, reply: &Reply) {
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
        });
    }
}

fn read(
    world: &World,
    caller: &Caller,
    service: &str,
    action: &str,
    body: &Value,
) -> Option<Result<Value, ApiError>> {
    match service {
        "ecs" => ecs::read(world, caller, action, body),
        "elasticloadbalancing" => elb::read(world, action, body),
        _ => None,
    }
}

fn change(
    world: &mut World,
    caller: &Caller,
    service: &str,
    action: &str,
    body: &Value,
) -> Option<Result<Value, ApiError>> {
    match service {
        "ecs" => ecs::change(world, caller, action, body),
        "elasticloadbalancing" => elb::change(world, caller, action, body),
        _ => None,
    }
}

fn missing_action(service: &str, action: &str) -> ApiError {
    match service {
        "ecs" => {
            ApiError::client("UnknownOperationException", format!("Unknown operation {action}"))
        }
        _ => ApiError::client("InvalidAction", format!("Could not find operation {action}")),
    }
}

fn throttled(service: &str) -> ApiError {
    let code = if service == "ecs" { "ThrottlingException" } else { "Throttling" };
    ApiError::client(code, "Rate exceeded")
}

fn server_error(service: &str, status: u16) -> ApiError {
    let code = match (service, status) {
        ("ecs", 500) => "ServerException",
        (_, 500) => "InternalFailure",
        _ => "ServiceUnavailable",
    };
    ApiError::new(status, code, "The service cannot answer at the moment.")
}
