//! Which of the two target groups has the new version: they swap at each release.

use super::standing::newest;
use crate::model::{
    Lifecycle, NativeTraffic, Observed, TargetGroupArn, Traffic, TrafficShare, Wanted,
};

/// The target group of the deployment that is under way; `None` = could not tell, or another mode.
pub fn canary_group(wanted: &Wanted, observed: &Observed) -> Option<TargetGroupArn> {
    let Traffic::Native(native) = &wanted.course.traffic else { return None };
    let lifecycle = under_way(wanted, observed)?;
    lifecycle.group.clone().or_else(|| by_weights(native, observed, lifecycle.share?))
}

/// The share of the requests that it has.
pub fn canary_share(wanted: &Wanted, observed: &Observed) -> Option<TrafficShare> {
    under_way(wanted, observed)?.share
}

fn under_way<'a>(wanted: &Wanted, observed: &'a Observed) -> Option<&'a Lifecycle> {
    let Traffic::Native(_) = wanted.course.traffic else { return None };
    let seen = observed.services.get(&wanted.full.as_ref()?.name)?;
    newest(seen).filter(|newest| !newest.is_over())?.lifecycle.as_ref()
}

/// Without the right to read service revisions the rule tells, unless both have the half.
fn by_weights(
    native: &NativeTraffic,
    observed: &Observed,
    share: TrafficShare,
) -> Option<TargetGroupArn> {
    let rule = observed.rule.as_ref()?.known()?.as_ref()?;
    let alternate = &native.alternate.value;
    let has = rule.weights(&native.group, alternate).share()?;
    let rest = TrafficShare::from_tenths(1000_u32.saturating_sub(has.tenths()));
    match (share == has, share == rest) {
        (true, false) => Some(alternate.clone()),
        (false, true) => Some(native.group.clone()),
        (true, true) | (false, false) => None,
    }
}
