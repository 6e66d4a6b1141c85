//! `verify`: everything that a release needs, looked at and not changed.

use super::deploy::{Order, Prepared, prepare};
use super::release::{
    BringArgs, ChangeArgs, Declared, ImageArgs, PlaceArgs, Resolve, Side, usual_traffic,
};
use super::{Bundle, Caller, Console, Silent};
use crate::apply;
use crate::aws::{AwsCloud, LogGroup};
use crate::check::{self, Facts, ImageFact, JudgeFacts};
use crate::config::Mode;
use crate::failure::{Exit, Failure};
use crate::model::{
    Answer, CallErrorKind, CheckLine, Event, Goal, ImageReference, Observed, OlderRule, Outcome,
    OutcomeKind, Refusal, ServiceWanted, Traffic, Wanted,
};
use crate::ports::{Clock as _, LoadBalancer as _, Metrics as _, Registry as _};
use crate::registry::Credentials;
use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Arguments of `verify`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct VerifyArgs {
    /// Only this service
    #[arg(long, value_enum, hide_possible_values = true, value_name = "canary|full")]
    pub service: Option<Side>,
    /// The image with its digest [default: $ECS_CANARY_IMAGE, image.json, the compose file's]
    #[arg(long, value_name = "REPO@sha256:...")]
    pub image: Option<String>,
    /// Where.
    #[command(flatten)]
    pub place: PlaceArgs,
    /// The time of a release, in which its judge must be able to come to verdicts [default: as
    /// for `release`]
    #[arg(long, value_name = "55m")]
    pub deadline: Option<String>,
    /// Nothing is changed in any case
    #[arg(long)]
    pub dry_run: bool,
}

pub(super) async fn execute(
    args: &VerifyArgs,
    bundle: &Bundle,
    caller: &Caller,
    console: Console<'_>,
) -> Result<Outcome, Failure> {
    // What is said on the way to a wish is said by a release; here the answers count.
    let quiet = Console { reporter: &Silent, ..console };
    let prepared = Box::pin(prepared(args, bundle, caller, quiet)).await?;
    let looked = async {
        let wanted = &prepared.wanted;
        let preview = match apply::preview(&prepared.cloud, &caller.clock, wanted).await {
            Ok(preview) => preview,
            Err(error) => {
                return vec![CheckLine::could_not(("cluster", wanted.cluster.as_str()), &error)];
            }
        };
        let facts = facts(wanted, &preview.observed, &prepared.cloud, caller).await;
        check::verify(wanted, &preview.observed, &preview.checked, &facts)
    };
    let checks = tokio::select! {
        checks = looked => checks,
        () = console.cancel.reached(1) => {
            return Err(Failure::new(Exit::Cancelled, "cancelled; nothing was changed"));
        }
    };
    let outcome = outcome(&checks);
    console.reporter.emit(Event::Checks { checks });
    Ok(outcome)
}

/// The wish of a release, with images as they are written: whether they exist is a check.
async fn prepared(
    args: &VerifyArgs,
    bundle: &Bundle,
    caller: &Caller,
    console: Console<'_>,
) -> Result<Prepared, Failure> {
    let declared = Declared::read(&args.place, bundle, caller)?;
    let goal = match args.service {
        Some(side) => side.goal(),
        None if declared.file.canary.is_some() && declared.file.full.is_some() => Goal::Release,
        // ECS's own strategies release in one service.
        None if is_native(&declared) => Goal::Release,
        None if declared.file.canary.is_some() => Goal::Canary,
        None => Goal::Full,
    };
    let bring = BringArgs {
        place: args.place.clone(),
        image: ImageArgs { image: args.image.clone(), resolve: Some(Resolve::Off) },
        change: ChangeArgs { deadline: args.deadline.clone(), dry_run: args.dry_run },
        ..BringArgs::default()
    };
    let order = Order { goal, bring: &bring, older: OlderRule::Refuse };
    let mut prepared = prepare(&order, bundle, caller, console).await?;
    match args.service {
        Some(Side::Full) => prepared.wanted.canary = None,
        // ECS's own strategies have one service for both.
        Some(Side::Canary) if !is_native(&prepared.declared) => prepared.wanted.full = None,
        Some(Side::Canary) | None => {}
    }
    Ok(prepared)
}

fn is_native(declared: &Declared) -> bool {
    let mode = declared.file.mode.as_ref().map(|mode| mode.value);
    declared.file.full.is_some() && mode == Some(Mode::Native)
}

async fn facts(wanted: &Wanted, observed: &Observed, cloud: &AwsCloud, caller: &Caller) -> Facts {
    let mut facts = Facts::default();
    if let Traffic::Native(native) = &wanted.course.traffic {
        let group = &native.alternate.value;
        facts.groups.insert(group.clone(), cloud.target_group(group).await);
        let role = &native.role.value;
        facts.roles.insert(role.clone(), cloud.role(role).await);
    }
    for service in wanted.full.iter().chain(&wanted.canary) {
        let group = service.load_balancer.as_ref().and_then(|one| one.target_group.as_ref());
        if let Some(group) = group.filter(|group| !facts.groups.contains_key(*group)) {
            facts.groups.insert(group.clone(), cloud.target_group(group).await);
        }
        let state = observed.state(&service.name);
        if let Some(state) = state.filter(|state| !state.alarms.is_empty()) {
            facts.alarms.push(cloud.alarms(&state.alarms).await);
        }
        of_containers(service, &mut facts, cloud, caller).await;
    }
    facts.judge = of_judge(wanted, observed, cloud, caller).await;
    facts
}

async fn of_judge(
    wanted: &Wanted,
    observed: &Observed,
    cloud: &AwsCloud,
    caller: &Caller,
) -> Option<JudgeFacts> {
    let judging = wanted.course.judging.as_deref()?;
    let alarms = match judging.alarms.as_slice() {
        [] => Ok(Vec::new()),
        names => cloud.alarms(names).await,
    };
    let traffic = usual_traffic(judging, observed.at, cloud).await;
    Some(JudgeFacts { traffic, alarms, now: caller.clock.now() })
}

async fn of_containers(
    service: &ServiceWanted,
    facts: &mut Facts,
    cloud: &AwsCloud,
    caller: &Caller,
) {
    for role in service.task.iter().flat_map(|task| check::roles(task.body())) {
        if !facts.roles.contains_key(role) {
            facts.roles.insert(role.to_owned(), cloud.role(role).await);
        }
    }
    for container in service.task.iter().flat_map(|task| task.containers()) {
        let image = container.get("image").and_then(Value::as_str).unwrap_or_default();
        if !facts.images.contains_key(image)
            && let Ok(reference) = image.parse::<ImageReference>()
        {
            facts.images.insert(image.to_owned(), of_image(&reference, caller).await);
        }
        for name in check::all_secrets(container) {
            if !facts.secrets.contains_key(name) {
                facts.secrets.insert(name.to_owned(), cloud.secret(name).await);
            }
        }
        let log = container.get("logConfiguration").and_then(|log| log.get("options"));
        let option = |key: &str| log?.get(key)?.as_str().map(str::to_owned);
        if let Some(name) = option("awslogs-group")
            && !facts.log_groups.contains_key(&name)
        {
            let group = LogGroup { name: name.clone(), region: option("awslogs-region") };
            facts.log_groups.insert(name, cloud.log_group_exists(&group).await);
        }
    }
}

async fn of_image(reference: &ImageReference, caller: &Caller) -> ImageFact {
    let anybody = Caller { credentials: Credentials::default(), ..caller.clone() };
    let open = anybody.registry().resolve(reference).await;
    let is_open = open.is_ok();
    let found = match open {
        Ok(found) => Ok(found),
        Err(_) => caller.registry().resolve(reference).await,
    };
    let found = match found {
        Ok(found) => {
            let platforms = found.platforms.iter();
            let platforms = platforms.map(|one| format!("{}/{}", one.os, one.architecture));
            Ok(Some((found.image.digest().short().to_owned(), platforms.collect())))
        }
        Err(error) if error.kind == CallErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    };
    ImageFact { found, open: is_open }
}

/// A check that failed refuses; one that could not be made is no success when a right or an
/// answer was missing.
fn outcome(checks: &[CheckLine]) -> Outcome {
    let of = |answer| checks.iter().filter(move |line| line.answer == answer);
    let counted = |count: usize, what: &str| match count {
        1 => format!("1 check {what}"),
        count => format!("{count} checks {what}"),
    };
    let named = |line: &CheckLine| format!("{} {}: {}", line.check, line.subject, line.text);
    if let Some(first) = of(Answer::Failed).next() {
        let text = counted(of(Answer::Failed).count(), "failed");
        let outcome = Outcome::refused(Refusal::Preflight);
        let outcome = outcome.because(format!("{text}: {}", named(first)));
        return match &first.hint {
            Some(hint) => outcome.hinting(hint.clone()),
            None => outcome,
        };
    }
    let untold = of(Answer::CouldNotTell).count();
    let passed = counted(of(Answer::Ok).count(), "passed");
    let Some((line, kind)) = of(Answer::CouldNotTell).find_map(|line| Some((line, line.because?)))
    else {
        let text = match untold {
            0 => passed,
            untold => format!("{passed}, {}", counted(untold, "could not be made")),
        };
        return Outcome::new(OutcomeKind::Succeeded).because(text);
    };
    let outcome = match kind {
        CallErrorKind::NoAnswer | CallErrorKind::Throttled => OutcomeKind::Unreachable,
        CallErrorKind::Denied
        | CallErrorKind::Credentials
        | CallErrorKind::NoCredentials
        | CallErrorKind::NotFound
        | CallErrorKind::Refused
        | CallErrorKind::Unsupported => OutcomeKind::Denied,
    };
    let text = format!("{}; first {}", counted(untold, "could not be made"), named(line));
    Outcome::new(outcome).because(format!("{passed}, {text}"))
}
