//! The judge on a release that is under way: counts from its start at each look, so that
//! whoever looks, and however often, comes to the same verdict.

use super::ask::{Incomplete, first_minute, query, samples, settled};
use super::evidence::users;
use super::{Assessment, Policy, Samples, ShareStep, Verdict, Window, assess};
use crate::model::{
    Alarm, AlarmState, Comparison, Evidence, Judging, MetricQuery, Rate, SeriesAnswer, Timestamp,
    TrafficShare,
};

/// Both sides get the same part of the requests.
const EVEN_TENTHS: u32 = 500;

/// One share of one release, before the judge.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// By what.
    pub judging: Judging,
    /// Since when the canary of this release gets requests, by AWS's clock.
    pub since: Timestamp,
    /// Since when it has this share.
    pub share_since: Timestamp,
    /// The share; `None` = that of its tasks, which is not checked.
    pub share: Option<TrafficShare>,
    /// How many shares the release has after the first one.
    pub later_shares: u32,
}

impl Case {
    /// What to ask at `now`, AWS's clock; `None` while no minute is settled.
    pub fn query(&self, now: Timestamp) -> Option<MetricQuery> {
        let minutes = first_minute(self.since)..=settled(now);
        let is_any = first_minute(self.share_since) <= *minutes.end();
        is_any.then(|| query(&self.judging.metrics, &minutes))
    }

    /// The verdict on the answers to `query`. Pass is said of this share, fail of the whole release.
    ///
    /// Each share has to be healthy by its own requests. Worse is what the whole release says, or
    /// a later share by its own: those have one `alpha` more, all of them together.
    ///
    /// # Errors
    /// CloudWatch left something out: that is no verdict.
    pub fn hear(
        &self,
        query: &MetricQuery,
        answers: &[SeriesAnswer],
    ) -> Result<Evidence, Incomplete> {
        let samples = samples(&self.judging.metrics, query, answers)?;
        let end = query.until - 1;
        let minutes = first_minute(self.share_since)..=end;
        let steps = self.share.map(|share| ShareStep {
            minute: *minutes.start(),
            share: f64::from(share.tenths()) / 1000.0,
        });
        let own = Window { minutes, steps: steps.into_iter().collect() };
        let is_first = self.share_since == self.since;
        let policy = if is_first { self.judging.policy } else { self.of_later_share() };
        let policy = Policy { comparison: self.comparison(), ..policy };
        let here = assess(&policy, &samples, &own);
        let since_first = first_minute(self.since)..=end;
        let users = users(&self.judging.metrics, &samples, &since_first);
        let whole = Window { minutes: since_first, steps: Vec::new() };
        // Other shares were not even: there the whole release is compared by its shares.
        let of_whole = if is_first { policy } else { self.judging.policy };
        let against = [(policy, own), (of_whole, whole)];
        let against = against.iter().find_map(|(policy, window)| worse(policy, &samples, window));
        let (verdict, told) = match &against {
            Some(against) => (Verdict::Fail, against),
            None => (here.verdict, &here),
        };
        Ok(Evidence {
            verdict,
            since: self.since,
            minutes: told.minutes,
            share: self.share.map(|share| share.to_string()),
            alarm: None,
            metrics: told.counts(),
            users,
            lines: told.lines(&policy),
        })
    }

    /// Before any number is known.
    pub fn nothing_yet(&self) -> Evidence {
        Evidence {
            verdict: Verdict::NoData,
            since: self.since,
            minutes: 0,
            share: self.share.map(|share| share.to_string()),
            alarm: None,
            metrics: Vec::new(),
            users: None,
            lines: Vec::new(),
        }
    }

    /// An alarm that went off since the release began. One that was in ALARM before says
    /// nothing of it.
    pub fn veto<'a>(&self, alarms: &'a [Alarm]) -> Option<&'a Alarm> {
        alarms.iter().find(|alarm| {
            let is_new = alarm.since.is_none_or(|since| since > self.since);
            alarm.state == AlarmState::Alarm && is_new
        })
    }

    /// Pairs hold where both sides get the same part of the requests. Without a rule nobody knows
    /// that but who asks for it.
    fn comparison(&self) -> Comparison {
        let is_even = self.share.is_none_or(|share| share.tenths() == EVEN_TENTHS);
        if is_even { self.judging.even } else { Comparison::Stable }
    }

    /// How sure a later share has to be.
    fn of_later_share(&self) -> Policy {
        let policy = self.judging.policy;
        let alpha = policy.alpha.value() / f64::from(self.later_shares.max(1));
        Policy { alpha: Rate::new(alpha).unwrap_or(policy.alpha), ..policy }
    }
}

/// The evidence against the canary, also when it came after a PASS.
fn worse(policy: &Policy, samples: &Samples, window: &Window) -> Option<Assessment> {
    let strict = Policy { min_minutes: u32::MAX, ..*policy };
    let assessment = assess(&strict, samples, window);
    (assessment.verdict == Verdict::Fail).then_some(assessment)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::of_target_groups;
    use crate::model::{MetricSeries, OnFail, OnUndecided, TargetGroupArn};
    use std::time::Duration;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_millis(minute * 60_000)
    }

    fn case(share_since: i64) -> Case {
        let group = |name: &str| TargetGroupArn::new(format!("arn:aws:e:r:1:targetgroup/{name}/1"));
        let metrics = of_target_groups("app/web/1", (&group("canary"), &group("full")), None);
        Case {
            judging: Judging {
                policy: Policy::default(),
                metrics,
                alarms: Vec::new(),
                even: Comparison::Stable,
                longest: Duration::from_secs(3600),
                undecided: OnUndecided::Hold,
                fail: OnFail::Rollback,
            },
            since: at(100),
            share_since: at(share_since),
            share: Some(TrafficShare::from_tenths(100)),
            later_shares: 3,
        }
    }

    /// A tenth of 600 requests a minute, of which `bad` fail at the canary from `from` on.
    fn answers(query: &MetricQuery, bad: f64, from: i64) -> Vec<SeriesAnswer> {
        let of = |series: &MetricSeries| {
            let is_canary = series.dimensions["TargetGroup"].contains("canary");
            let all = if is_canary { 60.0 } else { 540.0 };
            let value = |minute: i64| {
                let bad = if is_canary && minute >= from { bad } else { all / 200.0 };
                match series.name.as_str() {
                    "RequestCount" => all,
                    "HTTPCode_Target_2XX_Count" => all - bad.round(),
                    "HTTPCode_Target_5XX_Count" => bad.round(),
                    _ => 0.0,
                }
            };
            let points = (query.from..query.until).map(|minute| (minute, value(minute)));
            SeriesAnswer { points: points.collect(), lacks: None }
        };
        query.series.iter().map(of).collect()
    }

    fn heard(case: &Case, now: i64, bad: f64, from: i64) -> Evidence {
        let query = case.query(at(now)).unwrap();
        case.hear(&query, &answers(&query, bad, from)).unwrap()
    }

    #[test]
    fn nothing_is_asked_before_a_minute_is_settled() {
        assert_eq!(case(100).query(at(102)), None);
        let query = case(100).query(at(103)).unwrap();
        assert_eq!((query.from, query.until), (40, 101));
        assert_eq!(case(120).query(at(122)), None, "a share that is new");
    }

    #[test]
    fn a_share_passes_by_its_own_requests() {
        assert_eq!(heard(&case(100), 125, 0.0, 0).verdict, Verdict::Pass);
        let later = heard(&case(120), 125, 0.0, 0);
        assert_eq!(later.verdict, Verdict::Undecided);
        assert_eq!(later.lines, ["too early to tell: 2 min more"]);
    }

    #[test]
    fn trouble_that_begins_after_a_pass_is_seen() {
        let case = case(100);
        assert_eq!(heard(&case, 125, 6.0, 126).verdict, Verdict::Pass);
        let opinion = heard(&case, 140, 6.0, 126);
        assert_eq!(opinion.verdict, Verdict::Fail);
        assert!(opinion.lines[0].ends_with("WORSE"), "{opinion:?}");
    }

    #[test]
    fn the_verdict_at_a_minute_does_not_hang_on_the_looks_before() {
        for bad in [0.0, 1.0, 3.0, 6.0] {
            let case = case(100);
            let looks: Vec<Verdict> =
                (103..140).map(|now| heard(&case, now, bad, 0).verdict).collect();
            let again: Vec<Verdict> = (103..140)
                .rev()
                .map(|now| heard(&case.clone(), now, bad, 0).verdict)
                .collect::<Vec<_>>()
                .into_iter()
                .rev()
                .collect();
            assert_eq!(looks, again);
            let first = looks.iter().position(|verdict| *verdict == Verdict::Fail);
            let stays = first
                .is_none_or(|first| looks[first..].iter().all(|verdict| *verdict == Verdict::Fail));
            assert!(stays, "{looks:?}");
        }
    }

    /// Each side has 300 requests a minute; in every second minute the canary has a burst of ten
    /// errors, in the others the other side.
    fn bursts(query: &MetricQuery) -> Vec<SeriesAnswer> {
        let of = |series: &MetricSeries| {
            let is_canary = series.dimensions["TargetGroup"].contains("canary");
            let value = |minute: i64| {
                let bad = if (minute % 2 == 0) == is_canary { 10.0 } else { 0.0 };
                match series.name.as_str() {
                    "RequestCount" => 300.0,
                    "HTTPCode_Target_2XX_Count" => 300.0 - bad,
                    "HTTPCode_Target_5XX_Count" => bad,
                    _ => 0.0,
                }
            };
            let points = (query.from..query.until).map(|minute| (minute, value(minute)));
            SeriesAnswer { points: points.collect(), lacks: None }
        };
        query.series.iter().map(of).collect()
    }

    #[test]
    fn pairs_are_compared_where_the_shares_are_even() {
        let verdict = |share: u32, even: Comparison| {
            let mut case = case(100);
            case.share = Some(TrafficShare::from_tenths(share));
            case.judging.even = even;
            let query = case.query(at(125)).unwrap();
            let evidence = case.hear(&query, &bursts(&query)).unwrap();
            evidence.metrics[0].ln_share
        };
        let by_share = verdict(500, Comparison::Stable);
        assert_eq!(verdict(100, Comparison::SameSize), verdict(100, Comparison::Stable));
        assert_ne!(verdict(500, Comparison::SameSize), by_share, "another test");
        let mut twin = case(100);
        (twin.share, twin.judging.even) = (None, Comparison::SameSize);
        assert_eq!(twin.comparison(), Comparison::SameSize, "who asks knows");
    }

    #[test]
    fn an_alarm_counts_when_it_went_off_during_the_release() {
        let alarm = |state, since: Option<i64>| Alarm {
            name: "latency".to_owned(),
            state,
            since: since.map(at),
            reason: String::new(),
        };
        let case = case(100);
        assert!(case.veto(&[alarm(AlarmState::Alarm, Some(101))]).is_some());
        assert!(case.veto(&[alarm(AlarmState::Alarm, None)]).is_some());
        assert!(case.veto(&[alarm(AlarmState::Alarm, Some(99))]).is_none(), "was there before");
        assert!(case.veto(&[alarm(AlarmState::Ok, Some(101))]).is_none());
        assert!(case.veto(&[alarm(AlarmState::InsufficientData, Some(101))]).is_none());
    }
}
