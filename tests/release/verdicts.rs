//! What a verdict leaves behind: its evidence, a tag of the revision, what it cost the users.

use crate::judged::{busy, judging, wanted};
use crate::world::World;
use ecs_canary::apply::{preview, verdict_so_far};
use ecs_canary::model::{AgainRule, Goal, OutcomeKind, Verdict};
use ecs_sim::cloud::{TaskFate, TrafficPlan};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

async fn judged_bad() -> (World, crate::world::Told) {
    let world = busy(TrafficPlan::steady(10.0)).await;
    world.fate(2, TaskFate::errors(0.08));
    let told = world.release(&wanted(&world, Goal::Release, 2, &judging())).await;
    assert_eq!(told.kind(), OutcomeKind::CanaryFailed, "{} {}", told.reason(), told.log);
    (world, told)
}

fn verdict_tag(world: &World, revision: &str) -> String {
    world.tags(revision).get("ecs-canary:verdict").cloned().unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn a_bad_verdict_leaves_its_evidence_and_what_it_cost() {
    let (world, told) = judged_bad().await;
    let evidence = told.ended.outcome.verdict.as_deref().expect("evidence");
    assert_eq!((evidence.verdict, evidence.share.as_deref()), (Verdict::Fail, Some("10")));
    let errors = &evidence.metrics[0];
    assert_eq!(errors.metric, "errors");
    assert!(errors.canary_bad >= 3 && errors.ln_share >= 20.0_f64.ln(), "{evidence:?}");
    let steps = &told.ended.steps;
    let kept = steps.iter().filter(|step| step.verdict.as_deref() == Some(evidence)).count();
    assert_eq!(kept, 1, "the wait of the first share");
    let cost = evidence.users.expect("somebody met it");
    assert!(cost.failed >= errors.canary_bad && cost.requests >= errors.canary_requests);
    let times = cost.all_at_once as f64 / cost.failed as f64;
    assert!((7.0..14.0).contains(&times), "a tenth of the requests met it: {cost:?}");
    assert!(told.log.contains(&format!("users  {cost}")), "{}", told.log);
    let tag = verdict_tag(&world, "canary-release:1");
    assert!(tag.starts_with("1 fail at 20") && tag.contains(" of 102/00000"), "{tag}");
    let counts = format!("by errors {}/{} ", errors.canary_bad, errors.canary_requests);
    assert!(tag.contains(&counts), "{tag} {counts}");
}

#[tokio::test(start_paused = true)]
async fn a_healthy_verdict_leaves_its_evidence_too() {
    let world = busy(TrafficPlan::steady(10.0)).await;
    world.fate(2, TaskFate::errors(0.001));
    let told = world.release(&wanted(&world, Goal::Release, 2, &judging())).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{} {}", told.reason(), told.log);
    let evidence = told.ended.outcome.verdict.as_deref().expect("evidence");
    assert_eq!((evidence.verdict, evidence.share.as_deref()), (Verdict::Pass, Some("50")));
    let shares = told.ended.steps.iter().filter_map(|step| step.verdict.as_deref()?.share.clone());
    assert_eq!(shares.collect::<Vec<_>>(), ["10", "50"]);
    let tag = verdict_tag(&world, "canary-release:1");
    assert!(tag.starts_with("1 pass at 20"), "{tag}");
    assert!(!told.log.contains("users  "), "{}", told.log);
}

#[tokio::test(start_paused = true)]
async fn a_bad_release_is_remembered_after_another_one_came() {
    let (world, _) = judged_bad().await;
    world.fate(3, TaskFate::errors(0.001));
    let told = world.release(&wanted(&world, Goal::Canary, 3, &judging())).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{} {}", told.reason(), told.log);
    let told = world.release(&world.stepped(Goal::Abort, 3)).await;
    assert!(told.kind().is_good(), "{} {}", told.reason(), told.log);
    let moves = world.moves().len();
    for goal in [Goal::Release, Goal::Canary, Goal::Full] {
        let told = world.release(&wanted(&world, goal, 2, &judging())).await;
        assert_eq!(told.kind(), OutcomeKind::CanaryFailed, "{} {}", told.reason(), told.log);
        assert!(told.reason().contains("this release was judged bad at 20"), "{}", told.reason());
        assert_eq!(world.moves().len(), moves, "nothing was changed");
    }
    let mut again = wanted(&world, Goal::Canary, 2, &judging());
    again.course.again = AgainRule::Allow;
    let told = world.release(&again).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{} {}", told.reason(), told.log);
    let mut anew = wanted(&world, Goal::Abort, 2, &judging());
    world.release(&anew).await;
    anew = wanted(&world, Goal::Canary, 2, &judging());
    anew.identity.pipeline = Some(4711);
    let told = world.release(&anew).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "a new pipeline {}", told.log);
}

#[tokio::test(start_paused = true)]
async fn a_bad_release_goes_full_only_when_it_is_said_again() {
    let (world, _) = judged_bad().await;
    let mut full = wanted(&world, Goal::Full, 2, &judging());
    let told = world.release(&full).await;
    assert_eq!(told.kind(), OutcomeKind::CanaryFailed, "{} {}", told.reason(), told.log);
    assert!(told.reason().contains("it is not tried again"), "{}", told.reason());
    full.course.again = AgainRule::Allow;
    let told = world.release(&full).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{} {}", told.reason(), told.log);
}

#[tokio::test(start_paused = true)]
async fn a_canary_at_its_gate_tells_its_verdict_so_far() {
    let world = busy(TrafficPlan::steady(10.0)).await;
    world.fate(2, TaskFate::errors(0.001));
    let wish = wanted(&world, Goal::Canary, 2, &judging());
    let told = world.release(&wish).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{} {}", told.reason(), told.log);
    let so_far = async || {
        let seen = preview(&world.port, &world.clock, &wish).await.expect("a look");
        verdict_so_far(&world.port, &wish, &seen.observed).await.expect("it counts").expect("told")
    };
    assert_eq!((so_far().await.verdict, so_far().await.lines.len()), (Verdict::NoData, 0));
    world.pass(6 * MINUTE).await;
    assert_eq!(so_far().await.lines, ["too early to tell: 2 min more"]);
    world.pass(14 * MINUTE).await;
    assert_eq!(so_far().await.verdict, Verdict::Pass);
    let changes = world.changes().len();
    let told = world.release(&wish).await;
    assert_eq!(told.kind(), OutcomeKind::NoChange, "{} {}", told.reason(), told.log);
    assert!(told.log.contains("judge  healthy after "), "{}", told.log);
    let evidence = told.ended.outcome.verdict.as_deref().expect("evidence");
    assert_eq!(evidence.verdict, Verdict::Pass);
    assert!(world.changes().len() - changes <= 2, "lease only: {:?}", world.changes());
}
