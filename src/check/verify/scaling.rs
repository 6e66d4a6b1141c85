//! The check of a service's autoscaling: is something suspended that a dead release left?

use crate::journal::{Reading, ScalingNote, ScalingNoted, read};
use crate::model::{Answer, CheckLine, Knowledge, Observed, ScaleIn, ServiceWanted, Wanted};
use crate::plan;

/// One line for a service that is autoscaled, or for which that could not be told.
pub(super) fn line(
    service: &ServiceWanted,
    wanted: &Wanted,
    observed: &Observed,
) -> Option<CheckLine> {
    let what = ("autoscaling", service.name.as_str());
    let target = match observed.scaling.get(&service.name)? {
        Knowledge::Known(None) => return None,
        Knowledge::CouldNotTell(why) => {
            return Some(CheckLine::new(what, Answer::CouldNotTell, why.clone()));
        }
        Knowledge::Known(Some(target)) => target,
    };
    let tags = &observed.state(&service.name)?.tags;
    let text = |rest: String| format!("{target}, {rest}");
    Some(match (target.scale_in, ScalingNote::read(tags)) {
        (ScaleIn::On, _) => CheckLine::new(what, Answer::Ok, text("scale-in is on".to_owned())),
        (ScaleIn::Suspended, ScalingNoted::Open(note)) if is_under_way(wanted, observed) => {
            let rest = format!("scale-in is suspended by {}", note.words());
            CheckLine::new(what, Answer::Ok, text(rest))
        }
        (ScaleIn::Suspended, ScalingNoted::Open(note)) => {
            let rest = format!("scale-in was left suspended by {}", note.words());
            CheckLine::new(what, Answer::Failed, text(rest))
                .hinting("`ecs-canary gc --releases` resumes it, and so does the next release")
        }
        // On purpose, for all that is known.
        (ScaleIn::Suspended, ScalingNoted::Nothing | ScalingNoted::Unreadable(_)) => {
            let rest = "scale-in is suspended, by no release".to_owned();
            CheckLine::new(what, Answer::Ok, text(rest))
        }
    })
}

fn is_under_way(wanted: &Wanted, observed: &Observed) -> bool {
    let reading = plan::keeper(wanted, observed).map(|keeper| read(&keeper.tags));
    match reading {
        Some(Reading::Known(record)) => record.lease.is_alive(observed.at),
        Some(Reading::Nothing | Reading::Unreadable { .. }) | None => false,
    }
}
