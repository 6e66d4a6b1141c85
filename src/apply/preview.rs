//! What would be done, without doing anything: for `plan` and `--dry-run`.

use super::eyes::{self, Eyes};
use crate::check::{self, Checked};
use crate::model::{CallError, CallErrorKind, Observed, Wanted};
use crate::plan::{self, History, Plan};
use crate::ports::{Clock, Cloud};
use std::time::Duration;

/// Looks before a read that is not answered ends the preview.
const TRIES: u32 = 3;
/// Pause between them.
const PAUSE: Duration = Duration::from_secs(2);

/// One look, what would be done, and what the checks say.
#[derive(Debug, Clone, PartialEq)]
pub struct Preview {
    /// What was seen.
    pub observed: Observed,
    /// The steps up to the first wait.
    pub plan: Plan,
    /// What the checks say.
    pub checked: Vec<Checked>,
}

/// Looks and plans; changes nothing.
///
/// # Errors
/// When a read that a release cannot do without failed.
pub async fn preview<C: Cloud>(
    cloud: &C,
    clock: &impl Clock,
    wanted: &Wanted,
) -> Result<Preview, CallError> {
    let mut observed = look(cloud, clock, wanted).await?;
    eyes::target_groups(cloud, wanted, &mut observed).await;
    let mut history = History::default();
    history.look(&observed);
    let plan = plan::next(wanted, &observed, &history, clock.now());
    let checked = check::before(wanted, &observed, &plan);
    Ok(Preview { observed, plan, checked })
}

/// A read that is not answered is tried again: one that a release can do without is then known
/// to be such a one.
async fn look<C: Cloud>(
    cloud: &C,
    clock: &impl Clock,
    wanted: &Wanted,
) -> Result<Observed, CallError> {
    let mut eyes = Eyes::default();
    for _ in 1..TRIES {
        match eyes.look(cloud, clock, wanted).await {
            Err(error) if error.kind == CallErrorKind::NoAnswer => clock.sleep(PAUSE).await,
            other => return other,
        }
    }
    eyes.look(cloud, clock, wanted).await
}
