//! Whether the judge can come to an honest verdict: its numbers, its alarms, and enough traffic in
//! the time that it has.

use super::{Read, service};
use crate::judge::{Expected, FAULT, FEWEST_PER_SECOND, SETTLES, Usual};
use crate::model::{
    Alarm, AlarmState, Answer, CheckLine, Judging, OnUndecided, Timestamp, TrafficShare, Wanted,
    short,
};
use std::time::Duration;

/// What was read for the judge.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgeFacts {
    /// The traffic of the last day, `None` without a request; why the numbers say nothing.
    pub traffic: Read<Result<Option<Usual>, String>>,
    /// The alarms that stop a canary too.
    pub alarms: Read<Vec<Alarm>>,
    /// Now, by the clock of the deadline.
    pub now: Timestamp,
}

pub(super) fn lines(wanted: &Wanted, facts: &JudgeFacts) -> Vec<CheckLine> {
    let Some(judging) = wanted.course.judging.as_deref() else { return Vec::new() };
    let metrics: Vec<&str> = judging.metrics.iter().map(|metric| metric.name.as_str()).collect();
    let metrics = metrics.join(", ");
    let what = ("judge", metrics.as_str());
    let mut lines = match &facts.traffic {
        Err(error) => vec![CheckLine::could_not(what, error)],
        Ok(Err(why)) => vec![CheckLine::new(what, Answer::CouldNotTell, why.clone())],
        Ok(Ok(None)) => vec![verdictless(judging, what, "no request in the last day")],
        Ok(Ok(Some(usual))) => {
            let text = format!("can be read, {} requests/s last day", short(usual.per_second()));
            let mut lines = vec![CheckLine::new(what, Answer::Ok, text)];
            lines.extend(shares(wanted, judging, usual, facts.now));
            lines
        }
    };
    lines.extend(alarms(judging, &facts.alarms));
    lines
}

/// No verdict is to be expected: whether that stops a release says its policy.
fn verdictless(judging: &Judging, what: (&str, &str), text: &str) -> CheckLine {
    match judging.undecided {
        OnUndecided::Promote => {
            let text =
                format!("{text}: no honest verdict, it goes on without (undecided: promote)");
            CheckLine::new(what, Answer::Ok, text)
        }
        OnUndecided::Hold | OnUndecided::Rollback => {
            let line = CheckLine::new(what, Answer::Failed, format!("{text}: no honest verdict"));
            line.hinting(
                "raise the first share or `judge.max`, send synthetic load, or `judge: off`",
            )
        }
    }
}

/// Each share by a rule: whether its verdicts can be there in time.
fn shares(wanted: &Wanted, judging: &Judging, usual: &Usual, now: Timestamp) -> Vec<CheckLine> {
    let steps = wanted.course.shares();
    let mut lines = Vec::new();
    let mut all = Duration::ZERO;
    for share in &steps {
        let part = f64::from(share.tenths()) / 1000.0;
        let expected = usual.expected(&judging.policy, part, FAULT);
        let takes = expected.to_pass.map_or(judging.longest, minutes);
        all += takes.min(judging.longest).max(wanted.course.hold);
        lines.push(of_share(judging, usual, *share, expected));
    }
    let left = wanted.deadline.since(now);
    if !steps.is_empty() && all > left {
        let text = format!(
            "the shares take about {} together, the deadline leaves {}",
            in_minutes(all),
            in_minutes(left)
        );
        let line = CheckLine::new(("verdict", "all shares"), Answer::Failed, text);
        lines.push(line.hinting("take fewer `steps`, or a longer `deadline` and job timeout"));
    }
    lines
}

fn of_share(
    judging: &Judging,
    usual: &Usual,
    share: TrafficShare,
    expected: Expected,
) -> CheckLine {
    let subject = format!("{share} %");
    let what = ("verdict", subject.as_str());
    let canary = usual.per_second() * f64::from(share.tenths()) / 1000.0;
    let rate = format!("{} requests/s", short(canary));
    if canary < FEWEST_PER_SECOND {
        let per_cent = (usual.smallest_share() * 100.0).ceil();
        let line = verdictless(judging, what, &format!("{rate}, 0.2 are needed"));
        return match line.hint.is_some() && per_cent < 100.0 {
            true => line.hinting(format!("begin with {per_cent} %, or send synthetic load")),
            false => line,
        };
    }
    let longest = in_minutes(judging.longest);
    let about = |found: Option<i64>| match found {
        Some(found) => format!("in about {}", in_minutes(minutes(found))),
        None => "not within four hours".to_owned(),
    };
    let (pass, fail) = (about(expected.to_pass), about(expected.to_fail));
    let text = format!("{rate}: healthy {pass}, 5 % errors found {fail}");
    match expected.to_pass.map(minutes) {
        Some(takes) if takes <= judging.longest => CheckLine::new(what, Answer::Ok, text),
        Some(_) | None => verdictless(judging, what, &format!("{text}, `judge.max` is {longest}")),
    }
}

fn in_minutes(time: Duration) -> String {
    format!("{} min", time.as_secs() / 60)
}

fn minutes(count: i64) -> Duration {
    Duration::from_secs(60 * u64::try_from(count + SETTLES).unwrap_or_default())
}

fn alarms(judging: &Judging, read: &Read<Vec<Alarm>>) -> Vec<CheckLine> {
    let found = match read {
        _ if judging.alarms.is_empty() => return Vec::new(),
        Err(error) => return vec![CheckLine::could_not(("judge_alarm", "all"), error)],
        Ok(found) => found,
    };
    let of = |name: &String| {
        let what = ("judge_alarm", name.as_str());
        let alarm = found.iter().find(|alarm| alarm.name == *name);
        match alarm {
            None => CheckLine::new(what, Answer::Failed, "it does not exist")
                .hinting("check `judge.alarms` of the release file"),
            Some(alarm) if alarm.state == AlarmState::Alarm => {
                let text = format!("is on already: {}", alarm.reason);
                let line = CheckLine::new(what, Answer::Failed, text);
                line.hinting("it stops no canary until it ends")
            }
            Some(alarm) => service::alarm(alarm),
        }
    };
    let named = |line: CheckLine| CheckLine { check: "judge_alarm".to_owned(), ..line };
    judging.alarms.iter().map(of).map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::samples::{at, wanted};
    use crate::model::{
        BadCount, CallError, CallErrorKind, Comparison, Goal, JudgedMetric, ListenerRuleArn,
        MetricSeries, OnFail, Policy, SideSeries, TargetGroupArn, Traffic, WeightedTraffic,
    };

    fn judging(undecided: OnUndecided) -> Judging {
        let series = || MetricSeries {
            namespace: "N".to_owned(),
            name: "n".to_owned(),
            dimensions: [].into(),
            statistic: "Sum".to_owned(),
        };
        let side = || SideSeries { requests: series(), bad: BadCount::Counted(series()) };
        Judging {
            policy: Policy::default(),
            metrics: vec![JudgedMetric {
                name: "errors".to_owned(),
                canary: side(),
                baseline: side(),
            }],
            alarms: vec!["5xx".to_owned(), "gone".to_owned()],
            even: Comparison::Stable,
            longest: Duration::from_secs(3600),
            undecided,
            fail: OnFail::Rollback,
        }
    }

    /// A tenth, then a half, by the deadline of two hours.
    fn judged(undecided: OnUndecided) -> Wanted {
        let mut wanted = wanted(Goal::Release, 2);
        let group = |name: &str| TargetGroupArn::new(name);
        wanted.course.traffic = Traffic::Weighted(WeightedTraffic {
            rule: ListenerRuleArn::new("arn:rule"),
            full: group("arn:full"),
            canary: group("arn:canary"),
        });
        wanted.course.steps = [100, 500].map(TrafficShare::from_tenths).to_vec();
        wanted.course.hold = Duration::ZERO;
        wanted.course.judging = Some(Box::new(judging(undecided)));
        wanted.deadline = at(7200);
        wanted
    }

    fn facts(per_second: f64) -> JudgeFacts {
        let usual = Usual { requests: per_second * 60.0, rate: 0.01 };
        let alarm = |name: &str| Alarm {
            name: name.to_owned(),
            state: AlarmState::Alarm,
            since: None,
            reason: "7 above 5".to_owned(),
        };
        JudgeFacts { traffic: Ok(Ok(Some(usual))), alarms: Ok(vec![alarm("5xx")]), now: at(0) }
    }

    fn shown(wanted: &Wanted, facts: &JudgeFacts) -> String {
        let line = |line: CheckLine| {
            let hint = line.hint.map(|hint| format!(" / {hint}")).unwrap_or_default();
            format!("{:?} {} {}: {}{hint}", line.answer, line.check, line.subject, line.text)
        };
        lines(wanted, facts).into_iter().map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn enough_traffic_is_said_with_minutes_and_alarms_are_named() {
        insta::assert_snapshot!(shown(&judged(OnUndecided::Hold), &facts(10.0)), @r"
        Ok judge errors: can be read, 10 requests/s last day
        Ok verdict 10 %: 1 requests/s: healthy in about 15 min, 5 % errors found in about 8 min
        Ok verdict 50 %: 5 requests/s: healthy in about 11 min, 5 % errors found in about 6 min
        Failed judge_alarm 5xx: is on already: 7 above 5 / it stops no canary until it ends
        Failed judge_alarm gone: it does not exist / check `judge.alarms` of the release file
        ");
    }

    #[test]
    fn too_little_traffic_is_no_honest_verdict() {
        let told = shown(&judged(OnUndecided::Hold), &facts(0.5));
        assert!(told.contains(
            "Failed verdict 10 %: 0.05 requests/s, 0.2 are needed: no honest verdict / begin with 40 %"
        ), "{told}");
        let told = shown(&judged(OnUndecided::Promote), &facts(0.5));
        assert!(
            told.contains("Ok verdict 10 %: 0.05 requests/s, 0.2 are needed: no honest verdict"),
            "{told}"
        );
        let nothing = JudgeFacts { traffic: Ok(Ok(None)), ..facts(1.0) };
        let told = shown(&judged(OnUndecided::Rollback), &nothing);
        assert!(told.starts_with("Failed judge errors: no request in the last day"), "{told}");
    }

    #[test]
    fn a_verdict_that_comes_too_late_is_told_before() {
        let mut wanted = judged(OnUndecided::Hold);
        wanted.course.judging.as_mut().unwrap().longest = Duration::from_secs(600);
        let told = shown(&wanted, &facts(10.0));
        assert!(told.contains("Failed verdict 10 %: 1 requests/s: healthy in about 1"), "{told}");
        assert!(told.contains("`judge.max` is 10 min: no honest verdict"), "{told}");
        let mut wanted = judged(OnUndecided::Hold);
        wanted.deadline = at(1200);
        let told = shown(&wanted, &facts(10.0));
        assert!(
            told.contains("together, the deadline leaves 20 min / take fewer `steps`"),
            "{told}"
        );
    }

    #[test]
    fn numbers_that_cannot_be_read_are_neither() {
        let denied = CallError {
            kind: CallErrorKind::Denied,
            operation: "cloudwatch:GetMetricData".to_owned(),
            code: None,
            message: "no".to_owned(),
            place: None,
        };
        let traffic = Ok(Err("RequestCount: PartialData".to_owned()));
        let partial = JudgeFacts { traffic, ..facts(1.0) };
        assert!(
            shown(&judged(OnUndecided::Hold), &partial).starts_with("CouldNotTell judge errors: R")
        );
        let facts = JudgeFacts { traffic: Err(denied.clone()), alarms: Err(denied), now: at(0) };
        let told = lines(&judged(OnUndecided::Hold), &facts);
        assert!(told.iter().all(|line| line.because == Some(CallErrorKind::Denied)), "{told:?}");
        assert_eq!(told.len(), 2);
    }
}
