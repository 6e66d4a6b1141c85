//! What Amazon's documentation leaves open, both ways: each release comes to the same truthful
//! end however AWS behaves there.

use crate::world::{Told, World, no_breaker};
use ecs_canary::model::{CountRule, Goal, OutcomeKind, RollbackTo, Timestamp, Wanted};
use ecs_canary::ports::Clock as _;
use ecs_sim::cloud::{Switches, TaskFate};
use std::time::Duration;

/// A point and how it is settled the other way.
type OpenPoint = (&'static str, fn(&mut Switches));

const POINTS: [OpenPoint; 9] = [
    ("a task that exits right after RUNNING counts for the breaker", |switches| {
        switches.exit_after_running_counts ^= true;
    }),
    ("stopping tasks count towards the maximum", |switches| {
        switches.stopping_counts_towards_maximum ^= true;
    }),
    ("a rollback has the id of the deployment that it goes back to", |switches| {
        switches.rollback_reuses_id ^= true;
    }),
    ("scale-in takes the newest task first", |switches| switches.scale_in_newest_first ^= true),
    ("a superseded service deployment ends as STOPPED", |switches| {
        switches.superseded_is_stopped ^= true;
    }),
    ("a superseded service deployment ends at once", |switches| {
        switches.superseded_stops_at_once ^= true;
    }),
    ("the answer of UpdateService names the new service deployment", |switches| {
        switches.update_answer_is_fresh ^= true;
    }),
    ("the back-off doubles", |switches| switches.back_off_doubles ^= true),
    ("pendingCount counts PENDING tasks only", |switches| {
        switches.pending_count_is_strict ^= true;
    }),
];

/// A release that is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Play {
    TwinAsCanaryAndInFull,
    TwinWithItsHold,
    ByWeights,
    WayBack,
    Native,
    NativeWayBack,
    BreakerGoesBack,
    CanaryCrashesByWeights,
    NoBreakerAndNeverUp,
    ExitsAfterRunning,
    Superseded,
    FewerTasks,
}

const PLAYS: [Play; 12] = [
    Play::TwinAsCanaryAndInFull,
    Play::TwinWithItsHold,
    Play::ByWeights,
    Play::WayBack,
    Play::Native,
    Play::NativeWayBack,
    Play::BreakerGoesBack,
    Play::CanaryCrashesByWeights,
    Play::NoBreakerAndNeverUp,
    Play::ExitsAfterRunning,
    Play::Superseded,
    Play::FewerTasks,
];

impl Play {
    /// How it ends, and what AWS is left with.
    async fn end(self, switches: Switches) -> String {
        let (world, told) = Box::pin(self.told(switches)).await;
        let kind = told.kind();
        // Whether that ends by the breaker or by the deadline is the open point itself.
        if self == Self::ExitsAfterRunning {
            let by = [OutcomeKind::FailedRolledBack, OutcomeKind::TimedOut];
            assert!(by.contains(&kind), "{kind:?}: {}\n{}", told.reason(), told.log);
            return told.reason().split(';').next().unwrap_or_default().to_owned();
        }
        format!("{kind:?}; {}; weights {}; {:?}", world.state(), world.weights(), world.all_tags())
    }

    async fn told(self, switches: Switches) -> (World, Told) {
        let world = match self {
            Self::Native | Self::NativeWayBack => World::native_with(switches).await,
            Self::ByWeights | Self::CanaryCrashesByWeights => {
                World::quick_with(switches).with_two_groups()
            }
            _ => World::quick_with(switches),
        };
        let told = match self {
            Self::Native => world.release(&world.native_wish(Goal::Release, 2)).await,
            Self::NativeWayBack => {
                world.native_released(2).await;
                let back = Goal::Rollback(RollbackTo::LastGood);
                world.release(&world.native_wish(back, 0)).await
            }
            _ => {
                world.released(1).await;
                Box::pin(self.by_two_services(&world)).await
            }
        };
        (world, told)
    }

    async fn by_two_services(self, world: &World) -> Told {
        let full = || world.wanted(Goal::Full, 2);
        match self {
            Self::TwinAsCanaryAndInFull => {
                let canary = world.release(&world.wanted(Goal::Canary, 2)).await;
                assert_eq!(canary.kind(), OutcomeKind::Succeeded, "{}", canary.log);
                world.release(&full()).await
            }
            Self::TwinWithItsHold => {
                let mut wanted = world.wanted(Goal::Release, 2);
                wanted.course.hold = Duration::from_secs(60);
                world.release(&wanted).await
            }
            Self::ByWeights => world.release(&world.stepped(Goal::Release, 2)).await,
            Self::CanaryCrashesByWeights => {
                world.fate(2, TaskFate::crash_at_start(3));
                world.release(&world.stepped(Goal::Release, 2)).await
            }
            Self::WayBack => {
                world.released(2).await;
                world.release(&world.rollback()).await
            }
            Self::BreakerGoesBack => {
                world.fate(2, TaskFate::crash_at_start(3));
                world.release(&full()).await
            }
            Self::NoBreakerAndNeverUp => {
                world.fate(2, TaskFate::crash_at_start(3));
                let mut wanted = Wanted { deadline: world.in_minutes(10), ..full() };
                no_breaker(&mut wanted);
                world.release(&wanted).await
            }
            Self::ExitsAfterRunning => {
                world.fate(2, TaskFate::crash_after(2.0, 3));
                world.release(&Wanted { deadline: world.in_minutes(10), ..full() }).await
            }
            Self::Superseded => {
                let wanted = full();
                let colleague = async {
                    world.pass(Duration::from_secs(8)).await;
                    world.colleague(9);
                };
                let (told, ()) = tokio::join!(world.release(&wanted), colleague);
                world.pass(Duration::from_secs(600)).await;
                told
            }
            Self::FewerTasks => {
                let mut wanted = world.wanted(Goal::Scale, 1);
                if let Some(service) = &mut wanted.full {
                    service.count = CountRule::Always(1);
                }
                world.release(&wanted).await
            }
            Self::Native | Self::NativeWayBack => unreachable!("plays with one service"),
        }
    }
}

impl World {
    fn in_minutes(&self, minutes: u64) -> Timestamp {
        self.clock.now().after(Duration::from_secs(60 * minutes))
    }
}

/// What each play comes to, in the first words of its end.
fn is_expected(play: Play, end: &str) -> bool {
    let kind = match play {
        Play::TwinAsCanaryAndInFull
        | Play::TwinWithItsHold
        | Play::ByWeights
        | Play::WayBack
        | Play::Native
        | Play::NativeWayBack
        | Play::FewerTasks => "Succeeded;",
        Play::BreakerGoesBack | Play::CanaryCrashesByWeights => "FailedRolledBack;",
        Play::NoBreakerAndNeverUp => "TimedOut;",
        Play::ExitsAfterRunning => "container web ends with exit code 3",
        Play::Superseded => "Superseded;",
    };
    end.starts_with(kind)
}

#[tokio::test(start_paused = true)]
async fn every_release_ends_the_same_however_an_open_point_is_settled() {
    let mut runs = 0;
    for play in PLAYS {
        let usual = Box::pin(play.end(Switches::default())).await;
        assert!(is_expected(play, &usual), "{play:?}: {usual}");
        for (point, settle) in POINTS {
            let mut switches = Switches::default();
            settle(&mut switches);
            let other = Box::pin(play.end(switches)).await;
            assert_eq!(other, usual, "{play:?}, the other way: {point}");
            runs += 1;
        }
    }
    println!("{runs} runs: {} releases, {} open points the other way", PLAYS.len(), POINTS.len());
}
