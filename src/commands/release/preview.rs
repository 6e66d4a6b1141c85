//! What would be done, told.

use super::way::way;
use crate::apply;
use crate::aws::AwsCloud;
use crate::commands::{Caller, Console};
use crate::failure::{Exit, Failure};
use crate::model::{Event, Timestamp, Wanted, has_errors};
use crate::plan::{self, Step};

/// Looks, and tells the steps up to the first wait with what the checks say. Gives AWS's time.
///
/// # Errors
/// A read failed, or a check forbids it.
pub(in crate::commands) async fn tell(
    wanted: &Wanted,
    cloud: &AwsCloud,
    caller: &Caller,
    console: Console<'_>,
) -> Result<Timestamp, Failure> {
    let preview = tokio::select! {
        preview = apply::preview(cloud, &caller.clock, wanted) => preview?,
        () = console.cancel.reached(1) => {
            return Err(Failure::new(Exit::Cancelled, "cancelled; nothing was changed"));
        }
    };
    let forbids =
        preview.checked.iter().find(|checked| has_errors(std::slice::from_ref(&checked.finding)));
    if forbids.is_none()
        && preview.plan.changes_something()
        && let Some(text) = plan::giving_way(wanted, &preview.observed)
    {
        console.reporter.emit(Event::fact("before", text));
    }
    for step in &preview.plan.steps {
        let text = match step {
            // What forbids it is the end of this command.
            Step::Finish(outcome) if outcome.refusal.is_some() => continue,
            Step::Finish(outcome) => {
                format!("nothing to do: {}", outcome.reason.as_deref().unwrap_or("done"))
            }
            step => step.to_string(),
        };
        console.reporter.emit(Event::fact("would", text));
    }
    let forbidden = forbids.map(|checked| {
        let refused = Failure::refused(checked.by, checked.finding.to_string());
        match &checked.finding.hint {
            Some(hint) => refused.hint(hint.clone()),
            None => refused,
        }
    });
    for checked in &preview.checked {
        console.reporter.emit(Event::Finding { finding: checked.finding.clone() });
    }
    // A plan that ends at once because something forbids it is no plan.
    let refused = preview.plan.outcome().and_then(|outcome| {
        let refused =
            Failure::refused(outcome.refusal?, outcome.reason.clone().unwrap_or_default());
        Some(match &outcome.hint {
            Some(hint) => refused.hint(hint.clone()),
            None => refused,
        })
    });
    forbidden.or(refused).map_or(Ok(()), Err)?;
    // Where nothing is waited for, the steps above are all.
    if preview.plan.steps.iter().any(|step| matches!(step, Step::Wait(_)))
        && let Some(way) = way(wanted)
    {
        console.reporter.emit(Event::fact("way", way));
    }
    Ok(preview.observed.at)
}
