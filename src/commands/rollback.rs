//! `rollback`: back to an earlier release. Needs no artifact and no compose file.

use super::release::{
    ChangeArgs, Declared, PlaceArgs, Report, Side, Sides, carry_out, connect, deadline, wanted,
};
use super::{Bundle, Caller, Console};
use crate::failure::{Exit, Failure};
use crate::model::{Goal, PinnedImage, RollbackTo};
use clap::Args;
use serde::{Deserialize, Serialize};

/// Shortest beginning of a commit that is taken for one, as GitLab shows it.
const SHORT_COMMIT: usize = 7;

/// Arguments of `rollback`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct RollbackArgs {
    /// Go back to this commit or revision; to the last release that succeeded when left out
    #[arg(long, value_name = "COMMIT|REVISION")]
    pub to: Option<String>,
    /// Go back to the newest revision with this image
    #[arg(long, value_name = "REPO@sha256:...", conflicts_with = "to")]
    pub image: Option<String>,
    /// Only this service
    #[arg(long, value_enum, hide_possible_values = true, value_name = "canary|full")]
    pub service: Option<Side>,
    /// Where.
    #[command(flatten)]
    pub place: PlaceArgs,
    /// How.
    #[command(flatten)]
    pub change: ChangeArgs,
}

pub(super) async fn execute(
    args: &RollbackArgs,
    bundle: &Bundle,
    caller: &Caller,
    console: Console<'_>,
) -> Result<Report, Failure> {
    let to = match &args.image {
        Some(image) => RollbackTo::Image(pinned(image)?),
        None => target(args.to.as_deref())?,
    };
    let declared = Declared::read(&args.place, bundle, caller)?;
    let sides = one_side(Sides::by_name(&declared), args.service, &declared)?;
    let deadline = deadline(&args.change, Some(&declared), caller)?;
    let cloud = connect(&declared, caller).await?;
    let wanted = wanted(Goal::Rollback(to), sides, &declared, deadline.value, caller)?;
    carry_out(&wanted, &args.change, &cloud, caller, console).await
}

/// Both services, or the one that is asked for.
pub(super) fn one_side(
    sides: Sides,
    side: Option<Side>,
    declared: &Declared,
) -> Result<Sides, Failure> {
    let file = &declared.file;
    let missing = match side {
        None => return Ok(sides),
        Some(Side::Full) => file.full().err(),
        Some(Side::Canary) => file.canary().err(),
    };
    match (missing, side) {
        (Some(finding), _) => Err(Failure::findings(Exit::File, vec![finding])),
        (None, Some(Side::Canary)) => Ok(Sides { full: None, ..sides }),
        (None, _) => Ok(Sides { canary: None, ..sides }),
    }
}

fn pinned(image: &str) -> Result<PinnedImage, Failure> {
    image.parse().map_err(|error| {
        Failure::new(Exit::Usage, format!("--image {image}: {error}"))
            .hint("`ecs-canary status` and image.json show an image with its digest")
    })
}

/// `family:7` and `7` are revisions; seven and more hexadecimal digits are a commit.
fn target(to: Option<&str>) -> Result<RollbackTo, Failure> {
    let Some(to) = to else { return Ok(RollbackTo::LastGood) };
    let is_number = !to.is_empty() && to.bytes().all(|byte| byte.is_ascii_digit());
    let revision = to.rsplit_once(':').is_some_and(|(family, number)| {
        !family.is_empty() && !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())
    });
    let is_hex = to.bytes().all(|byte| byte.is_ascii_hexdigit());
    if revision || (is_number && to.len() < SHORT_COMMIT) {
        Ok(RollbackTo::Revision(to.to_owned()))
    } else if is_hex && to.len() >= SHORT_COMMIT {
        Ok(RollbackTo::Commit(to.to_ascii_lowercase()))
    } else {
        Err(Failure::new(Exit::Usage, format!("--to \"{to}\" is neither a commit nor a revision"))
            .hint("write at least seven digits of the commit, or FAMILY:N, or N"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commits_and_revisions_are_told_apart() {
        let read = |text: &str| target(Some(text)).ok();
        assert_eq!(read("7be1d20"), Some(RollbackTo::Commit("7be1d20".to_owned())));
        assert_eq!(read("7BE1D20C"), Some(RollbackTo::Commit("7be1d20c".to_owned())));
        assert_eq!(read("web:41"), Some(RollbackTo::Revision("web:41".to_owned())));
        assert_eq!(read("41"), Some(RollbackTo::Revision("41".to_owned())));
        assert_eq!(read("1234567"), Some(RollbackTo::Commit("1234567".to_owned())));
        assert_eq!([read(""), read("last"), read("web:"), read("7be1")], [None, None, None, None]);
    }
}
