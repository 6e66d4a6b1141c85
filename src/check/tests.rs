//! What the checks say of small worlds.

use super::{Checked, Violation, before};
use crate::check;
use crate::model::samples::{
    arn, at, deployment, identity, live, look, revision, rolling, seen, service, wanted,
};
use crate::model::{
    ContainerName, CountRule, Goal, Knowledge, LoadBalancerBinding, Observed, OlderRule,
    RolloutState, ServiceDeploymentStatus as Status, ServiceName, ServiceState, Severity,
    TargetGroupArn, Wanted,
};
use crate::plan::{self, Attempt, History, Plan, RevisionRef, Sent, Step};
use insta::assert_snapshot;
use serde_json::json;

fn state() -> ServiceState {
    service(vec![rolling("PRIMARY", 5, RolloutState::Completed)])
}

fn world(state: ServiceState) -> Observed {
    look(seen(Some(state), vec![deployment("d-5", 5, Status::Successful)], &[5]))
}

fn checked(wanted: &Wanted, observed: &Observed) -> Vec<Checked> {
    let mut history = History::default();
    history.look(observed);
    let first = plan::next(wanted, observed, &history, crate::model::samples::at(0));
    before(wanted, observed, &first)
}

/// Findings in words, with their weight and kind of refusal.
fn words(checked: &[Checked]) -> String {
    let line = |one: &Checked| {
        let hint = one.finding.hint.as_deref().unwrap_or("-");
        match one.finding.severity {
            Severity::Error => format!("{:?}: {} / {hint}", one.by, one.finding),
            other => format!("{other:?}: {} / {hint}", one.finding),
        }
    };
    checked.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_sound_release_has_no_finding() {
    assert_eq!(words(&checked(&wanted(Goal::Full, 6), &world(state()))), "");
}

#[test]
fn a_service_that_could_be_created_and_never_moved_is_told() {
    let mut wanted = wanted(Goal::Full, 6);
    let service = wanted.full.as_mut().unwrap();
    service.count = CountRule::AtCreate(1);
    service.percents = Some(crate::model::HealthyPercents { minimum: 90, maximum: 120 });
    assert_snapshot!(words(&checked(&wanted, &look(seen(None, vec![], &[])))), @"Warning: web: 1 wanted with per cents 90/120: it can be created, but at its next deployment ECS may neither start nor stop a task / raise the maximum, lower the minimum, or use more tasks");
}

#[test]
fn a_missing_cluster_is_the_only_finding() {
    let observed = Observed { cluster_found: false, ..world(state()) };
    assert_snapshot!(words(&checked(&wanted(Goal::Full, 6), &observed)), @"Preflight: cluster prod does not exist / check its name, the region and the account");
}

#[test]
fn a_wrong_container_or_port_names_the_nearest() {
    let mut wanted = wanted(Goal::Full, 6);
    let service = wanted.full.as_mut().unwrap();
    let group = TargetGroupArn::new("arn:group");
    let mut binding = LoadBalancerBinding {
        target_group: Some(group.clone()),
        container: ContainerName::new("wbe"),
        port: 80,
    };
    service.load_balancer = Some(binding.clone());
    let mut observed = world(state());
    observed.target_groups.insert(group, Knowledge::Known(None));
    assert_snapshot!(words(&checked(&wanted, &observed)), @r#"
    Preflight: web: the load balancer wants container "wbe", the task definition has web / write "web"
    Preflight: web: target group arn:group does not exist / check its ARN, the region and the account
    "#);
    binding.container = ContainerName::new("web");
    wanted.full.as_mut().unwrap().load_balancer = Some(binding);
    assert_snapshot!(words(&checked(&wanted, &observed)), @r#"
    Preflight: web: the load balancer wants port 80 of container "web", which opens none / add "80" to `ports` of web, or use a port it has
    Preflight: web: target group arn:group does not exist / check its ARN, the region and the account
    "#);
}

#[test]
fn a_target_group_that_could_not_be_read_is_neither_good_nor_bad() {
    let mut wanted = wanted(Goal::Full, 6);
    let group = TargetGroupArn::new("arn:group");
    wanted.full.as_mut().unwrap().load_balancer = Some(LoadBalancerBinding {
        target_group: Some(group.clone()),
        container: ContainerName::new("web"),
        port: 80,
    });
    let task = wanted.full.as_mut().unwrap().task.as_mut().unwrap();
    let mut body = task.body().clone();
    body["containerDefinitions"][0]["portMappings"] = json!([{ "containerPort": 80 }]);
    *task = crate::model::TaskDefinitionSpec::new(body);
    let mut observed = world(state());
    observed.target_groups.insert(group, Knowledge::CouldNotTell("access denied".to_owned()));
    assert_snapshot!(words(&checked(&wanted, &observed)), @"CouldNotTell: web: could not look at the target group: access denied / -");
}

#[test]
fn per_cents_without_room_are_refused_before_the_first_change() {
    let mut wanted = wanted(Goal::Full, 6);
    wanted.full.as_mut().unwrap().percents = Some("100/125".parse().unwrap());
    assert_snapshot!(words(&checked(&wanted, &world(state()))), @"Preflight: web: 3 wanted with per cents 100/125: ECS may neither start nor stop a task / raise the maximum, lower the minimum, or use more tasks");
    let service = wanted.full.as_mut().unwrap();
    service.percents = Some("100/100".parse().unwrap());
    service.count = CountRule::Always(1);
    assert_snapshot!(words(&checked(&wanted, &world(state()))), @"Preflight: web: per cents 100/100 block every deployment, ECS refuses them / use 100/200 (new tasks first) or 0/100 (old tasks first)");
}

#[test]
fn a_service_that_is_deleted_or_deployed_otherwise_is_refused() {
    let mut draining = state();
    draining.status = "DRAINING".to_owned();
    assert_snapshot!(words(&checked(&wanted(Goal::Full, 6), &world(draining))), @"Preflight: service web is DRAINING / it is being deleted: wait until it is gone, then run again");
    let mut other = state();
    other.controller = Some("EXTERNAL".to_owned());
    assert_snapshot!(words(&checked(&wanted(Goal::Full, 6), &world(other))), @"Preflight: service web is deployed by EXTERNAL, not by ECS itself / use that tool, or change its deployment controller");
}

#[test]
fn scheduling_cannot_be_changed() {
    let mut wanted = wanted(Goal::Service, 6);
    let extra = &mut wanted.full.as_mut().unwrap().create_extra;
    extra.insert("schedulingStrategy".to_owned(), json!("DAEMON"));
    assert_snapshot!(words(&checked(&wanted, &world(state()))), @"Preflight: service web is scheduled as REPLICA, DAEMON is wanted / ECS cannot change it: use another service name");
}

#[test]
fn scale_and_rollback_need_a_service() {
    let nothing = look(seen(None, Vec::new(), &[]));
    let mut scale = wanted(Goal::Scale, 0);
    scale.full.as_mut().unwrap().count = CountRule::Always(2);
    assert_snapshot!(words(&checked(&scale, &nothing)), @"Preflight: service web does not exist / check its name; cluster prod was searched");
}

fn occupied_by(number: u64) -> Observed {
    let state = service(vec![
        rolling("PRIMARY", number, RolloutState::InProgress),
        rolling("ACTIVE", 5, RolloutState::Completed),
    ]);
    let all = vec![
        deployment("d-x", number, Status::InProgress),
        deployment("d-5", 5, Status::Successful),
    ];
    look(seen(Some(state), all, &[5, number]))
}

#[test]
fn somebody_elses_deployment_under_way_refuses_ours() {
    let theirs = occupied_by(6);
    assert_snapshot!(words(&checked(&wanted(Goal::Full, 7), &theirs)), @"OtherRelease: web: another deployment is under way (web:6, IN_PROGRESS, pipeline 6, commit 00000000) / wait for its end, or take it back with `ecs-canary rollback`");
    assert_snapshot!(words(&checked(&wanted(Goal::Service, 7), &theirs)), @"Warning: web: another deployment is under way (web:6, IN_PROGRESS, pipeline 6, commit 00000000): it is pushed aside / -");
}

#[test]
fn a_deployment_that_has_an_end_is_not_in_the_way_whatever_it_is_called() {
    let mut theirs = occupied_by(6);
    let seen = theirs.services.values_mut().next().unwrap();
    let Knowledge::Known(all) = &mut seen.deployments else { panic!("they are known") };
    for one in all {
        one.status = Status::Unknown("REWOUND".to_owned());
        one.finished_at = Some(at(90));
    }
    assert_eq!(words(&checked(&wanted(Goal::Full, 7), &theirs)), "");
}

#[test]
fn our_own_release_under_way_and_a_rollback_may_go_on() {
    assert_eq!(words(&checked(&wanted(Goal::Full, 6), &occupied_by(6))), "");
    let rollback = wanted(Goal::Rollback(crate::model::RollbackTo::LastGood), 0);
    assert_eq!(words(&checked(&rollback, &occupied_by(6))), "");
    // The same commit and pipeline with another content, registered by a job that was killed.
    let mut same = wanted(Goal::Full, 9);
    same.identity = identity(6);
    assert_eq!(words(&checked(&same, &occupied_by(6))), "");
}

#[test]
fn an_older_commit_needs_to_have_been_released_here() {
    assert_snapshot!(words(&checked(&wanted(Goal::Full, 4), &world(state()))), @"Older: web: commit 00000000 (pipeline 4) is older than what runs, 00000000 (pipeline 5), and was never released there / run the jobs of a newer pipeline, or add --allow-older");
    let mut allowed = wanted(Goal::Full, 4);
    allowed.older = OlderRule::Warn;
    assert_snapshot!(words(&checked(&allowed, &world(state()))), @"Warning: web: commit 00000000 (pipeline 4) is older than what runs, 00000000 (pipeline 5), and was never released there / -");
    let before =
        vec![deployment("d-5", 5, Status::Successful), deployment("d-4", 4, Status::Successful)];
    let released = look(seen(Some(state()), before, &[4, 5]));
    assert_snapshot!(words(&checked(&wanted(Goal::Full, 4), &released)), @"Note: web: commit 00000000 (pipeline 4) is older than what runs, 00000000 (pipeline 5): it goes back to it, as it was released before / -");
}

#[test]
fn without_tags_nobody_can_tell_what_is_older() {
    let mut observed = world(state());
    let running = &mut observed.services.get_mut(&ServiceName::new("web")).unwrap().task_definition;
    running.as_mut().unwrap().tags.clear();
    assert_snapshot!(words(&checked(&wanted(Goal::Full, 4), &observed)), @"CouldNotTell: web:5 carries no tags of a release: could not tell whether this commit is older / -");
}

#[test]
fn no_tasks_and_no_breaker_are_said() {
    let mut lonely = state();
    lonely.desired = 0;
    lonely.breaker.enabled = false;
    assert_snapshot!(words(&checked(&wanted(Goal::Full, 6), &world(lonely))), @r"
    Warning: service web wants 0 tasks: nothing will run / `ecs-canary scale` sets a count
    Note: service web has no circuit breaker: ECS will not give up a failing deployment / `breaker` of the release file turns it on
    ");
}

/// What the independent checker says of a plan made of these steps.
fn violations(steps: Vec<Step>, history: &History) -> Vec<Violation> {
    check::plan(&Plan { steps }, &wanted(Goal::Full, 6), &world(state()), history)
}

fn update(to: u64) -> Step {
    Step::UpdateService {
        service: ServiceName::new("web"),
        request: crate::model::ServiceRequest::new(serde_json::Map::new()),
        revision: Some(RevisionRef::Known(revision(to))),
        expected: plan::Expected { primary: None, task_definition: revision(5) },
        phase: plan::Phase::Forward,
        why: plan::UpdateReason::Deploy,
    }
}

#[test]
fn the_checker_knows_what_a_plan_must_never_do() {
    let web = || "web".to_owned();
    let none = History::default();
    assert_eq!(violations(Vec::new(), &none), [Violation::Empty]);
    assert_eq!(violations(vec![update(6)], &none), []);
    let second = update(6).to_string();
    assert_eq!(
        violations(vec![update(6), update(6)], &none),
        [Violation::SecondChange { step: second }]
    );
    let delete = Step::DeleteService { service: ServiceName::new("web") };
    assert_eq!(violations(vec![delete], &none), [Violation::Deletes { service: web() }]);
    let mut under_way = History::default();
    under_way.of_mut(&ServiceName::new("web")).forward = Attempt {
        sent: Some(Sent {
            revision: revision(6),
            at: crate::model::samples::at(0),
            primary: None,
            current: Some(arn("d-6")),
            before: None,
        }),
        ..Attempt::default()
    };
    assert_eq!(violations(vec![update(7)], &under_way), [Violation::Overtakes { service: web() }]);
    let mut observed = world(state());
    let seen = observed.services.get_mut(&ServiceName::new("web")).unwrap();
    let mut gone = live(3);
    gone.active = false;
    seen.revisions = Knowledge::Known(vec![gone]);
    let plan = Plan { steps: vec![update(3)] };
    assert_eq!(
        check::plan(&plan, &wanted(Goal::Full, 6), &observed, &none),
        [Violation::Inactive { revision: "web:3".to_owned() }]
    );
}
