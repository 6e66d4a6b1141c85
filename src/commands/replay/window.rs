//! `replay --from`: the minutes of the past come from CloudWatch.

use super::counts_file::{CountsFile, Row, Sequence};
use super::{ReplayArgs, healthy, judged};
use crate::commands::release::{Declared, connect, judging};
use crate::commands::{Bundle, Caller, Console};
use crate::config::yaml;
use crate::failure::{Exit, Failure};
use crate::judge::{self, Counts, Samples};
use crate::model::{Event, Finding, Outcome, OutcomeKind, Timestamp};
use crate::ports::{Clock as _, Metrics as _};
use std::ops::RangeInclusive;

/// Judges what the release file's metrics counted in a window of the past, by its limits where the
/// options name no others.
///
/// # Errors
/// The release file has no judge, the window makes no sense, or CloudWatch does not tell.
pub(in crate::commands) async fn execute(
    args: &ReplayArgs,
    bundle: &Bundle,
    caller: &Caller,
    console: Console<'_>,
) -> Result<Outcome, Failure> {
    let declared = Declared::read(&args.place, bundle, caller)?;
    let Some(judging) = judging(&declared)? else {
        let finding = Finding::error("--from needs `judge` of the release file: what to count");
        return Err(declared.fault(finding.hint("Add `judge: on`.")));
    };
    let minutes = minutes(args, caller.clock.now())?;
    let policy = args.policy.over(judging.policy);
    let cloud = connect(&declared, caller).await?;
    let query = judge::query(&judging.metrics, &minutes);
    let answers = tokio::select! {
        answers = cloud.series(&query) => answers?,
        () = console.cancel.reached(1) => {
            return Err(Failure::new(Exit::Cancelled, "cancelled; nothing was changed"));
        }
    };
    let samples = judge::samples(&judging.metrics, &query, &answers).map_err(|incomplete| {
        Failure::new(Exit::Unreachable, format!("CloudWatch tells not all of it: {incomplete}"))
    })?;
    let counts = table(&samples, &minutes, args.aa.is_some());
    let words = match args.aa {
        Some(share) => vec![healthy::tell(&counts, &policy, share, &console.reporter)],
        None => {
            let ends = judged::tell(&counts, &policy, &console.reporter);
            judged::in_words(&counts, &policy, &ends)
        }
    };
    words.into_iter().for_each(|event: Event| console.reporter.emit(event));
    Ok(Outcome::new(OutcomeKind::Succeeded))
}

/// The whole minutes that were asked for; up to now means those that are settled.
fn minutes(args: &ReplayArgs, now: Timestamp) -> Result<RangeInclusive<i64>, Failure> {
    let from = moment("--from", args.from.as_deref().unwrap_or_default(), now)?;
    let last = match args.to.as_deref() {
        Some(to) => moment("--to", to, now)?.minute() - 1,
        None => judge::settled(now),
    };
    let minutes = judge::first_minute(from)..=last;
    if minutes.is_empty() {
        let message = format!("no whole minute lies between --from ({from}) and its end");
        return Err(Failure::new(Exit::Usage, message)
            .hint("without --to it ends with the newest settled minute, two minutes ago"));
    }
    Ok(minutes)
}

/// A time, or how long ago.
fn moment(option: &str, text: &str, now: Timestamp) -> Result<Timestamp, Failure> {
    let ago = || yaml::duration(text).map(|ago| now.before(ago));
    text.parse().ok().or_else(ago).ok_or_else(|| {
        let message = format!(
            "{option}: \"{text}\" is neither a time such as 2026-11-28T10:00:00Z nor how long \
             ago, such as 7d"
        );
        Failure::new(Exit::Usage, message)
    })
}

/// As a file of counts has them. Of the hour before only the baseline counts: its canary was
/// another release.
fn table(samples: &Samples, minutes: &RangeInclusive<i64>, is_drawn: bool) -> CountsFile {
    let rows = samples.rows().map(|(minute, metric, counts)| {
        let counts = match is_drawn || minutes.contains(&minute) {
            true => counts,
            false => Counts { canary_requests: 0, canary_bad: 0, ..counts },
        };
        Row { minute, metric: u32::try_from(metric).unwrap_or(u32::MAX), line: 0, counts }
    });
    let sequence = Sequence { name: None, rows: rows.collect() };
    CountsFile { sequences: vec![sequence], metrics: samples.names().to_vec() }
}
