//! How a call is answered. Owns the order of checks that every call passes: faults, key,
//! expiry, allow list, region, action.

use super::api_error::ApiError;
use super::body;
use super::caller::Caller;
use super::cloud::{Cloud, Trouble};
use super::fate::seconds;
use super::faults::FaultKind;
use super::options::CloudOptions;
use super::principals::{self, AccessKey};
use super::recorded;
use super::request::{Reply, Request};
use super::state::World;
use super::{autoscaling, cloudwatch, ecs, elb, iam, logs, secretsmanager, ssm, sts};
use serde_json::Value;

impl Cloud {
    /// What comes back, faults and all.
    pub(super) fn reply(&mut self, request: &Request, trouble: &Trouble) -> Reply {
        let Request { service, action, .. } = request;
        let principal = self.key(request).map(|key| key.principal.clone()).unwrap_or_default();
        let refusal = match &trouble.decisive {
            None => return Reply::Sent(self.answer(request, trouble.stale)),
            Some(kind @ (FaultKind::NoAnswer { applied } | FaultKind::Silence { applied })) => {
                self.silent |= matches!(kind, FaultKind::Silence { .. });
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
        let elsewhere = request.region.as_deref().filter(|region| {
            !matches!(service.as_str(), "sts" | "iam") && *region != self.world.ids.region()
        });
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

    pub(super) fn carry_out(
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
        "cloudwatch" => cloudwatch::read(world, caller, action, body),
        "logs" => logs::read(world, action, body),
        "application-autoscaling" => autoscaling::read(world, action, body),
        "iam" => iam::read(world, action, body),
        "secretsmanager" => secretsmanager::read(world, action, body),
        "ssm" => ssm::read(world, action, body),
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
        "cloudwatch" => cloudwatch::change(world, caller, action, body),
        "logs" => logs::change(world, caller, action, body),
        "application-autoscaling" => autoscaling::change(world, caller, action, body),
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
    let query = matches!(service, "elasticloadbalancing" | "iam" | "sts");
    let code = if query { "Throttling" } else { "ThrottlingException" };
    ApiError::client(code, "Rate exceeded")
}

fn server_error(service: &str, status: u16) -> ApiError {
    let code = match (service, status) {
        ("ecs", 500) => "ServerException",
        ("cloudwatch", 500) => "InternalServiceFault",
        (_, 500) => "InternalFailure",
        _ => "ServiceUnavailable",
    };
    ApiError::new(status, code, "The service cannot answer at the moment.")
}
