//! What the judge can be expected to say, and when, told before a release.

use crate::aws::AwsCloud;
use crate::commands::Console;
use crate::judge::{self, Expected, FAULT, SETTLES, Usual};
use crate::model::{CallError, Event, Finding, Judging, Timestamp, Wanted, short};
use crate::ports::Metrics as _;

/// Minutes of a day.
const DAY: i64 = 24 * 60;

/// Tells how long verdicts take at the traffic of the last day before `at`, AWS's time.
pub(in crate::commands) async fn tell(
    judging: &Judging,
    wanted: &Wanted,
    (cloud, at): (&AwsCloud, Timestamp),
    console: Console<'_>,
) {
    let say = |text: String| console.reporter.emit(Event::fact("judge", text));
    let usual = match usual_traffic(judging, at, cloud).await {
        Ok(usual) => usual,
        Err(error) => Err(error.to_string()),
    };
    match usual {
        Err(why) => {
            let text = format!("could not tell how much traffic there is: {why}");
            console.reporter.emit(Event::Finding { finding: Finding::warning(text) });
        }
        Ok(None) => say("no request in the last day: there would be no verdict".to_owned()),
        Ok(Some(usual)) => lines(judging, &usual, &shares(wanted)).into_iter().for_each(say),
    }
}

/// The traffic of the last day before `at`, AWS's time: `None` without a request, or why the
/// numbers say nothing.
///
/// # Errors
/// They could not be read.
pub(in crate::commands) async fn usual_traffic(
    judging: &Judging,
    at: Timestamp,
    cloud: &AwsCloud,
) -> Result<Result<Option<Usual>, String>, CallError> {
    let last = judge::settled(at);
    let minutes = last - DAY + 1..=last;
    // The hour before the first minute comes along; it does not matter here.
    let query = judge::query(&judging.metrics, &minutes);
    let answers = cloud.series(&query).await?;
    let samples = judge::samples(&judging.metrics, &query, &answers);
    Ok(samples.map(|samples| Usual::of(&samples, minutes)).map_err(|why| why.to_string()))
}

/// The canary's shares as parts of 1, in order.
fn shares(wanted: &Wanted) -> Vec<f64> {
    let shares = wanted.course.shares();
    shares.iter().map(|share| f64::from(share.tenths()) / 1000.0).collect()
}

fn lines(judging: &Judging, usual: &Usual, shares: &[f64]) -> Vec<String> {
    let mut lines = vec![format!(
        "last day: {} requests per second, {} % {}",
        short(usual.per_second()),
        short(usual.rate * 100.0),
        judging.metrics.first().map_or("bad", |metric| metric.name.as_str())
    )];
    for share in shares {
        let expected = usual.expected(&judging.policy, *share, FAULT);
        lines.push(format!("at {} %: {}", short(share * 100.0), in_words(expected)));
    }
    let smallest = usual.smallest_share();
    if shares.first().is_some_and(|first| *first < smallest) {
        let per_cent = (smallest * 100.0).ceil().min(100.0);
        lines.push(format!(
            "the first share gives the canary less than 0.2 requests per second: take {per_cent} %"
        ));
    }
    lines
}

fn in_words(expected: Expected) -> String {
    let about = |minutes: Option<i64>| match minutes {
        Some(minutes) => format!("in about {} min", minutes + SETTLES),
        None => "not within four hours".to_owned(),
    };
    format!(
        "a healthy version passes {}, 5 % errors are found {}",
        about(expected.to_pass),
        about(expected.to_fail)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_reads_minutes() {
        let expected = Expected { to_pass: Some(12), to_fail: None };
        assert_eq!(
            in_words(expected),
            "a healthy version passes in about 15 min, 5 % errors are found not within four hours"
        );
    }
}
