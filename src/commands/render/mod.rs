//! `render`: the requests that a deploy would send. Makes no AWS call; tags of images are
//! resolved by their registry, unless `--resolve off` leaves them alone.

mod live;

use super::deploy::resolve;
use super::release::{Declared, ImageArgs, Pinning, PlaceArgs, Side, Sides, choose, pin, wanted};
use super::{Bundle, Caller, Console};
use crate::check::{self, Checked};
use crate::failure::{Exit, Failure};
use crate::model::{
    Event, Goal, ImageRule, Knowledge, Observed, ObservedService, Outcome, OutcomeKind,
    ServiceName, ServiceState, Severity, Wanted,
};
use crate::plan::{self, History, Plan, RevisionRef, Step};
use crate::ports::Clock as _;
use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Arguments of `render`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct RenderArgs {
    /// The side whose requests are shown
    #[arg(
        long,
        value_enum,
        hide_possible_values = true,
        value_name = "canary|full",
        default_value = "full"
    )]
    pub service: Side,
    /// Show the CreateService or UpdateService request too
    #[arg(long)]
    pub all: bool,
    /// What DescribeServices said of the service, as JSON; without it the service is new
    #[arg(long, value_name = "PATH", requires = "all")]
    pub live: Option<String>,
    /// Where.
    #[command(flatten)]
    pub place: PlaceArgs,
    /// What.
    #[command(flatten)]
    pub image: ImageArgs,
}

pub(super) async fn execute(
    args: &RenderArgs,
    bundle: &Bundle,
    caller: &Caller,
    console: Console<'_>,
) -> Result<Outcome, Failure> {
    let wanted = wish(args, bundle, caller, console).await?;
    let service = wanted.full.as_ref().or(wanted.canary.as_ref()).map(|one| one.name.clone());
    let service =
        service.ok_or_else(|| Failure::new(Exit::Internal, "a release without a service"))?;
    let live = match &args.live {
        Some(name) => {
            let text = bundle.text(name, "Write the answer of DescribeServices into it.")?;
            live::service(name, &text, &service)?
        }
        None => None,
    };
    let (plan, checked) = planned(&wanted, &service, live);
    refuse(checked, console)?;
    let requests: Vec<Value> = plan.steps.iter().filter_map(request).collect();
    let text = match (args.all, requests.first()) {
        (true, _) => format!("{:#}", Value::from(requests)),
        (false, Some(register)) => format!("{:#}", register["request"]),
        (false, None) => {
            return Err(Failure::new(Exit::Internal, "a new service without a task definition"));
        }
    };
    console.reporter.emit(Event::Output { text });
    Ok(Outcome::new(OutcomeKind::Succeeded))
}

async fn wish(
    args: &RenderArgs,
    bundle: &Bundle,
    caller: &Caller,
    console: Console<'_>,
) -> Result<Wanted, Failure> {
    let declared = Declared::read(&args.place, bundle, caller)?;
    let mut chosen = choose(&args.image, false, bundle, caller)?;
    chosen.rule = ImageRule::AsGiven;
    let project = declared.project();
    let container = declared.file.container.as_ref();
    let pinning = Pinning {
        project: &project,
        container: container.map(|one| (one.name.value.to_string(), Some(one.name.at.clone()))),
        chosen: &chosen,
        resolve: resolve(&args.image, caller)?,
    };
    let pinned = pin(&pinning, None, bundle, caller, console).await?;
    let sides = Sides::with_content(&declared, &pinned, &chosen)?;
    let (goal, sides) = match args.service {
        Side::Full => (Goal::Full, Sides { canary: None, ..sides }),
        Side::Canary => (Goal::Canary, Sides { full: None, ..sides }),
    };
    let missing = match args.service {
        Side::Full => declared.file.full().err(),
        Side::Canary => declared.file.canary().err(),
    };
    match missing {
        Some(finding) => Err(Failure::findings(Exit::File, vec![finding])),
        None => {
            let end = caller.clock.now().after(std::time::Duration::from_secs(3600));
            wanted(goal, sides, &declared, end, caller)
        }
    }
}

/// What would be done, and what is wrong with it.
fn planned(
    wanted: &Wanted,
    service: &ServiceName,
    live: Option<ServiceState>,
) -> (Plan, Vec<Checked>) {
    let seen = ObservedService {
        state: live,
        task_definition: None,
        deployments: Knowledge::Known(Vec::new()),
        revisions: Knowledge::Known(Vec::new()),
    };
    let now = wanted.deadline.before(std::time::Duration::from_secs(1));
    let observed = Observed {
        at: now,
        cluster_found: true,
        services: BTreeMap::from([(service.clone(), seen)]),
        target_groups: BTreeMap::new(),
        rule: None,
        scaling: BTreeMap::new(),
    };
    let mut history = History::default();
    history.look(&observed);
    let plan = plan::next(wanted, &observed, &history, now);
    let checked = check::before(wanted, &observed, &plan);
    (plan, checked)
}

/// Refuses what a deploy would refuse; says the rest.
fn refuse(checked: Vec<Checked>, console: Console<'_>) -> Result<(), Failure> {
    let mut refused = None;
    for Checked { finding, by } in checked {
        if finding.severity == Severity::Error && refused.is_none() {
            refused = Some((finding, by));
        } else {
            console.reporter.emit(Event::Finding { finding });
        }
    }
    let Some((error, by)) = refused else { return Ok(()) };
    let failure = Failure::refused(by, error.message);
    Err(match error.hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    })
}

/// What a step sends, as `{"operation", "request"}`.
fn request(step: &Step) -> Option<Value> {
    match step {
        Step::Register { spec, tags, .. } => {
            let mut body = spec.body().clone();
            let tags: Vec<Value> =
                tags.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect();
            if !tags.is_empty() {
                body.insert("tags".to_owned(), Value::from(tags));
            }
            Some(json!({ "operation": "RegisterTaskDefinition", "request": body }))
        }
        Step::CreateService { request, revision, service } => Some(json!({
            "operation": "CreateService",
            "request": with_revision(request.body(), Some(revision), service.as_str()),
        })),
        Step::UpdateService { request, revision, service, .. } => Some(json!({
            "operation": "UpdateService",
            "request": with_revision(request.body(), revision.as_ref(), service.as_str()),
        })),
        Step::ReuseRevision { .. }
        | Step::DeleteService { .. }
        | Step::StopDeployment { .. }
        | Step::Continue { .. }
        | Step::Remember { .. }
        | Step::Journal(_)
        | Step::ScaleIn(_)
        | Step::SetWeights(_)
        | Step::Wait(_)
        | Step::Finish(_) => None,
    }
}

/// The revision that is registered right before gets its number from AWS: the family stands
/// for it.
fn with_revision(
    body: &Map<String, Value>,
    revision: Option<&RevisionRef>,
    family: &str,
) -> Map<String, Value> {
    let mut body = body.clone();
    let shown = match revision {
        Some(RevisionRef::Known(arn)) => arn.as_str(),
        Some(RevisionRef::Registered) => family,
        None => return body,
    };
    body.insert("taskDefinition".to_owned(), json!(shown));
    body
}
