//! Weights of the listener rule: a share counts when it was read back.

use super::lane::Lane;
use super::revision::Wish;
use super::{Phase, Step, Waiting, WaitingOn, WeightsStep, carries, conclude};
use crate::journal::{WeightsFound, weights_found};
use crate::model::{
    Knowledge, ListenerRule, Outcome, OutcomeKind, Refusal, RuleWeights, Traffic, TrafficShare,
    WeightedTraffic,
};
use std::time::Duration;

/// How long weights that were sent are looked for. ELB shows a change at once; a stale answer
/// of some seconds is possible.
const READ_BACK: Duration = Duration::from_secs(20);

/// Gives the canary `share` of the requests; nothing to do without a rule.
pub(super) fn to(wish: &Wish<'_>, share: TrafficShare) -> Lane {
    let Traffic::Weighted(weighted) = &wish.wanted.course.traffic else { return Lane::Done };
    let rule = match rule(wish) {
        Ok(rule) => rule,
        Err(outcome) => return Lane::Failed(outcome),
    };
    let seen = rule.weights(&weighted.full, &weighted.canary);
    if seen.share() == Some(share) {
        return Lane::Done;
    }
    let to = share.weights();
    let sent = wish.history.weights.as_ref().filter(|sent| sent.to == to);
    if let Some(sent) = sent
        && seen == sent.before
        && wish.observed.at < sent.at.after(READ_BACK)
    {
        return Lane::Steps(vec![wait(weighted, wish, share)]);
    }
    if let Some(lane) = carries::awaited(wish, share) {
        return lane;
    }
    let noted = wish.progress().and_then(|progress| progress.shares);
    let noted = noted.filter(|(noted, _)| *noted == share);
    let expected = match (sent, noted) {
        // What we sent was there, or is not taken: a third value is somebody else's.
        (Some(sent), _) => sent.before,
        (None, Some(noted)) => match weights_found(noted, seen) {
            WeightsFound::AsNoted | WeightsFound::AsBefore | WeightsFound::More => seen,
            // Somebody took traffic away from the canary: not for us to undo.
            WeightsFound::Less => noted.1.weights(),
        },
        (None, None) => seen,
    };
    let step =
        WeightsStep { rule: rule.arn.clone(), traffic: weighted.clone(), expected, to, share };
    Lane::Steps(vec![Step::SetWeights(Box::new(step)), wait(weighted, wish, share)])
}

/// The canary still has the share that it was given: whoever changed it must be asked.
pub(super) fn still(wish: &Wish<'_>, share: TrafficShare) -> Lane {
    let Traffic::Weighted(weighted) = &wish.wanted.course.traffic else { return Lane::Done };
    let rule = match rule(wish) {
        Ok(rule) => rule,
        Err(outcome) => return Lane::Failed(outcome),
    };
    let seen = rule.weights(&weighted.full, &weighted.canary);
    let is_mended = is_mended(wish, share, seen);
    if is_mended && let Some(lane) = carries::awaited(wish, share) {
        return lane;
    }
    match seen.share() {
        Some(now) if now == share => Lane::Done,
        // Its precheck says what is expected and found.
        _ => Lane::Steps(vec![Step::SetWeights(Box::new(WeightsStep {
            rule: rule.arn.clone(),
            traffic: weighted.clone(),
            expected: if is_mended { seen } else { share.weights() },
            to: share.weights(),
            share,
        }))]),
    }
}

/// An earlier run noted `share` and left the canary more: it was killed, or could not note its
/// next step. The smaller share is what was noted, and this run saw nobody change it.
fn is_mended(wish: &Wish<'_>, share: TrafficShare, seen: RuleWeights) -> bool {
    let history = wish.history;
    let saw_it = history.weights.is_some() || !history.holds.is_empty() || history.gate.is_some();
    !saw_it && weights_found((share, share), seen) == WeightsFound::More
}

/// True when the rule gives requests to the canary.
pub(super) fn is_shared(wish: &Wish<'_>) -> bool {
    let Traffic::Weighted(weighted) = &wish.wanted.course.traffic else { return false };
    let Some(Knowledge::Known(Some(rule))) = &wish.observed.rule else { return false };
    rule.weights(&weighted.full, &weighted.canary).canary.is_some_and(|weight| weight > 0)
}

fn rule<'a>(wish: &Wish<'a>) -> Result<&'a ListenerRule, Box<Outcome>> {
    match &wish.observed.rule {
        Some(Knowledge::Known(Some(rule))) => Ok(rule),
        Some(Knowledge::Known(None)) => Err(Box::new(
            Outcome::refused(Refusal::Preflight)
                .because("the listener rule does not exist (any more)")
                .hinting("check `listener_rule` of the release file"),
        )),
        Some(Knowledge::CouldNotTell(why)) => Err(Box::new(
            Outcome::new(OutcomeKind::Denied)
                .because(format!("the listener rule could not be read: {why}"))
                .hinting("docs/iam.md lists the permissions that a release needs"),
        )),
        None => Err(Box::new(
            Outcome::new(OutcomeKind::Internal).because("the listener rule was not looked at"),
        )),
    }
}

fn wait(weighted: &WeightedTraffic, wish: &Wish<'_>, share: TrafficShare) -> Step {
    let service = wish.wanted.canary.as_ref().map(|canary| canary.name.clone());
    let service = service.or_else(|| conclude::lead(wish).map(|lead| lead.name.clone()));
    Step::Wait(Waiting {
        service: service.unwrap_or_else(|| crate::model::ServiceName::new("")),
        phase: Phase::Forward,
        on: WaitingOn::Weights { rule: weighted.rule.clone(), share },
    })
}
