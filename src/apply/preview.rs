//! What would be done, without doing anything: for `plan` and `--dry-run`.

use super::eyes::{self, Eyes};
use crate::check::{self, Checked};
use crate::model::{CallError, Observed, Wanted};
use crate::plan::{self, History, Plan};
use crate::ports::{Clock, Ecs, LoadBalancer};

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
pub async fn preview<C: Ecs + LoadBalancer>(
    cloud: &C,
    clock: &impl Clock,
    wanted: &Wanted,
) -> Result<Preview, CallError> {
    let mut observed = Eyes::default().look(cloud, clock, wanted).await?;
    eyes::target_groups(cloud, wanted, &mut observed).await;
    let mut history = History::default();
    history.look(&observed);
    let plan = plan::next(wanted, &observed, &history, clock.now());
    let checked = check::before(wanted, &observed, &plan);
    Ok(Preview { observed, plan, checked })
}
