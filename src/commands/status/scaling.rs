//! Autoscaling in the answer of `status`.

use crate::journal::{ScalingNote, ScalingNoted};
use crate::model::{Knowledge, Observed, ReleaseStatus, ScaleIn, ScalingStatus, Wanted};

/// Adds what is known of the services' autoscaling, and what could not be told.
pub(super) fn add(status: &mut ReleaseStatus, wanted: &Wanted, observed: &Observed) {
    for service in wanted.full.iter().chain(&wanted.canary) {
        let name = &service.name;
        let Some(state) = observed.state(name) else { continue };
        let noted = ScalingNote::read(&state.tags);
        match observed.scaling.get(name) {
            Some(Knowledge::Known(Some(target))) => status.scaling.push(ScalingStatus {
                service: name.to_string(),
                least: target.least,
                most: target.most,
                scale_in_suspended: target.scale_in == ScaleIn::Suspended,
                suspended_by: match &noted {
                    ScalingNoted::Open(note) => Some(note.words()),
                    ScalingNoted::Nothing | ScalingNoted::Unreadable(_) => None,
                },
            }),
            Some(Knowledge::CouldNotTell(why)) => {
                let what = format!("whether {name} is autoscaled: {why}");
                status.could_not_tell.push(what);
            }
            Some(Knowledge::Known(None)) | None => {}
        }
        if let ScalingNoted::Unreadable(text) = noted {
            let what = format!("the scaling note of {name} is not of this version: {text}");
            status.could_not_tell.push(what);
        }
    }
}
