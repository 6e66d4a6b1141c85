//! The way from the old release to the new one, as the release file declares it.

use super::Declared;
use super::native::native;
use crate::config::{Mode, ReleaseService};
use crate::failure::{Exit, Failure};
use crate::model::{
    Course, Finding, ListenerRuleArn, TargetGroupArn, Traffic, TrafficShare, WeightedTraffic,
};

/// Shares of a release that names none.
const STEPS: [u32; 4] = [50, 100, 250, 500];

/// Reads mode, rule, steps and hold.
///
/// # Errors
/// A mode whose keys are missing or contradict each other.
pub(super) fn course(declared: &Declared) -> Result<Course, Failure> {
    let file = &declared.file;
    let usual = Course::default();
    let steps = match file.steps.as_slice() {
        [] => STEPS.map(TrafficShare::from_tenths).to_vec(),
        steps => steps.iter().map(|step| TrafficShare::from_per_cent(step.value)).collect(),
    };
    let hold = file.hold.as_ref().map_or(usual.hold, |hold| hold.value);
    let traffic = match file.mode.as_ref().map(|mode| mode.value) {
        None | Some(Mode::Twin) => Traffic::Twin,
        Some(Mode::Weighted) => Traffic::Weighted(weighted(declared)?),
        Some(Mode::Native) => Traffic::Native(Box::new(native(declared, hold)?)),
    };
    let gate = file.gate.as_ref().map(|gate| gate.value);
    Ok(Course { traffic, steps, hold, gate, ..usual })
}

fn weighted(declared: &Declared) -> Result<WeightedTraffic, Failure> {
    let file = &declared.file;
    let Some(rule) = &file.listener_rule else {
        return Err(declared.fault(
            Finding::error("mode weighted needs a listener rule").hint(
                "Add `listener_rule: arn:...`, the rule that carries the service's requests.",
            ),
        ));
    };
    let group = |service: Option<&ReleaseService>, side: &str| -> Result<TargetGroupArn, Failure> {
        let Some(service) = service else {
            let text = format!("mode weighted needs services.{side}");
            return Err(declared.fault(Finding::error(text)));
        };
        match &service.target_group {
            Some(group) => Ok(group.value.clone()),
            None => Err(Failure::findings(
                Exit::File,
                vec![
                    Finding::error(format!(
                        "mode weighted needs a target group for {}",
                        service.name.value
                    ))
                    .located(&service.at)
                    .hint("Add `target_group: arn:...`; the two services need one each."),
                ],
            )),
        }
    };
    let full = group(file.full.as_ref(), "full")?;
    let canary = group(file.canary.as_ref(), "canary")?;
    if full == canary {
        let text = "mode weighted needs two target groups, and both services name the same one";
        return Err(declared.fault(Finding::error(text).hint("Use mode twin for a shared one.")));
    }
    let rule = ListenerRuleArn::new(rule.value.as_str());
    Ok(WeightedTraffic { rule, full, canary })
}
