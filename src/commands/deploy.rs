//! `deploy canary` and `deploy full`.

use super::release::{
    BringArgs, Chosen, Declared, ImageArgs, Pinned, Pinning, Report, Resolve, Said, SameSideArgs,
    Side, Sides, carry_out, choose, connect, deadline, pin, wanted,
};
use super::{Bundle, Caller, Console};
use crate::apply;
use crate::aws::AwsCloud;
use crate::failure::{Exit, Failure};
use crate::model::{
    Event, Finding, Goal, ImageRule, OlderRule, PinnedImage, TaskImage, Timestamp, Wanted,
};
use crate::plan;
use clap::Args;
use serde::{Deserialize, Serialize};

/// `off` leaves tags alone, as `--resolve off` does.
const RESOLVE_VARIABLE: &str = "ECS_CANARY_RESOLVE";

/// Arguments of `deploy`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct DeployArgs {
    /// Which service is brought to the release
    #[arg(value_enum, hide_possible_values = true, value_name = "canary|full")]
    pub side: Side,
    /// Its name once more.
    #[command(flatten)]
    pub same: SameSideArgs,
    /// Where, what and how.
    #[command(flatten)]
    pub bring: BringArgs,
    /// Release a commit although a newer one runs
    #[arg(long)]
    pub allow_older: bool,
}

/// A deploy that is ready to be carried out or shown.
pub(super) struct Prepared {
    pub(super) declared: Declared,
    pub(super) cloud: AwsCloud,
    pub(super) wanted: Wanted,
    pub(super) image: Said<Option<TaskImage>>,
    pub(super) deadline: Said<Timestamp>,
}

/// What a deploy is made from.
pub(super) struct Order<'a> {
    pub(super) goal: Goal,
    pub(super) bring: &'a BringArgs,
    pub(super) older: OlderRule,
}

pub(super) async fn execute(
    args: &DeployArgs,
    bundle: &Bundle,
    caller: &Caller,
    console: Console<'_>,
) -> Result<Report, Failure> {
    let order = Order {
        goal: args.side.goal(),
        bring: &args.bring,
        older: if args.allow_older { OlderRule::Warn } else { OlderRule::Refuse },
    };
    let command = match args.side {
        Side::Canary => "deploy canary",
        Side::Full => "deploy full",
    };
    args.same.is(args.side, command)?;
    let prepared = prepare(&order, bundle, caller, console).await?;
    carry_out(&prepared.wanted, &args.bring.change, &prepared.cloud, caller, console).await
}

/// Reads, chooses and pins; changes nothing.
pub(super) async fn prepare(
    order: &Order<'_>,
    bundle: &Bundle,
    caller: &Caller,
    console: Console<'_>,
) -> Result<Prepared, Failure> {
    let declared = Declared::read(&order.bring.place, bundle, caller)?;
    needed(&order.goal, &declared)
        .map_err(|finding| Failure::findings(Exit::File, vec![finding]))?;
    let holds = matches!(order.goal, Goal::Full | Goal::Promote);
    let chosen = choose(&order.bring.image, holds, bundle, caller)?;
    let project = declared.project();
    let container = declared.file.container.as_ref();
    let pinning = Pinning {
        project: &project,
        container: container.map(|one| (one.name.value.to_string(), Some(one.name.at.clone()))),
        chosen: &chosen,
        resolve: resolve(&order.bring.image, caller)?,
    };
    let deadline = deadline(&order.bring.change, Some(&declared), caller)?;
    // A wrong file is told before anybody is asked.
    pinning.check(bundle, caller)?;
    let cloud = connect(&declared, caller).await?;
    let scene = Scene { order, declared: &declared, chosen: &chosen, deadline: deadline.value };
    let held = scene.held(&pinning, &cloud, bundle, caller, console).await?;
    let pinned = pin(&pinning, held.as_ref(), bundle, caller, console).await?;
    let image = Said::new(pinned.image(), if held.is_some() { HELD } else { &chosen.by });
    let wanted = scene.wanted(&pinned, caller)?;
    Ok(Prepared { cloud, wanted, image, deadline, declared })
}

/// The services that a goal cannot do without.
fn needed(goal: &Goal, declared: &Declared) -> Result<(), Finding> {
    let (full, canary) = (declared.file.full(), declared.file.canary());
    if declared.is_native() {
        return full.map(drop);
    }
    match goal {
        Goal::Canary => canary.map(drop),
        Goal::Promote | Goal::Release => full.and(canary).map(drop),
        _ => full.map(drop),
    }
}

/// Who said an image that came from AWS.
const HELD: &str = "the revision that AWS holds for this commit";

/// Whether tags are resolved.
pub(super) fn resolve(args: &ImageArgs, caller: &Caller) -> Result<Resolve, Failure> {
    match (args.resolve, caller.variable(RESOLVE_VARIABLE)) {
        (Some(resolve), _) => Ok(resolve),
        (None, None | Some("on")) => Ok(Resolve::On),
        (None, Some("off")) => Ok(Resolve::Off),
        (None, Some(other)) => Err(Failure::new(
            Exit::Usage,
            format!("${RESOLVE_VARIABLE} is \"{other}\"; on or off is wanted"),
        )),
    }
}

struct Scene<'a> {
    order: &'a Order<'a>,
    declared: &'a Declared,
    chosen: &'a Chosen,
    deadline: Timestamp,
}

impl Scene<'_> {
    fn wanted(&self, pinned: &Pinned, caller: &Caller) -> Result<Wanted, Failure> {
        let sides = Sides::with_content(self.declared, pinned, self.chosen)?;
        let goal = self.order.goal.clone();
        let mut wanted = wanted(goal, sides, self.declared, self.deadline, caller)?;
        wanted.course.queue = self.order.bring.queue.queue();
        wanted.course.again = self.order.bring.queue.again(caller)?;
        Ok(Wanted { older: self.order.older, ..wanted })
    }

    /// The image that AWS holds for this commit, when no other was given and it goes first: an
    /// old deploy job needs neither its artifacts nor the tag in the registry.
    async fn held(
        &self,
        pinning: &Pinning<'_>,
        cloud: &AwsCloud,
        bundle: &Bundle,
        caller: &Caller,
        console: Console<'_>,
    ) -> Result<Option<TaskImage>, Failure> {
        let asks = self.chosen.rule == ImageRule::HeldFirst && self.chosen.image.is_none();
        if !asks || caller.identity.commit.is_none() {
            return Ok(None);
        }
        let as_written = pinning.as_written(bundle, caller)?;
        let wanted = self.wanted(&as_written, caller)?;
        let look = tokio::select! {
            look = apply::preview(cloud, &caller.clock, &wanted) => look,
            () = console.cancel.reached(1) => return Ok(None),
        };
        // What cannot be looked at now is looked at again, and told, by the release itself.
        let Ok(preview) = look else { return Ok(None) };
        let held = plan::held_image(&wanted, &preview.observed);
        let Some(held) = held else { return Ok(None) };
        let text = format!("{} (held by {} for this commit)", held.image, held.revision.short());
        console.reporter.emit(Event::fact("image", text));
        Ok(Some(match held.image.parse::<PinnedImage>() {
            Ok(image) => TaskImage::Pinned(image),
            Err(_) => TaskImage::Unresolved(held.image),
        }))
    }
}
