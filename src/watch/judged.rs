//! The time of a share while the judge counts: it ends with a verdict, or without one in time.

use super::words::{duration, shortened};
use super::{Answer, Ask, AskJudge, End, EndKind, Glimpse, HoldWatch, Look, Next, Waiter};
use crate::judge::{Case, Verdict};
use crate::model::{
    Alarm, AlarmState, DeploymentArn, Event, Evidence, Finding, MetricQuery, SeriesAnswer,
    ServiceEvent, Timestamp,
};
use std::collections::BTreeSet;
use std::time::Duration;

/// Between two questions: CloudWatch has a new number each minute.
const ASKED_EVERY: Duration = Duration::from_secs(60);
/// Between two looks when nothing but the verdict is missing.
const PAUSE: Duration = Duration::from_secs(15);
/// How long the evidence is not told again while it decides nothing.
const REMIND: Duration = Duration::from_secs(300);
/// Monitoring that says nothing for so long is waited for no more.
const SILENT_FOR: Duration = Duration::from_secs(600);
/// The same when a person has decided already.
const SILENT_FOR_A_PERSON: Duration = Duration::from_secs(120);
/// Columns of a line.
const WIDTH: usize = 100;

/// What the verdict is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// To go on by itself.
    ToGoOn,
    /// Because a person wants to go on: only a verdict against it holds that up.
    ByAPerson,
    /// While a person decides: only a verdict against it ends the wait.
    MeanWhile,
}

/// The wait.
#[derive(Debug, Clone)]
pub struct JudgeWatch {
    hold: HoldWatch,
    until: Timestamp,
    case: Case,
    asked: Asked,
    /// What was asked last, and when.
    query: Option<MetricQuery>,
    asked_at: Option<Timestamp>,
    opinion: Option<Evidence>,
    told_at: Option<Timestamp>,
    /// An alarm that went off.
    veto: Option<Alarm>,
    noted_alarms: BTreeSet<String>,
    /// Since when monitoring says nothing, and what came instead.
    silent: Option<(Timestamp, String)>,
}

impl JudgeWatch {
    /// Judges `case` while `hold` holds its share.
    pub fn new(hold: HoldWatch, case: Case, asked: Asked) -> Self {
        Self {
            until: hold.until(),
            hold,
            case,
            asked,
            query: None,
            asked_at: None,
            opinion: None,
            told_at: None,
            veto: None,
            noted_alarms: BTreeSet::new(),
            silent: None,
        }
    }

    /// What the canary is measured by, and its limits.
    pub fn introduction(&self) -> [String; 2] {
        let policy = &self.case.judging.policy;
        let names = self.case.judging.metrics.iter().map(|metric| metric.name.as_str());
        let names: Vec<&str> = names.collect();
        let limits = format!(
            "worse above {} times and {}, or above {}; healthy below {} times or {}",
            policy.ratio, policy.floor, policy.hard, policy.accept_ratio, policy.accept_rate
        );
        [format!("by {}", names.join(", ")), limits]
    }

    fn ask(&mut self, at: Timestamp) -> Ask {
        if self.asked_at.is_some_and(|asked| at.since(asked) < ASKED_EVERY) {
            return self.hold.ask();
        }
        let query = self.case.query(at);
        let alarms = self.case.judging.alarms.clone();
        if query.is_none() && alarms.is_empty() {
            return self.hold.ask();
        }
        self.asked_at = Some(at);
        self.query.clone_from(&query);
        Ask { judge: Some(Box::new(AskJudge { query, alarms })), ..self.hold.ask() }
    }

    /// Takes the numbers of a look into account.
    fn hear(&mut self, glimpse: &Glimpse) -> Vec<Event> {
        let mut say = Vec::new();
        if let Look::Seen(alarms) = &glimpse.alarms {
            self.look_at(alarms, &mut say);
        }
        let weighed = match &glimpse.metrics {
            Look::NotAsked => Ok(()),
            Look::Seen(answers) => self.weigh(answers, glimpse.at, &mut say),
            Look::Missed(why) | Look::Denied(why) => Err(why.clone()),
        };
        let of_alarms = match &glimpse.alarms {
            Look::NotAsked | Look::Seen(_) => Ok(()),
            Look::Missed(why) | Look::Denied(why) => Err(why.clone()),
        };
        let answered = glimpse.metrics != Look::NotAsked || glimpse.alarms != Look::NotAsked;
        match weighed.and(of_alarms) {
            Err(why) if self.silent.is_none() => {
                let text = format!("no number from CloudWatch: {why}");
                say.push(Event::warning(shortened(&text, 3 * WIDTH)));
                self.silent = Some((glimpse.at, why));
            }
            Ok(()) if answered && self.silent.take().is_some() => {
                say.push(Event::fact("judge", "CloudWatch answers again"));
            }
            Ok(()) | Err(_) => {}
        }
        say
    }

    /// Counts from the start.
    ///
    /// # Errors
    /// Why there is no verdict by these answers.
    fn weigh(
        &mut self,
        answers: &[SeriesAnswer],
        at: Timestamp,
        say: &mut Vec<Event>,
    ) -> Result<(), String> {
        let Some(query) = &self.query else { return Ok(()) };
        let opinion = self.case.hear(query, answers).map_err(|why| why.to_string())?;
        let is_news = self.opinion.as_ref().is_none_or(|known| known.verdict != opinion.verdict);
        let is_time = self.told_at.is_none_or(|told| at.since(told) >= REMIND);
        if is_news || is_time {
            self.told_at = Some(at);
            say.extend(told(&opinion));
            if let (false, Some(Event::Fact { text, .. })) = (is_news, say.last_mut()) {
                // The same words again are told with the time that they are true for.
                text.push_str(&format!(" ({} so far)", duration(at.since(self.case.share_since))));
            }
        }
        self.opinion = Some(opinion);
        Ok(())
    }

    fn look_at(&mut self, alarms: &[Alarm], say: &mut Vec<Event>) {
        self.veto = self.case.veto(alarms).cloned();
        for name in &self.case.judging.alarms {
            let alarm = alarms.iter().find(|alarm| alarm.name == *name);
            // One that was in ALARM before the release was told before its first change.
            let text = match alarm.map(|alarm| &alarm.state) {
                None => format!("there is no alarm {name}: it stops nothing"),
                Some(AlarmState::Unknown(word)) => {
                    format!("alarm {name} is in a state \"{word}\" that is not known")
                }
                Some(AlarmState::Alarm | AlarmState::Ok | AlarmState::InsufficientData) => continue,
            };
            if self.noted_alarms.insert(name.clone()) {
                say.push(Event::Finding { finding: Finding::warning(text) });
            }
        }
    }

    /// The end by a verdict against the canary.
    fn against(&self) -> Option<End> {
        if let Some(alarm) = &self.veto {
            let reason = format!("alarm {} went off: {}", alarm.name, alarm.reason);
            return Some(End::new(EndKind::JudgedBad, reason));
        }
        let opinion = self.opinion.as_ref().filter(|one| one.verdict == Verdict::Fail)?;
        let line = opinion.lines.iter().find(|line| line.ends_with("WORSE"));
        let line = line.or(opinion.lines.first()).map(String::as_str).unwrap_or_default();
        Some(End::new(EndKind::JudgedBad, format!("judged worse: {}", line.replace("  ", " "))))
    }

    fn look(&mut self, glimpse: &Glimpse, now: Timestamp, jitter: f64) -> Answer {
        let mut say = self.hear(glimpse);
        if let Some(end) = self.against() {
            return Answer { say, next: Next::Ended(end) };
        }
        let held = self.hold.observe(glimpse, now, jitter);
        say.extend(held.say);
        let at = glimpse.at;
        let next = match held.next {
            Next::Ended(end) if end.kind == EndKind::Successful => self.held_long_enough(at),
            Next::Ended(end) if end.kind == EndKind::TimedOut && self.asked == Asked::ToGoOn => {
                let service = self.hold.service();
                let reason = format!("{service}: {} when the deadline passed", self.so_far());
                Next::Ended(End::new(EndKind::Undecided, reason))
            }
            Next::Ended(end) => Next::Ended(end),
            Next::Look { after, .. } => self.go_on(at, after),
        };
        Answer { say, next }
    }

    /// What follows once the share was held long enough and the tasks are well.
    fn held_long_enough(&mut self, at: Timestamp) -> Next {
        let service = self.hold.service().clone();
        let verdict = self.opinion.as_ref().map(|opinion| opinion.verdict);
        if self.asked == Asked::MeanWhile {
            let reason = format!("{service}: nobody came, {}", self.so_far());
            return Next::Ended(End::new(EndKind::Successful, reason));
        }
        if verdict == Some(Verdict::Pass) && self.silent.is_none() {
            return Next::Ended(End::new(
                EndKind::Successful,
                format!("{service} was judged healthy"),
            ));
        }
        if self.asked == Asked::ByAPerson && (verdict.is_some() || self.case.query(at).is_none()) {
            let reason = format!("{service}: {}, and a person promotes it", self.so_far());
            return Next::Ended(End::new(EndKind::Successful, reason));
        }
        self.go_on(at, PAUSE)
    }

    fn go_on(&mut self, at: Timestamp, after: Duration) -> Next {
        match self.gives_up(at) {
            Some(end) => Next::Ended(end),
            None => Next::Look { after, ask: self.ask(at) },
        }
    }

    /// The end without a verdict.
    fn gives_up(&self, at: Timestamp) -> Option<End> {
        let service = self.hold.service();
        if let Some((since, why)) = &self.silent {
            let (limit, kind) = match self.asked {
                Asked::ToGoOn => (SILENT_FOR, EndKind::Undecided),
                Asked::ByAPerson => (SILENT_FOR_A_PERSON, EndKind::Successful),
                Asked::MeanWhile => return None,
            };
            let silence = at.since(*since);
            if silence >= limit {
                let time = duration(silence);
                let reason = format!("{service}: no number from CloudWatch for {time}: {why}");
                return Some(End::new(kind, reason));
            }
        }
        let limit = self.case.share_since.after(self.case.judging.longest).max(self.until);
        (self.asked == Asked::ToGoOn && at >= limit).then(|| {
            let time = duration(at.since(self.case.share_since));
            End::new(EndKind::Undecided, format!("{service}: {} after {time}", self.so_far()))
        })
    }

    /// What the verdict stands on.
    fn evidence(&self) -> Option<Box<Evidence>> {
        let known = self.opinion.clone();
        let Some(alarm) = &self.veto else { return known.map(Box::new) };
        // An alarm needs no number of ours.
        let known = known.unwrap_or_else(|| self.case.nothing_yet());
        let alarm = Some(alarm.name.clone());
        Some(Box::new(Evidence { verdict: Verdict::Fail, alarm, ..known }))
    }

    fn so_far(&self) -> &'static str {
        self.opinion.as_ref().map_or("no number yet", |opinion| opinion.verdict.headline())
    }
}

/// The verdict with its evidence; nothing more before there is enough of it.
pub fn told(opinion: &Evidence) -> Vec<Event> {
    if let ([line], Verdict::Undecided | Verdict::NoData | Verdict::NoTraffic) =
        (opinion.lines.as_slice(), opinion.verdict)
    {
        return vec![Event::fact("judge", line.clone())];
    }
    let text = format!("{} after {} min", opinion.verdict.headline(), opinion.minutes);
    let lines = opinion.lines.iter();
    let lines = lines.map(|line| Event::line(shortened(&format!("  {line}"), WIDTH)));
    std::iter::once(Event::fact("judge", text)).chain(lines).collect()
}

impl Waiter for JudgeWatch {
    fn first(&self) -> Ask {
        self.hold.ask()
    }

    fn observe(&mut self, glimpse: &Glimpse, now: Timestamp, jitter: f64) -> Answer {
        let Answer { mut say, next } = self.look(glimpse, now, jitter);
        let Next::Ended(end) = next else { return Answer { say, next } };
        let evidence = self.evidence();
        let cost = evidence.as_ref().and_then(|evidence| evidence.users);
        if let Some(cost) = cost.filter(|_| end.kind == EndKind::JudgedBad) {
            say.push(Event::fact("users", cost.to_string()));
        }
        Answer { say, next: Next::Ended(End { evidence, ..end }) }
    }
    fn events(&self) -> &[ServiceEvent] {
        self.hold.events()
    }

    fn goes_on(&self) -> String {
        self.hold.goes_on()
    }

    fn reached(&self) -> String {
        match &self.opinion {
            Some(opinion) => opinion.verdict.headline().to_owned(),
            None => self.hold.reached(),
        }
    }

    fn deployment(&self) -> Option<&DeploymentArn> {
        None
    }
}
