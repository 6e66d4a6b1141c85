//! The first two plays, scene by scene, with what each one must show: the native pipeline, and the one of 2018 as its
//! users run it. Everything that is not as expected ends the demo with an error.

use std::io::Write;
use std::path::PathBuf;

use tokio::signal::unix::{SignalKind, signal};
use tokio::time::Instant;

use crate::gitlab::coordinator::JobStatus;

use super::example::{self, Means, Version};
use super::judged;
use super::keep;
use super::log_view::Style;
use super::narrator::{Narrator, StepReport};
use super::options::{DemoError, DemoOptions, Yaml};
use super::play::Play;
use super::table::{self, Expected};
use super::world::World;

/// Requests after each step.
const REQUESTS: u32 = 400;
/// One of four tasks shows v2: 100 of 400 requests, give or take three and a half standard deviations.
const CANARY_SHARE: (u32, u32) = (70, 130);

/// What runs after a step: service and tasks, and whose image.
type Running = [(&'static str, u64, Version)];

/// One scene.
struct Scene {
    title: &'static str,
    /// Commits and tags this version first.
    push: Option<Version>,
    /// Jobs, by the version whose pipeline has them.
    jobs: &'static [(Version, &'static str)],
    /// What runs afterwards.
    running: &'static Running,
    /// Least and most of 400 answers with v2; `None` = no requests are sent.
    v2: Option<(u32, u32)>,
}

use Version::{V1, V2};

const NATIVE: [Scene; 6] = [
    Scene {
        title: "tag 1.0.0: the pipeline builds the image",
        push: Some(V1),
        jobs: &[(V1, "build")],
        running: &[],
        v2: None,
    },
    Scene {
        title: "first deploy: canary and full service are created with 1 and 3 tasks, as declared",
        push: None,
        jobs: &[(V1, "canary-deploy"), (V1, "deploy")],
        running: &[("canary-release", 1, V1), ("release", 3, V1)],
        v2: Some((0, 0)),
    },
    Scene {
        title: "the page is changed, tag 2.0.0: the pipeline builds the image",
        push: Some(V2),
        jobs: &[(V2, "build")],
        running: &[("canary-release", 1, V1), ("release", 3, V1)],
        v2: Some((0, 0)),
    },
    Scene {
        title: "canary-deploy: one request in four shows v2",
        push: None,
        jobs: &[(V2, "canary-deploy")],
        running: &[("canary-release", 1, V2), ("release", 3, V1)],
        v2: Some(CANARY_SHARE),
    },
    Scene {
        title: "deploy: all requests show v2",
        push: None,
        jobs: &[(V2, "deploy")],
        running: &[("canary-release", 1, V2), ("release", 3, V2)],
        v2: Some((REQUESTS, REQUESTS)),
    },
    Scene {
        title: "GitLab's Rollback button: the old deploy job runs again, everything is back on v1",
        push: None,
        jobs: &[(V1, "deploy")],
        running: &[("canary-release", 1, V1), ("release", 3, V1)],
        v2: Some((0, 0)),
    },
];

const OF_2018: [Scene; 7] = [
    Scene {
        title: "tag 1.0.0: docker login, docker build, docker push, without Docker",
        push: Some(V1),
        jobs: &[(V1, "tag-build")],
        running: &[],
        v2: None,
    },
    Scene {
        title: "first deploy by ecs-cli compose service up: one task each, as ecs-cli does it",
        push: None,
        jobs: &[(V1, "canary-deploy"), (V1, "deploy")],
        running: &[("canary-release", 1, V1), ("release", 1, V1)],
        v2: Some((0, 0)),
    },
    Scene {
        title: "ecs-cli compose service scale 3",
        push: None,
        jobs: &[(V1, "scale")],
        running: &[("canary-release", 1, V1), ("release", 3, V1)],
        v2: Some((0, 0)),
    },
    Scene {
        title: "the page is changed, tag 2.0.0: the pipeline builds the image",
        push: Some(V2),
        jobs: &[(V2, "tag-build")],
        running: &[("canary-release", 1, V1), ("release", 3, V1)],
        v2: Some((0, 0)),
    },
    Scene {
        title: "canary-deploy: one request in four shows v2",
        push: None,
        jobs: &[(V2, "canary-deploy")],
        running: &[("canary-release", 1, V2), ("release", 3, V1)],
        v2: Some(CANARY_SHARE),
    },
    Scene {
        title: "deploy: all requests show v2",
        push: None,
        jobs: &[(V2, "deploy")],
        running: &[("canary-release", 1, V2), ("release", 3, V2)],
        v2: Some((REQUESTS, REQUESTS)),
    },
    Scene {
        title: "going back as its users do: the old deploy job and the old canary job run again",
        push: None,
        jobs: &[(V1, "deploy"), (V1, "canary-deploy")],
        running: &[("canary-release", 1, V1), ("release", 3, V1)],
        v2: Some((0, 0)),
    },
];

/// Plays the demo on standard output. Must be called inside a tokio runtime. Ctrl-C ends it, and every job that runs.
///
/// # Errors
/// When something could not be started, a job did not end well, or the cloud or the users do not see what they should.
pub async fn run(options: DemoOptions) -> Result<(), DemoError> {
    run_to(options, Box::new(std::io::stdout())).await
}

/// The same, told to `out`.
///
/// # Errors
/// As [`run`].
pub async fn run_to(options: DemoOptions, out: Box<dyn Write + Send>) -> Result<(), DemoError> {
    let style = Style { open_all: options.verbose, color: options.color };
    let narrator = Narrator::new(options.json, style, out);
    let mut plays = Vec::new();
    let mut finished = false;
    let played = tokio::select! {
        played = all_parts((&options, &narrator), &mut plays, &mut finished) => played,
        stopped = interrupted() => stopped,
    };
    // Jobs that still run are told to stop: nothing of the demo shall outlive it.
    for play in plays {
        play.stop().await?;
    }
    match played {
        // With `--keep`, Ctrl-C is the end that was asked for.
        Err(DemoError::Interrupted) if finished => Ok(()),
        other => other,
    }
}

async fn interrupted() -> Result<(), DemoError> {
    let failed = |cause| DemoError::Start { what: "listening for Ctrl-C", cause };
    let mut term = signal(SignalKind::terminate()).map_err(failed)?;
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed.map_err(failed)?,
        _ = term.recv() => {}
    }
    Err(DemoError::Interrupted)
}

async fn all_parts(
    (options, narrator): (&DemoOptions, &Narrator),
    plays: &mut Vec<Play>,
    finished: &mut bool,
) -> Result<(), DemoError> {
    let began = Instant::now();
    let mut steps = 0;
    let judged = matches!(options.yaml, Yaml::All | Yaml::Judged);
    let native = ("native", Means::with(example::NATIVE), &NATIVE[..]);
    let of_2018 = ("2018", Means::with(example::OF_2018), &OF_2018[..]);
    let parts = match options.yaml {
        Yaml::All | Yaml::Both => vec![native, of_2018],
        Yaml::Judged => Vec::new(),
        Yaml::Native => vec![native],
        Yaml::Legacy2018 => vec![of_2018],
        Yaml::Given { pipeline, release_file } => {
            let own = Means { pipeline, release_file };
            let means = if release_file.is_empty() { Means::with(pipeline) } else { own };
            vec![("given", means, &OF_2018[..])]
        }
    };
    for part in parts {
        steps += one_part(options, plays, narrator, part).await?;
    }
    if judged {
        steps += judged::play(options, plays, narrator).await?;
    }
    narrator.finish(steps, began.elapsed().as_secs_f64())?;
    *finished = true;
    if options.keep {
        keep::answer_for_more(plays, narrator).await?;
    }
    Ok(())
}

/// Plays one pipeline in a world of its own and returns the number of its steps.
async fn one_part(
    options: &DemoOptions,
    plays: &mut Vec<Play>,
    narrator: &Narrator,
    (part, means, scenes): (&'static str, Means, &[Scene]),
) -> Result<usize, DemoError> {
    let world = World::start(options).await?;
    plays.push(Play::new(world, means)?);
    let Some(play) = plays.last_mut() else { return Ok(0) };
    narrator.say(&introduction((part, means.pipeline), play, options))?;
    for (index, scene) in scenes.iter().enumerate() {
        perform(play, narrator, part, index + 1, scene).await?;
    }
    if !options.keep
        && let Some(done) = plays.pop()
    {
        done.stop().await?;
    }
    Ok(scenes.len())
}

/// What is real, what is simulated, and what is played.
pub(super) fn introduction(
    (part, yaml): (&str, &str),
    play: &Play,
    options: &DemoOptions,
) -> Vec<String> {
    let world = play.world();
    let runner: PathBuf = options.runner.clone().unwrap_or_else(|| "the contract runner".into());
    let title = match part {
        "judged" => "a release that is judged by its users' requests",
        "native" => "the native pipeline",
        "given" => "the given pipeline, with the jobs of the one of 2018",
        _ => "the pipeline of 2018: docker and ecs-cli by name, nothing installed",
    };
    let mut lines = vec![
        String::new(),
        format!("=== {title} {:=<1$}", "", 90_usize.saturating_sub(title.len())),
        format!(
            "real       every job: {} config, prepare, run, cleanup as processes;",
            options.executor.display()
        ),
        "           bash, git over HTTP, pushes and pulls, AWS calls by the SDK over HTTP".into(),
        format!(
            "simulated  AWS (ECS, load balancer, STS) at {}, {} times faster than real,",
            world.cloud.endpoint, options.speed
        ),
        format!("           registry {}, GitLab {},", world.registry.host(), world.gitlab.url()),
        format!("           runner: {}", runner.display()),
        String::new(),
        "the pipeline (.gitlab-ci.yml):".into(),
    ];
    if part != "2018" && part != "given" {
        lines.extend(yaml.lines().map(|line| format!("  | {line}")));
    } else {
        lines.push(format!(
            "  | as the team has it, {} lines; without those that installed tools",
            yaml.lines().count()
        ));
        lines.push(
            "  | services: docker:dind stays in it and is not started: nothing needs it".into(),
        );
    }
    lines
}

async fn perform(
    play: &mut Play,
    narrator: &Narrator,
    part: &'static str,
    number: usize,
    scene: &Scene,
) -> Result<(), DemoError> {
    narrator.begin(number, scene.title)?;
    if let Some(version) = scene.push {
        let commit = play.push(version)?;
        let short = commit.sha.get(..8).unwrap_or(&commit.sha).to_owned();
        narrator.say(&[format!("commit {short} \"{}\", tag {}", commit.message, version.tag())])?;
    }
    let mut jobs = Vec::new();
    for (version, name) in scene.jobs {
        let report = play.job(version.tag(), name).await?;
        narrator.job(&report)?;
        let status = report.record.status;
        let reason = report.record.failure_reason.clone();
        let code = report.record.exit_code;
        jobs.push(report);
        if status != JobStatus::Success {
            let found = format!("{} ({reason}, exit code {code})", status.word());
            return Err(DemoError::Job { job: (*name).into(), found, wanted: "success" });
        }
    }
    let rows = play.services().await?;
    let traffic = match scene.v2 {
        Some(_) => Some(play.traffic(REQUESTS).await),
        None => None,
    };
    let title = scene.title;
    narrator.end(&StepReport {
        part,
        number,
        title,
        jobs: &jobs,
        rows: &rows,
        traffic,
        harm: None,
    })?;
    if let Some(version) = scene.push.filter(|version| play.pushed(version.tag()).is_none()) {
        let differences = vec![format!("the registry has no image with tag {}", version.tag())];
        return Err(DemoError::Expectation { step: number, title: title.into(), differences });
    }
    let digest = |version: Version| play.pushed(version.tag()).unwrap_or_else(|| "no image".into());
    let services = scene.running.iter();
    let expected = Expected {
        services: services
            .map(|(name, tasks, version)| (*name, *tasks, digest(*version)))
            .collect(),
        v2: scene.v2.unwrap_or_default(),
    };
    let differences = table::differences(&expected, &rows, traffic);
    if differences.is_empty() {
        return Ok(());
    }
    Err(DemoError::Expectation { step: number, title: title.into(), differences })
}
