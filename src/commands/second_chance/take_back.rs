//! The second chance itself, in the cleanup stage of the job.

use super::note::{Act, UnderWay, read};
use crate::apply;
use crate::aws::{self, AwsCloud};
use crate::commands::caller::RightsOf;
use crate::commands::{Caller, JobSeat};
use crate::journal::{self, Reading};
use crate::model::{Event, OnCancel, OutcomeKind, Wanted};
use crate::plan;
use crate::ports::{CancelHandle, Clock as _, Reporter};
use std::time::Duration;

/// How long the cleanup stage goes on; what was begun goes on in AWS without us.
const LIMIT: Duration = Duration::from_secs(60);
/// For the last call to be answered.
const LAST_CALL: Duration = Duration::from_secs(15);

/// What became of a command whose run stage was killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecondChance {
    /// `on_cancel: leave`: it goes on.
    Left,
    /// It was taken back.
    TakenBack,
    /// It was begun to be taken back; AWS goes on with it.
    Begun,
    /// A rollback, or a change of counts, was brought to its end.
    Finished,
    /// A rollback, or a change of counts, goes on in AWS.
    GoesOn,
    /// Its AWS keys were the script's, and are gone with it.
    NoKeys,
    /// It could not be done.
    Failed(OutcomeKind),
}

/// Takes back, or brings to its end, what a killed run stage left under way, as the same job and
/// with the job's own variables. Once more does no harm.
pub async fn take_back(seat: &JobSeat<'_>, reporter: &impl Reporter) -> Option<SecondChance> {
    let under_way = read(seat.state_dir)?;
    let (caller, _) = Caller::of_job(seat, seat.variables());
    let work = carry_out(&under_way, &caller, reporter);
    let ended = tokio::time::timeout(LIMIT + LAST_CALL, work).await;
    Some(ended.unwrap_or_else(|_| under_way.act.too_late()))
}

async fn carry_out(
    under_way: &UnderWay,
    caller: &Caller,
    reporter: &impl Reporter,
) -> SecondChance {
    let failed = |why| match under_way.rights {
        RightsOf::Script => SecondChance::NoKeys,
        RightsOf::Job => SecondChance::Failed(why),
    };
    let access = caller.aws(under_way.region.clone(), under_way.role.clone());
    let Ok(access) = access else { return failed(OutcomeKind::Invalid) };
    let Ok(cloud) = aws::connect(&access).await else { return failed(OutcomeKind::Denied) };
    let deadline = caller.clock.now().after(LIMIT.mul_f64(caller.speed()));
    let wanted = Wanted { deadline, ..under_way.wanted(caller) };
    if under_way.act == Act::TakeBack && leaves(under_way, &wanted, &cloud, caller).await {
        // Autoscaling is no deployment that could go on.
        apply::resume_scaling(&cloud, &caller.clock, reporter, &wanted).await;
        return SecondChance::Left;
    }
    let (_handle, cancel) = CancelHandle::new();
    let ended = apply::run(&cloud, &caller.clock, reporter, &cancel, &wanted).await;
    match ended.outcome.outcome {
        OutcomeKind::Succeeded | OutcomeKind::NoChange => under_way.act.done(),
        OutcomeKind::TimedOut => under_way.act.too_late(),
        OutcomeKind::Denied => failed(OutcomeKind::Denied),
        other => SecondChance::Failed(other),
    }
}

/// Whether the policy leaves it as it is: the tags tell how far the release is.
async fn leaves(under_way: &UnderWay, wanted: &Wanted, cloud: &AwsCloud, caller: &Caller) -> bool {
    let policy = under_way.on_cancel;
    if policy.canary == policy.full {
        return policy.full == OnCancel::Leave;
    }
    // What cannot be looked at cannot be taken back either.
    let Ok(preview) = apply::preview(cloud, &caller.clock, wanted).await else { return false };
    let keeper = plan::keeper(wanted, &preview.observed);
    let is_past = match keeper.map(|keeper| journal::read(&keeper.tags)) {
        Some(Reading::Known(record)) => {
            record.progress.is_some_and(|progress| progress.phase.is_past_the_canary())
        }
        Some(Reading::Nothing | Reading::Unreadable { .. }) | None => false,
    };
    let phase = if is_past { policy.full } else { policy.canary };
    phase == OnCancel::Leave
}

impl Act {
    fn done(&self) -> SecondChance {
        match self {
            Self::TakeBack => SecondChance::TakenBack,
            Self::RollBack(_) | Self::Scale => SecondChance::Finished,
        }
    }

    fn too_late(&self) -> SecondChance {
        match self {
            Self::TakeBack => SecondChance::Begun,
            Self::RollBack(_) | Self::Scale => SecondChance::GoesOn,
        }
    }
}

/// Says nothing: the Runner's log is not the job's, and is not masked.
#[derive(Debug)]
pub struct Silent;

impl Reporter for Silent {
    fn emit(&self, _event: Event) {}
}
