//! Many releases of one kind, judged.

use crate::traffic::{Cell, MINUTES};
use ecs_canary::judge::{Chance, Policy, Ruling, Trial};

/// How many ended how, and when.
#[derive(Debug, Default, Clone)]
pub(crate) struct Tally {
    /// Releases.
    pub(crate) runs: u32,
    /// Minutes at which the evidence sufficed for a FAIL, whether it had passed before or not, in
    /// order. A release may go on for long after a PASS.
    pub(crate) worse: Vec<i64>,
    /// Minutes of the failed ones, in order.
    pub(crate) failed: Vec<i64>,
    /// Minutes of the passed ones, in order.
    pub(crate) passed: Vec<i64>,
}

/// Draws `runs` releases of `cell` and judges each minute by minute.
pub(crate) fn judge(cell: &Cell, policy: &Policy, runs: u32) -> Tally {
    let mut tally = Tally { runs, ..Tally::default() };
    let mut chance = Chance::new(20_261_128);
    for _ in 0..runs {
        let mut trial = Trial::new(policy, 1);
        let (mut ended, mut worse) = (None, None);
        for (minute, counts) in cell.draw(&mut chance) {
            let look = trial.add(minute, &[Some(counts)]).unwrap();
            worse = worse.or(look.is_worse.then_some(minute));
            ended = look.decided_at.map(|minute| (look.ruling, minute));
            if worse.is_some() {
                break;
            }
        }
        tally.worse.extend(worse);
        match ended {
            Some((Ruling::Fail, minute)) => tally.failed.push(minute),
            Some((Ruling::Pass, minute)) => tally.passed.push(minute),
            Some((Ruling::Undecided, _)) | None => {}
        }
    }
    tally.worse.sort_unstable();
    tally.failed.sort_unstable();
    tally.passed.sort_unstable();
    tally
}

impl Tally {
    /// Part of the releases that failed.
    pub(crate) fn fail_rate(&self) -> f64 {
        self.failed.len() as f64 / f64::from(self.runs)
    }

    /// Part of the releases that passed.
    pub(crate) fn pass_rate(&self) -> f64 {
        self.passed.len() as f64 / f64::from(self.runs)
    }

    /// Part of the releases found to be worse by `minute`, a PASS before or not.
    pub(crate) fn worse_by(&self, minute: i64) -> f64 {
        self.worse.partition_point(|at| *at <= minute) as f64 / f64::from(self.runs)
    }

    /// The minute by which this part of all releases had passed.
    pub(crate) fn minutes_to_pass(&self, part: f64) -> Option<i64> {
        (1..=MINUTES).find(|minute| {
            let passed = self.passed.partition_point(|at| at <= minute);
            passed as f64 >= part * f64::from(self.runs)
        })
    }
}
