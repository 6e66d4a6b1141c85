//! The rules that other tools publish, on the same minutes: would they have stopped the release?

use ecs_canary::judge::Counts;

/// A rule by name: given the minutes of a release so far, it stops or goes on.
pub(crate) struct Rule {
    pub(crate) name: &'static str,
    pub(crate) stops: fn(&[Counts]) -> bool,
}

pub(crate) const RULES: [Rule; 6] = [
    Rule { name: "Flagger's style: success 99 % a minute, threshold 5", stops: flagger },
    Rule { name: "Argo Rollouts' style: 1 % every 5 min, failureLimit 3", stops: argo },
    Rule { name: "CloudWatch alarm: over 2 %, 3 of 3 minutes", stops: alarm },
    Rule { name: "over 2 % of all after 100 requests", stops: cumulative },
    Rule { name: "z test at 5 %, looked at each minute", stops: z_test },
    Rule { name: "PipeCD's test: Mann-Whitney at 5 %, every 5 min", stops: mann_whitney },
];

/// Each minute below 99 % is one failed check, and five end the release; a minute without a
/// request is passed over, although Flagger counts it as failed.
fn flagger(minutes: &[Counts]) -> bool {
    minutes.iter().filter(|minute| above(minute, 0.01)).count() >= 5
}

/// A measurement every five minutes over all of them; more than three failed ones end it.
fn argo(minutes: &[Counts]) -> bool {
    minutes.chunks_exact(5).filter(|five| above(&sum(five), 0.01)).count() > 3
}

fn alarm(minutes: &[Counts]) -> bool {
    minutes.windows(3).any(|three| three.iter().all(|minute| above(minute, 0.02)))
}

fn cumulative(minutes: &[Counts]) -> bool {
    let mut all = Counts::default();
    minutes.iter().any(|minute| {
        all += *minute;
        all.canary_requests >= 100 && above(&all, 0.02)
    })
}

/// Two proportions with their pooled rate, one-sided.
fn z_test(minutes: &[Counts]) -> bool {
    let mut all = Counts::default();
    minutes.iter().any(|minute| {
        all += *minute;
        z(&all).is_some_and(|z| z > 1.645)
    })
}

fn z(all: &Counts) -> Option<f64> {
    let difference = all.canary_rate()? - all.baseline_rate()?;
    let pooled = (all.canary_bad + all.baseline_bad) as f64 / all.requests() as f64;
    let sides = 1.0 / all.canary_requests as f64 + 1.0 / all.baseline_requests as f64;
    let variance = pooled * (1.0 - pooled) * sides;
    (variance > 0.0).then(|| difference / variance.sqrt())
}

/// A fresh test of five minute rates against five in each five minutes; the first that is
/// significant ends it.
fn mann_whitney(minutes: &[Counts]) -> bool {
    minutes.chunks_exact(5).any(|five| {
        let canary: Vec<f64> = five.iter().filter_map(Counts::canary_rate).collect();
        let baseline: Vec<f64> = five.iter().filter_map(Counts::baseline_rate).collect();
        canary.len() == 5 && baseline.len() == 5 && is_higher(&canary, &baseline)
    })
}

/// The exact one-sided test: of all ways to choose five of the ten values, at most one in twenty
/// has as high a sum of ranks.
fn is_higher(canary: &[f64], baseline: &[f64]) -> bool {
    let all: Vec<f64> = canary.iter().chain(baseline).copied().collect();
    let rank = |value: &f64| {
        let below = all.iter().filter(|other| *other < value).count() as f64;
        let same = all.iter().filter(|other| *other == value).count() as f64;
        below + (same + 1.0) / 2.0
    };
    let ranks: Vec<f64> = all.iter().map(rank).collect();
    let found: f64 = ranks[..5].iter().sum();
    let chosen = |set: u32| {
        let members = (0..10).filter(move |member| set & (1 << member) != 0);
        members.map(|member: usize| ranks[member]).sum::<f64>()
    };
    let ways = (0..1_u32 << 10).filter(|set| set.count_ones() == 5);
    let as_high = ways.filter(|set| chosen(*set) >= found - 1e-9).count();
    as_high * 20 <= 252
}

fn above(minute: &Counts, limit: f64) -> bool {
    minute.canary_rate().is_some_and(|rate| rate > limit)
}

fn sum(minutes: &[Counts]) -> Counts {
    let mut all = Counts::default();
    minutes.iter().for_each(|minute| all += *minute);
    all
}
