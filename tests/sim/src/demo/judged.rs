//! The third play: users all the time, a version that fails for one in twelve of them, and a release that asks its
//! judge. What it must show: the release stops at its first or second share by itself, few users met the fault.

use std::collections::BTreeMap;
use std::time::Duration;

use hyper::Method;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::watch;

use crate::cloud::{
    EXAMPLE_ACCESS_KEY, EXAMPLE_LISTENER, EXAMPLE_TARGET_GROUP, FateRule, Tally, TaskFate,
    TrafficPlan,
};

use crate::gitlab::http::Http;

use super::example::{Means, Version};
use super::narrator::{JobReport, Narrator, StepReport};
use super::options::{DemoError, DemoOptions};
use super::play::Play;
use super::story::introduction;
use super::table::{self, Expected};
use super::world::World;

/// Its name in the report.
const PART: &str = "judged";
/// The canary's target group.
const CANARY_GROUP: &str = "arn:aws:elasticloadbalancing:ap-northeast-1:111122223333:\
targetgroup/canary/00000000000000c1";
/// Users: requests per second.
const PER_SECOND: f64 = 20.0;
/// The share of requests that the new version answers with an error.
const ERRORS: f64 = 0.08;
/// How long they come before the release: the judge looks at the hour before.
const BEFORE: Duration = Duration::from_secs(65 * 60);
/// The exit code of a canary that was judged bad and taken back.
const JUDGED_BAD: i32 = 20;
/// Between two looks at the users.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Requests after each step.
const REQUESTS: u32 = 400;
/// The largest share of all requests that the bad version may have had, in a hundred.
const LARGEST_SHARE: u64 = 10;

/// What a bad version cost its users.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Harm {
    /// Requests to it.
    requests: u64,
    /// Of them failed.
    failed: u64,
    /// Requests of all users from its first to its last request.
    of_all: u64,
}

impl Harm {
    /// What had failed if all of them had come to it.
    fn all_at_once(&self) -> u64 {
        (self.failed * self.of_all).checked_div(self.requests).unwrap_or(0)
    }

    pub(super) fn lines(&self) -> [String; 2] {
        let Self { requests, failed, of_all } = self;
        [
            format!(
                "users      {failed} of {requests} requests to 3.0.0 failed, of {of_all} requests in that time"
            ),
            format!("all at once, by the same time: about {} failed requests", self.all_at_once()),
        ]
    }
}

/// Plays it and returns the number of its steps.
pub(super) async fn play(
    options: &DemoOptions,
    plays: &mut Vec<Play>,
    narrator: &Narrator,
) -> Result<usize, DemoError> {
    let mut world = World::start(options).await?;
    let rule = two_groups(&world)?;
    world.set_variable("LISTENER_RULE", &rule);
    plays.push(Play::new(world, Means::JUDGED)?);
    let Some(play) = plays.last_mut() else { return Ok(0) };
    narrator.say(&introduction((PART, Means::JUDGED.pipeline), play, options))?;
    first(play, narrator).await?;
    build(play, narrator).await?;
    release(play, narrator).await?;
    if !options.keep
        && let Some(done) = plays.pop()
    {
        done.stop().await?;
    }
    Ok(3)
}

/// A target group for the canary, and the rule that shares requests; gives its ARN.
fn two_groups(world: &World) -> Result<String, DemoError> {
    let created = world.cloud.with(|cloud, now| {
        cloud.add_target_group(CANARY_GROUP, "instance");
        let body = json!({
            "ListenerArn": EXAMPLE_LISTENER, "Priority": 1,
            "Conditions": [{"Field": "path-pattern", "Values": ["/*"]}],
            "Actions": [{"Type": "forward", "TargetGroupArn": EXAMPLE_TARGET_GROUP}],
        });
        cloud.call(now, EXAMPLE_ACCESS_KEY, "elasticloadbalancing", "CreateRule", body)
    });
    let rule = created.map_err(|error| DemoError::Cloud(error.message))?;
    Ok(rule["Rules"][0]["RuleArn"].as_str().unwrap_or_default().to_owned())
}

async fn first(play: &mut Play, narrator: &Narrator) -> Result<(), DemoError> {
    let title = "tag 1.0.0 is built and deployed; an hour passes with 20 requests per second";
    narrator.begin(1, title)?;
    play.push(Version::V1)?;
    let build = job(play, narrator, Version::V1, "build", 0).await?;
    let deploy = job(play, narrator, Version::V1, "deploy", 0).await?;
    play.world().cloud.traffic(TrafficPlan::steady(PER_SECOND));
    play.world().cloud.jump(BEFORE);
    let services = vec![("release", 3, digest(play, Version::V1))];
    end(play, narrator, (1, title), &[build, deploy], (services, None)).await
}

async fn build(play: &mut Play, narrator: &Narrator) -> Result<(), DemoError> {
    let title = "tag 3.0.0 is built; it answers 8 of 100 requests with an error";
    narrator.begin(2, title)?;
    play.push(Version::V3)?;
    let build = job(play, narrator, Version::V3, "build", 0).await?;
    fails(play, Version::V3, ERRORS);
    let services = vec![("release", 3, digest(play, Version::V1))];
    end(play, narrator, (2, title), &[build], (services, None)).await
}

async fn release(play: &mut Play, narrator: &Narrator) -> Result<(), DemoError> {
    let title =
        "release: the judge stops it at a small share, and the old version serves all again";
    narrator.begin(3, title)?;
    let (met, watch) = watch::channel(Met::default());
    let traffic = format!("{}/_sim/traffic", play.world().cloud.endpoint);
    let watching = tokio::spawn(count(traffic, digest(play, Version::V3), met));
    let report = job(play, narrator, Version::V3, "release", JUDGED_BAD).await;
    watching.abort();
    let report = report?;
    let harm = harm(play, *watch.borrow());
    let old = digest(play, Version::V1);
    let services = vec![("canary-release", 1, old.clone()), ("release", 3, old)];
    let differences = harm.differences();
    if !differences.is_empty() {
        return Err(DemoError::Expectation { step: 3, title: title.into(), differences });
    }
    end(play, narrator, (3, title), &[report], (services, Some(harm))).await
}

impl Harm {
    fn differences(&self) -> Vec<String> {
        let mut found = Vec::new();
        if self.failed == 0 {
            found.push("nobody met the fault: then nothing was shown".to_owned());
        }
        if self.requests * 100 > self.of_all * LARGEST_SHARE {
            let Self { requests, of_all, .. } = self;
            found.push(format!(
                "3.0.0 had {requests} of {of_all} requests, wanted at most {LARGEST_SHARE} %"
            ));
        }
        found
    }
}

/// Runs a job that must end with this code.
async fn job(
    play: &mut Play,
    narrator: &Narrator,
    version: Version,
    name: &str,
    code: i32,
) -> Result<JobReport, DemoError> {
    let report = play.job(version.tag(), name).await?;
    narrator.job(&report)?;
    let record = &report.record;
    if record.exit_code == code {
        return Ok(report);
    }
    let found = format!("{} (exit code {})", record.status.word(), record.exit_code);
    let wanted = if code == JUDGED_BAD { "exit code 20" } else { "success" };
    Err(DemoError::Job { job: name.into(), found, wanted })
}

fn digest(play: &Play, version: Version) -> String {
    play.pushed(version.tag()).unwrap_or_else(|| "no image".into())
}

/// Tasks of this version answer such a share of their requests with an error.
fn fails(play: &Play, version: Version, share: f64) {
    let image = Some(digest(play, version));
    let fate = TaskFate::errors(share);
    play.world().cloud.fate(FateRule { image, fate, ..FateRule::default() });
}

/// Requests while the bad version got some.
#[derive(Clone, Copy, Debug, Default)]
struct Met {
    /// Of all users when it got its first one.
    from: Option<u64>,
    /// Of all users when it got its last one.
    to: u64,
    /// To it.
    bad: u64,
}

/// Looks at the users again and again, until it is told to stop.
async fn count(url: String, bad: String, met: watch::Sender<Met>) {
    let http = Http::new();
    loop {
        if let Ok(answer) = http.send(Method::GET, &url, &[], "").await
            && let Ok(told) = serde_json::from_slice::<Told>(&answer.body)
        {
            let all = told.by_image.values().map(|one| one.requests).sum();
            let of_bad = told.by_image.iter().filter(|(images, _)| images.contains(&bad));
            let of_bad = of_bad.map(|(_, one)| one.requests).sum();
            met.send_modify(|met| met.take(all, of_bad));
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

impl Met {
    fn take(&mut self, all: u64, bad: u64) {
        if bad == self.bad {
            // It gets none now: what comes next counts from here.
            if self.from.is_none() {
                self.to = all;
            }
            return;
        }
        self.from.get_or_insert(self.to);
        (self.to, self.bad) = (all, bad);
    }
}

/// What the cloud tells of its users.
#[derive(Debug, Deserialize)]
struct Told {
    by_image: BTreeMap<String, Requests>,
}

#[derive(Debug, Deserialize)]
struct Requests {
    requests: u64,
}

/// What users met of the bad version.
fn harm(play: &Play, met: Met) -> Harm {
    let bad = digest(play, Version::V3);
    let tallies = play.world().cloud.tallies();
    let of_bad = tallies.iter().find(|(images, _)| images.contains(&bad));
    let Tally { requests, failed, .. } = of_bad.map(|(_, tally)| *tally).unwrap_or_default();
    let of_all = met.to.saturating_sub(met.from.unwrap_or(met.to));
    Harm { requests, failed, of_all }
}

async fn end(
    play: &Play,
    narrator: &Narrator,
    (number, title): (usize, &str),
    jobs: &[JobReport],
    (services, harm): (Vec<(&'static str, u64, String)>, Option<Harm>),
) -> Result<(), DemoError> {
    let rows = play.services().await?;
    let traffic = Some(play.traffic(REQUESTS).await);
    narrator.end(&StepReport { part: PART, number, title, jobs, rows: &rows, traffic, harm })?;
    let differences = table::differences(&Expected { services, v2: (0, 0) }, &rows, traffic);
    if differences.is_empty() {
        return Ok(());
    }
    Err(DemoError::Expectation { step: number, title: title.into(), differences })
}
