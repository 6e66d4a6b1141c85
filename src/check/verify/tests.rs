//! Three answers for each check.

use super::{Facts, ImageFact, verify};
use crate::journal::{Holder, Lease, Record, ReleaseKey, ScalingNote};
use crate::model::samples::{at, identity, look, rolling, seen, service, spec, wanted};
use crate::model::{
    Alarm, AlarmState, Answer, CallError, CallErrorKind, CheckLine, ContainerName, Goal,
    HealthCheck, Knowledge, LoadBalancerBinding, Observed, RoleTrust, RolloutState, ScalableTarget,
    ScaleIn, SecretState, ServiceName, TargetGroup, TargetGroupArn, TaskDefinitionSpec, Wanted,
};
use insta::assert_snapshot;
use serde_json::json;
use std::collections::BTreeMap;

fn denied() -> CallError {
    CallError {
        kind: CallErrorKind::Denied,
        operation: "logs:DescribeLogGroups".to_owned(),
        code: None,
        message: "no".to_owned(),
        place: None,
    }
}

fn shown(lines: &[CheckLine]) -> String {
    let line = |line: &CheckLine| {
        let answer = match line.answer {
            Answer::Ok => "ok",
            Answer::Failed => "FAILED",
            Answer::CouldNotTell => "?",
        };
        format!("{answer} {} {}: {}", line.check, line.subject, line.text)
    };
    lines.iter().map(line).collect::<Vec<_>>().join("\n")
}

const IMAGE: &str = "registry.example/web@sha256:2";
const ROLE: &str = "arn:aws:iam::1:role/task";
const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:1:secret:db";

/// Version 2 with a role, a secret, a log group and a target group; version 1 runs.
fn scene() -> (Wanted, Observed) {
    let mut wanted = wanted(Goal::Full, 2);
    let mut body = spec(2).body().clone();
    body.insert("taskRoleArn".to_owned(), json!(ROLE));
    body.insert(
        "containerDefinitions".to_owned(),
        json!([{
            "name": "web", "image": IMAGE,
            "secrets": [{ "name": "DB", "valueFrom": SECRET }],
            "logConfiguration": { "logDriver": "awslogs", "options": { "awslogs-group": "/web" } },
        }]),
    );
    let full = wanted.full.as_mut().unwrap();
    full.task = Some(TaskDefinitionSpec::new(body));
    full.load_balancer = Some(LoadBalancerBinding {
        target_group: Some(TargetGroupArn::new("arn:group")),
        container: ContainerName::new("web"),
        port: 80,
    });
    let state = service(vec![rolling("PRIMARY", 1, RolloutState::Completed)]);
    (wanted, look(seen(Some(state), Vec::new(), &[1])))
}

fn group(target_type: &str) -> TargetGroup {
    TargetGroup {
        arn: TargetGroupArn::new("arn:group"),
        protocol: "HTTP".to_owned(),
        protocol_version: None,
        port: Some(80),
        vpc: None,
        target_type: target_type.to_owned(),
        health_check: HealthCheck { path: Some("/health".to_owned()), ..HealthCheck::default() },
        load_balancers: vec!["arn:balancer".to_owned()],
    }
}

fn role(services: &[&str]) -> RoleTrust {
    let services = services.iter().map(|&one| one.to_owned()).collect();
    RoleTrust { arn: ROLE.to_owned(), services }
}

fn facts() -> Facts {
    let image = ImageFact {
        found: Ok(Some(("sha256:2".to_owned(), vec!["linux/amd64".to_owned()]))),
        open: true,
    };
    let alarm =
        Alarm { name: "5xx".to_owned(), state: AlarmState::Ok, since: None, reason: String::new() };
    Facts {
        groups: [(TargetGroupArn::new("arn:group"), Ok(Some(group("instance"))))].into(),
        images: [(IMAGE.to_owned(), image)].into(),
        log_groups: [("/web".to_owned(), Ok(true))].into(),
        alarms: vec![Ok(vec![alarm])],
        judge: None,
        roles: [(ROLE.to_owned(), Ok(Some(role(&["ecs-tasks.amazonaws.com"]))))].into(),
        secrets: [(SECRET.to_owned(), Ok(SecretState::There))].into(),
    }
}

#[test]
fn what_is_as_it_should_be_is_said_so() {
    let (wanted, observed) = scene();
    assert_snapshot!(shown(&verify(&wanted, &observed, &[], &facts())), @r"
    ok cluster prod: it exists
    ok preflight release: nothing forbids a release
    ok service web: runs web:1, 3 of 3 tasks
    ok percents web: 100/200: new tasks start first: needs room for 3 more
    ok target_group web: targets not looked at, health check asks /health
    ok image registry.example/web@sha256:2: sha256:2 for linux/amd64
    ok pull registry.example: the image can be pulled without a login
    ok log_group /web: it exists
    ok secret arn:aws:secretsmanager:eu-west-1:1:secret:db: it exists; whether the execution role may read it is seen when a task starts
    ok role arn:aws:iam::1:role/task: it exists and trusts ecs-tasks.amazonaws.com
    ok alarm 5xx: is quiet
    ");
}

#[test]
fn what_is_wrong_fails_with_a_hint() {
    let (mut wanted, observed) = scene();
    wanted.full.as_mut().unwrap().percents = Some("100/125".parse().unwrap());
    let mut facts = facts();
    facts.groups.insert(TargetGroupArn::new("arn:group"), Ok(Some(group("ip"))));
    facts.images.insert(IMAGE.to_owned(), ImageFact { found: Ok(None), open: false });
    facts.log_groups.insert("/web".to_owned(), Ok(false));
    let alarm = Alarm {
        name: "5xx".to_owned(),
        state: AlarmState::Alarm,
        since: None,
        reason: "7 above 5".to_owned(),
    };
    facts.alarms = vec![Ok(vec![alarm])];
    let lines = verify(&wanted, &observed, &[], &facts);
    let failed: Vec<CheckLine> =
        lines.into_iter().filter(|line| line.answer == Answer::Failed).collect();
    assert!(failed.iter().all(|line| line.hint.is_some()));
    assert_snapshot!(shown(&failed), @r"
    FAILED percents web: 100/125: of 3 tasks none may be started or stopped
    FAILED target_group web: its targets are ip, network mode bridge needs instance
    FAILED image registry.example/web@sha256:2: its registry has no such image
    FAILED log_group /web: it does not exist: no task would start
    FAILED alarm 5xx: is on already: 7 above 5
    ");
}

#[test]
fn roles_and_secrets_that_no_task_could_use_fail() {
    let (wanted, observed) = scene();
    let lines = |facts: &Facts| {
        let lines = verify(&wanted, &observed, &[], facts);
        let is_named = |line: &CheckLine| line.check == "role" || line.check == "secret";
        let hinted = |line: &CheckLine| line.answer == Answer::Ok || line.hint.is_some();
        let lines: Vec<CheckLine> = lines.into_iter().filter(is_named).collect();
        assert!(lines.iter().all(hinted));
        shown(&lines)
    };
    let mut facts = facts();
    facts.roles.insert(ROLE.to_owned(), Ok(Some(role(&["ec2.amazonaws.com"]))));
    facts.secrets.insert(SECRET.to_owned(), Ok(SecretState::Leaving));
    assert_snapshot!(lines(&facts), @r"
    FAILED secret arn:aws:secretsmanager:eu-west-1:1:secret:db: it is scheduled for deletion: no task would start
    FAILED role arn:aws:iam::1:role/task: it trusts ec2.amazonaws.com: ecs-tasks.amazonaws.com cannot assume it
    ");
    facts.roles.insert(ROLE.to_owned(), Ok(None));
    facts.secrets.insert(SECRET.to_owned(), Ok(SecretState::Missing));
    assert_snapshot!(lines(&facts), @r"
    FAILED secret arn:aws:secretsmanager:eu-west-1:1:secret:db: it does not exist: no task would start
    FAILED role arn:aws:iam::1:role/task: it does not exist
    ");
    facts.roles.insert(ROLE.to_owned(), Err(denied()));
    facts.secrets.insert(SECRET.to_owned(), Err(denied()));
    assert_snapshot!(lines(&facts), @r"
    ? secret arn:aws:secretsmanager:eu-west-1:1:secret:db: nothing that runs uses it, and logs:DescribeLogGroups: access denied: no
    ? role arn:aws:iam::1:role/task: nothing that runs uses it, and logs:DescribeLogGroups: access denied: no
    ");
}

#[test]
fn what_could_not_be_looked_at_is_neither() {
    let (wanted, observed) = scene();
    let mut facts = facts();
    facts.groups.insert(TargetGroupArn::new("arn:group"), Err(denied()));
    facts.images.insert(IMAGE.to_owned(), ImageFact { found: Err(denied()), open: false });
    facts.log_groups.insert("/web".to_owned(), Err(denied()));
    facts.alarms = vec![Err(denied())];
    let lines = verify(&wanted, &observed, &[], &facts);
    assert!(lines.iter().all(|line| line.answer != Answer::Failed), "{}", shown(&lines));
    let denied = lines.iter().filter(|line| line.because == Some(CallErrorKind::Denied)).count();
    assert_eq!(denied, 4, "{}", shown(&lines));
}

#[test]
fn what_runs_proves_roles_secrets_and_logins() {
    let (mut wanted, mut observed) = scene();
    let running = observed.services.values_mut().next().unwrap();
    let live = running.task_definition.as_mut().unwrap();
    live.described = wanted.full.as_ref().unwrap().task.as_ref().unwrap().body().clone();
    let mut facts = facts();
    facts.images.get_mut(IMAGE).unwrap().open = false;
    facts.log_groups.insert("/web".to_owned(), Err(denied()));
    facts.roles.clear();
    facts.secrets.insert(SECRET.to_owned(), Err(denied()));
    let lines = verify(&wanted, &observed, &[], &facts);
    assert!(lines.iter().all(|line| line.answer == Answer::Ok), "{}", shown(&lines));
    // A service that does not run well proves nothing.
    let running = observed.services.values_mut().next().unwrap();
    running.state.as_mut().unwrap().running = 0;
    let lines = verify(&wanted, &observed, &[], &facts);
    let untold = lines.iter().filter(|line| line.answer == Answer::CouldNotTell).count();
    assert_eq!(untold, 4, "{}", shown(&lines));
    // A secret of a login is looked for as well.
    let mut body = spec(2).body().clone();
    body.insert(
        "containerDefinitions".to_owned(),
        json!([{ "name": "web", "image": IMAGE,
            "repositoryCredentials": { "credentialsParameter": SECRET } }]),
    );
    wanted.full.as_mut().unwrap().task = Some(TaskDefinitionSpec::new(body));
    let lines = verify(&wanted, &observed, &[], &facts);
    let pull = lines.iter().find(|line| line.check == "pull").unwrap();
    assert_eq!((pull.subject.as_str(), pull.answer), ("registry.example", Answer::CouldNotTell));
}

#[test]
fn without_the_cluster_nothing_else_is_asked() {
    let (wanted, observed) = scene();
    let observed = Observed { cluster_found: false, ..observed };
    assert_snapshot!(shown(&verify(&wanted, &observed, &[], &facts())), @"FAILED cluster prod: it does not exist");
}

#[test]
fn a_scale_in_that_a_dead_release_left_suspended_fails() {
    let (wanted, mut observed) = scene();
    let name = ServiceName::new("web");
    let lines = |observed: &Observed| {
        let lines = verify(&wanted, observed, &[], &Facts::default());
        let lines: Vec<_> = lines.into_iter().filter(|one| one.check == "autoscaling").collect();
        shown(&lines)
    };
    assert_eq!(lines(&observed), "", "not asked for");
    let mut target = ScalableTarget { least: 2, most: 9, scale_in: ScaleIn::On };
    let mut see = |observed: &mut Observed, scale_in, tags| {
        target.scale_in = scale_in;
        observed.scaling.insert(name.clone(), Knowledge::Known(Some(target)));
        let state = observed.services.get_mut(&name).and_then(|one| one.state.as_mut()).unwrap();
        state.tags.extend(tags);
    };
    see(&mut observed, ScaleIn::On, BTreeMap::new());
    assert_snapshot!(lines(&observed), @"ok autoscaling web: autoscaled 2 to 9, scale-in is on");
    see(&mut observed, ScaleIn::Suspended, BTreeMap::new());
    assert_snapshot!(lines(&observed), @"ok autoscaling web: autoscaled 2 to 9, scale-in is suspended, by no release");
    let note = ScalingNote { release: ReleaseKey::of(&identity(7)), since: at(10) };
    see(&mut observed, ScaleIn::Suspended, note.tags());
    assert_snapshot!(lines(&observed), @"FAILED autoscaling web: autoscaled 2 to 9, scale-in was left suspended by pipeline 7, since 1970-01-12T13:46:50Z");
    let lease = Record { lease: Lease::from(Holder::of(&identity(7)), at(900)), progress: None };
    see(&mut observed, ScaleIn::Suspended, lease.tags());
    assert_snapshot!(lines(&observed), @"ok autoscaling web: autoscaled 2 to 9, scale-in is suspended by pipeline 7, since 1970-01-12T13:46:50Z");
    let why = Knowledge::CouldNotTell("access denied".to_owned());
    observed.scaling.insert(ServiceName::new("web"), why);
    assert_snapshot!(lines(&observed), @"? autoscaling web: access denied");
}
