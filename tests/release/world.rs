//! The example world with its two services, and short ways to release into it.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use crate::cloud_port::{SimClock, SimPort};
use ecs_canary::apply::{Ended, run};
use ecs_canary::model::{
    AfterFull, BreakerRule, BreakerSetting, ClusterName, CommitSha, ContainerName, CountRule,
    Course, Event, Goal, HealthyPercents, ImageRule, LoadBalancerBinding, OlderRule, OnCancel,
    OutcomeKind, ReleaseIdentity, RollbackTo, ServiceName, ServiceWanted, TargetGroupArn,
    TaskDefinitionSpec, Timestamp, Wanted,
};
use ecs_canary::ports::{Cancel, CancelHandle, Clock as _, Reporter};
use ecs_canary::watch::{headline, report_lines, shortened};
use ecs_sim::cloud::brain::Cloud;
use ecs_sim::cloud::{
    CloudOptions, EXAMPLE_CLUSTER, EXAMPLE_TARGET_GROUP, FateRule, Fault, FaultKind, Pace,
    ServiceRow, Switches, TaskFate,
};
use serde_json::{Map, Value, json};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

/// The simulated world of one test.
pub(crate) struct World {
    pub(crate) port: SimPort,
    pub(crate) clock: SimClock,
}

/// What a release told.
#[derive(Default)]
pub(crate) struct Log(RefCell<Vec<Event>>);

/// A release that ended, with its log.
pub(crate) struct Told {
    pub(crate) ended: Ended,
    pub(crate) log: String,
    pub(crate) events: Vec<Event>,
}

impl Reporter for Log {
    fn emit(&self, event: Event) {
        self.0.borrow_mut().push(event);
    }
}

impl Log {
    pub(crate) fn events(&self) -> Vec<Event> {
        self.0.borrow().clone()
    }

    /// The lines as a person reads them, roughly.
    pub(crate) fn text(&self) -> String {
        let events = self.0.borrow();
        events.iter().filter_map(line).collect::<Vec<_>>().join("\n")
    }
}

fn line(event: &Event) -> Option<String> {
    Some(match event {
        Event::Fact { label, text } => format!("{label}  {text}"),
        Event::Line { text, .. } | Event::Output { text } | Event::JsonLines { text } => {
            text.clone()
        }
        Event::Finding { finding } => format!("! {finding}"),
        Event::Failure { report } => {
            let told = report_lines(report).into_iter();
            let told = told.map(|(label, text)| format!("{label}  {text}"));
            std::iter::once(shortened(&headline(report), 100))
                .chain(told)
                .collect::<Vec<_>>()
                .join("\n")
        }
        Event::SectionStart { title, .. } => format!("> {title}"),
        Event::SectionEnd { summary, .. } => format!("< {summary}"),
        Event::Heartbeat
        | Event::Services { .. }
        | Event::Checks { .. }
        | Event::Outcome { .. } => return None,
    })
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(CloudOptions::default())
    }

    /// A world in which everything goes quickly: fewer looks, the same phases.
    pub(crate) fn quick() -> Self {
        Self::quick_with(Switches::default())
    }

    /// The same, where AWS behaves in the other one of two possible ways.
    pub(crate) fn quick_with(switches: Switches) -> Self {
        let second = Duration::from_secs(1);
        let pace = Pace {
            tick: 2 * second,
            reaction: second,
            place: second,
            pull: second,
            start: second,
            stop: second,
            deprovision: second,
            ..Pace::default()
        };
        Self::with(CloudOptions { pace, switches, ..CloudOptions::default() })
    }

    pub(crate) fn with(options: CloudOptions) -> Self {
        let clock = SimClock::start();
        let cloud = Cloud::example(options, clock.sim());
        Self { port: SimPort::new(cloud, clock), clock }
    }

    /// A copy of the world as it is now; time in it goes its own way.
    pub(crate) fn copy(&self, at: Timestamp) -> Self {
        let clock = SimClock::again(at);
        let cloud = self.port.cloud.borrow().clone();
        Self { port: SimPort::new(cloud, clock), clock }
    }

    pub(crate) fn fault(&self, fault: Fault) {
        self.port.cloud.borrow_mut().add_fault(fault);
    }

    pub(crate) fn deny(&self, action: &str) {
        self.fault(Fault::always(action, FaultKind::Deny));
    }

    /// What becomes of tasks of this version from now on.
    pub(crate) fn fate(&self, version: u32, fate: TaskFate) {
        let image = Some(digest(version));
        let rule = FateRule { image, fate, ..FateRule::default() };
        self.port.cloud.borrow_mut().set_fate(rule);
    }

    pub(crate) fn calls(&self, action: &str) -> usize {
        self.port.cloud.borrow().calls().iter().filter(|call| call.action == action).count()
    }

    /// Calls so far that asked for a change.
    pub(crate) fn changes(&self) -> Vec<String> {
        let cloud = self.port.cloud.borrow();
        cloud.calls().iter().filter(|call| call.mutating).map(|call| call.action.clone()).collect()
    }

    /// The last request of this action.
    pub(crate) fn request(&self, action: &str) -> Value {
        let cloud = self.port.cloud.borrow();
        cloud.calls().iter().rfind(|call| call.action == action).unwrap().body.clone()
    }

    pub(crate) fn row(&self, service: &str) -> ServiceRow {
        let now = self.clock.sim();
        let mut cloud = self.port.cloud.borrow_mut();
        cloud.advance(now);
        cloud.services().into_iter().find(|row| row.service == service).unwrap()
    }

    /// `service revision image running/desired`, of every service.
    pub(crate) fn state(&self) -> String {
        let now = self.clock.sim();
        let mut cloud = self.port.cloud.borrow_mut();
        cloud.advance(now);
        let rows = cloud.services();
        let shown = rows.iter().map(|row| {
            let image = row.images.values().next().cloned().unwrap_or_default();
            let version = image.rsplit(':').next().and_then(|hex| hex.split('f').next());
            let version = version.unwrap_or("?");
            let ServiceRow { service, revision, running, desired, rollout, .. } = row;
            format!("{service} {revision} v{version} {running}/{desired} {rollout}")
        });
        shown.collect::<Vec<_>>().join("; ")
    }

    /// Lets time pass without a release.
    pub(crate) async fn pass(&self, span: Duration) {
        tokio::time::sleep(span).await;
    }

    /// Runs a release to its end.
    pub(crate) async fn release(&self, wanted: &Wanted) -> Told {
        let (_handle, cancel) = CancelHandle::new();
        self.release_until(wanted, &cancel).await
    }

    pub(crate) async fn release_until(&self, wanted: &Wanted, cancel: &Cancel) -> Told {
        let log = Log::default();
        let ended = run(&self.port, &self.clock, &log, cancel, wanted).await;
        Told { ended, log: log.text(), events: log.events() }
    }

    /// Releases version `version` as canary and then in full; both must succeed.
    pub(crate) async fn released(&self, version: u32) {
        let is_weighted = !self.weights().is_empty();
        for goal in [Goal::Canary, Goal::Full] {
            // Without a full service there is nothing whose requests could be shared.
            let skips = is_weighted && goal == Goal::Canary;
            if skips {
                continue;
            }
            let wanted =
                if is_weighted { self.stepped(goal, version) } else { self.wanted(goal, version) };
            let told = self.release(&wanted).await;
            assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
        }
    }

    /// The wish for `version`: its own commit, pipeline and image.
    pub(crate) fn wanted(&self, goal: Goal, version: u32) -> Wanted {
        let deadline = self.clock.now().after(Duration::from_secs(3300));
        let needs_task =
            !matches!(goal, Goal::Rollback(_) | Goal::Scale | Goal::Abort | Goal::Reap);
        let task = |name: &str| needs_task.then(|| spec(name, version));
        Wanted {
            full: Some(ServiceWanted {
                count: if needs_task { CountRule::AtCreate(3) } else { CountRule::Keep },
                ..service("release", task("release"), "100/200")
            }),
            canary: Some(ServiceWanted {
                count: CountRule::Always(1),
                ..service("canary-release", task("canary-release"), "0/100")
            }),
            goal,
            cluster: ClusterName::new(EXAMPLE_CLUSTER),
            identity: identity(version),
            after_full: AfterFull::Keep,
            course: Course::default(),
            on_cancel: OnCancel::Stop.into(),
            older: OlderRule::Refuse,
            deadline,
        }
    }

    pub(crate) fn rollback(&self) -> Wanted {
        self.wanted(Goal::Rollback(RollbackTo::LastGood), 0)
    }

    /// Faults are those of our own connection: a colleague's calls are answered.
    pub(crate) fn heal_for_colleague(&self) {
        self.port.cloud.borrow_mut().clear_faults();
    }

    /// Somebody else moves the full service to `version`, without our program.
    pub(crate) fn colleague(&self, version: u32) {
        let mut body = Value::Object(spec("release", version).body().clone());
        body["tags"] = json!([{ "key": "ecs-canary:commit", "value": "somebody-else" }]);
        let answer = self.port.now("RegisterTaskDefinition", body);
        let arn = answer["taskDefinition"]["taskDefinitionArn"].clone();
        let body =
            json!({ "cluster": EXAMPLE_CLUSTER, "service": "release", "taskDefinition": arn });
        self.port.now("UpdateService", body);
    }

    /// Our tags of both services and of what they run, without times.
    pub(crate) fn all_tags(&self) -> BTreeMap<String, BTreeMap<String, String>> {
        let body = json!({
            "cluster": EXAMPLE_CLUSTER, "services": ["release", "canary-release"],
            "include": ["TAGS"],
        });
        let services = self.port.now("DescribeServices", body);
        let mut found = BTreeMap::new();
        for service in crate::convert::list(&services["services"]) {
            let state = crate::convert::service(&service);
            let revision = state.task_definition.short().to_owned();
            let mut tags = self.tags(&revision);
            if let Some(at) = tags.get_mut("ecs-canary:succeeded") {
                *at = "some time".to_owned();
            }
            found.insert(revision, tags);
            let timeless = state.tags.into_iter().map(|(key, text)| (key, without_times(&text)));
            found.insert(state.name.to_string(), timeless.collect());
        }
        found
    }

    /// One tag of a service.
    pub(crate) fn service_tag(&self, service: &str, key: &str) -> String {
        let body = json!({
            "cluster": EXAMPLE_CLUSTER, "services": [service], "include": ["TAGS"],
        });
        let answer = self.port.now("DescribeServices", body);
        let state = crate::convert::service(&answer["services"][0]);
        state.tags.get(key).cloned().unwrap_or_default()
    }

    /// Somebody else writes a tag of a service.
    pub(crate) fn set_service_tag(&self, service: &str, key: &str, value: &str) {
        let body = json!({ "cluster": EXAMPLE_CLUSTER, "services": [service] });
        let answer = self.port.now("DescribeServices", body);
        let tags = json!([{ "key": key, "value": value }]);
        let arn = answer["services"][0]["serviceArn"].clone();
        self.port.now("TagResource", json!({ "resourceArn": arn, "tags": tags }));
    }

    /// Tags of a revision, `family:N`.
    pub(crate) fn tags(&self, revision: &str) -> BTreeMap<String, String> {
        let body = json!({ "taskDefinition": revision, "include": ["TAGS"] });
        crate::convert::task_definition(&self.port.now("DescribeTaskDefinition", body)).tags
    }
}

impl Told {
    pub(crate) fn kind(&self) -> OutcomeKind {
        self.ended.outcome.outcome
    }

    /// Why it ended so, and how things stand.
    pub(crate) fn told_at_the_end(&self) -> String {
        format!("{}\n{}", self.reason(), self.now())
    }

    /// How things stand, as the outcome tells it.
    pub(crate) fn now(&self) -> &str {
        self.ended.outcome.now.as_deref().unwrap_or("")
    }

    pub(crate) fn reason(&self) -> &str {
        self.ended.outcome.reason.as_deref().unwrap_or("")
    }
}

fn without_times(text: &str) -> String {
    let is_time = |word: &&str| word.parse::<Timestamp>().is_ok();
    let shown = text.split(' ').map(|word| if is_time(&word) { "TIME" } else { word });
    shown.collect::<Vec<_>>().join(" ")
}

pub(crate) fn no_breaker(wanted: &mut Wanted) {
    for service in wanted.full.iter_mut().chain(&mut wanted.canary) {
        service.breaker = BreakerRule::Set(BreakerSetting { enabled: false, rollback: false });
    }
}

pub(crate) fn digest(version: u32) -> String {
    format!("sha256:{:0<64}", format!("{version}f"))
}

fn identity(version: u32) -> ReleaseIdentity {
    ReleaseIdentity {
        commit: Some(CommitSha::new(format!("{version:0>40}"))),
        reference: Some(format!("{version}.0.0")),
        pipeline: Some(u64::from(100 + version)),
        job: Some(u64::from(1000 + version)),
        job_name: Some("deploy".to_owned()),
        environment: Some("poc".to_owned()),
        project: Some("group/app".to_owned()),
    }
}

pub(crate) fn spec(family: &str, version: u32) -> TaskDefinitionSpec {
    let body = json!({
        "family": family,
        "networkMode": "bridge",
        "containerDefinitions": [{
            "name": "web",
            "image": format!("registry.example/group/app@{}", digest(version)),
            "memory": 128,
            "essential": true,
            "portMappings": [{ "containerPort": 80, "hostPort": 0, "protocol": "tcp" }],
        }],
    });
    TaskDefinitionSpec::new(body.as_object().unwrap().clone())
}

fn service(name: &str, task: Option<TaskDefinitionSpec>, percents: &str) -> ServiceWanted {
    let is_release = task.is_some();
    ServiceWanted {
        name: ServiceName::new(name),
        task,
        container: is_release.then(|| "web".to_owned()),
        written_image: None,
        image_rule: ImageRule::HeldFirst,
        count: CountRule::Keep,
        percents: is_release.then(|| percents.parse::<HealthyPercents>().unwrap()),
        load_balancer: is_release.then(|| LoadBalancerBinding {
            target_group: Some(TargetGroupArn::new(EXAMPLE_TARGET_GROUP)),
            container: ContainerName::new("web"),
            port: 80,
        }),
        health_grace_seconds: None,
        launch: None,
        breaker: BreakerRule::Keep,
        create_extra: Map::new(),
        update_extra: Map::new(),
        force: false,
        tags: std::collections::BTreeMap::new(),
    }
}
