//! What metric math comes to. Owns the operators and functions: `+ - * /`, comparisons, IF,
//! FILL, SUM, AVG, MIN, MAX, METRICS; another function is not simulated.

use super::expression_parts::{Tree, parse};
use super::query::{Window, invalid};
use crate::cloud::brain::api_error::ApiError;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Points by second.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Series {
    pub(super) points: BTreeMap<i64, f64>,
    /// Seconds.
    pub(super) period: i64,
}

/// What a part of an expression comes to.
#[derive(Debug, Clone, PartialEq)]
enum Outcome {
    Number(f64),
    One(Series),
    Many(Vec<Series>),
}

/// An expression that is not worked out yet.
type Open<'q> = (&'q str, &'q str, &'q Value);

/// Works out expressions in the order of what they need, and adds them to `answers`.
pub(super) fn run(
    expressions: &[Open<'_>],
    answers: &mut BTreeMap<String, Series>,
    window: Window,
) -> Result<(), ApiError> {
    let metrics: Vec<String> = answers.keys().cloned().collect();
    let mut open: Vec<(&str, Tree)> = Vec::new();
    for (id, text, _) in expressions {
        let tree = parse(text).map_err(|rest| {
            invalid(format!("Error in expression '{id}': Unexpected token at '{rest}'."))
        })?;
        open.push((id, tree));
    }
    while !open.is_empty() {
        let ready =
            open.iter().position(|(_, tree)| ids(tree).iter().all(|id| answers.contains_key(*id)));
        let Some(ready) = ready else {
            return Err(invalid("An expression names an Id that is not there."));
        };
        let (id, tree) = open.remove(ready);
        let sum = Sum { answers, metrics: &metrics, window };
        let outcome = sum.of(&tree)?;
        let series = sum.as_series(outcome);
        answers.insert(id.to_owned(), series);
    }
    Ok(())
}

fn ids(tree: &Tree) -> Vec<&str> {
    match tree {
        Tree::Number(_) => Vec::new(),
        // REPEAT is a word of FILL.
        Tree::Id(id) if id == "REPEAT" => Vec::new(),
        Tree::Id(id) => vec![id],
        Tree::List(trees) | Tree::Call(_, trees) => trees.iter().flat_map(ids).collect(),
        Tree::Pair(_, left, right) => ids(left).into_iter().chain(ids(right)).collect(),
        Tree::Minus(tree) => ids(tree),
    }
}

struct Sum<'a> {
    answers: &'a BTreeMap<String, Series>,
    /// Ids of the queries that are metrics.
    metrics: &'a [String],
    window: Window,
}

impl Sum<'_> {
    fn of(&self, tree: &Tree) -> Result<Outcome, ApiError> {
        Ok(match tree {
            Tree::Number(number) => Outcome::Number(*number),
            Tree::Id(id) => Outcome::One(self.answers.get(id).cloned().unwrap_or_default()),
            Tree::Minus(tree) => pair("-", &Outcome::Number(0.0), &self.of(tree)?),
            Tree::Pair(sign, left, right) => pair(sign, &self.of(left)?, &self.of(right)?),
            Tree::List(trees) => Outcome::Many(self.all(trees)?),
            Tree::Call(name, trees) => self.call(name, trees)?,
        })
    }

    fn all(&self, trees: &[Tree]) -> Result<Vec<Series>, ApiError> {
        let mut all = Vec::new();
        for tree in trees {
            match self.of(tree)? {
                Outcome::Many(series) => all.extend(series),
                other => all.push(self.as_series(other)),
            }
        }
        Ok(all)
    }

    fn call(&self, name: &str, trees: &[Tree]) -> Result<Outcome, ApiError> {
        Ok(match (name, trees) {
            ("METRICS", []) => Outcome::Many(
                self.metrics.iter().filter_map(|id| self.answers.get(id)).cloned().collect(),
            ),
            ("SUM" | "AVG" | "MIN" | "MAX", [tree]) => fold(name, &self.of(tree)?),
            ("IF", [condition, yes]) => self.choose(condition, yes, None)?,
            ("IF", [condition, yes, no]) => self.choose(condition, yes, Some(no))?,
            ("FILL", [series, with]) => self.fill(series, with)?,
            _ => return Err(ApiError::not_simulated(&format!("metric math with {name}"))),
        })
    }

    /// A point where the condition holds, another where it does not.
    fn choose(&self, condition: &Tree, yes: &Tree, no: Option<&Tree>) -> Result<Outcome, ApiError> {
        let condition = self.as_series(self.of(condition)?);
        let yes = self.as_series(self.of(yes)?);
        let no = match no {
            Some(no) => self.as_series(self.of(no)?),
            None => Series::default(),
        };
        let points = condition.points.iter().filter_map(|(at, &holds)| {
            let chosen = if holds == 0.0 { &no } else { &yes };
            chosen.points.get(at).map(|&value| (*at, value))
        });
        Ok(Outcome::One(Series { points: points.collect(), period: condition.period }))
    }

    /// The series with a value at every period.
    fn fill(&self, series: &Tree, with: &Tree) -> Result<Outcome, ApiError> {
        let mut series = self.as_series(self.of(series)?);
        let repeats = *with == Tree::Id("REPEAT".to_owned());
        let filler = if repeats { None } else { Some(self.as_series(self.of(with)?)) };
        let mut last = None;
        for at in self.grid(series.period) {
            let new = match &filler {
                Some(filler) => filler.points.get(&at).copied(),
                None => last,
            };
            if let Some(new) = new {
                series.points.entry(at).or_insert(new);
            }
            last = series.points.get(&at).copied().or(last);
        }
        Ok(Outcome::One(series))
    }

    /// Every period of the window.
    fn grid(&self, period: i64) -> Vec<i64> {
        let period = if period > 0 { period } else { self.period() };
        let first = self.window.from.div_euclid(period) * period;
        let count = usize::try_from((self.window.to - first).max(0)).unwrap_or(0);
        let step = usize::try_from(period).unwrap_or(60);
        (first..self.window.to).step_by(step).take(count).collect()
    }

    /// The period of the call's metrics.
    fn period(&self) -> i64 {
        self.answers
            .values()
            .map(|series| series.period)
            .filter(|&period| period > 0)
            .max()
            .unwrap_or(60)
    }

    fn as_series(&self, outcome: Outcome) -> Series {
        match outcome {
            Outcome::One(series) => series,
            Outcome::Many(all) => all.into_iter().next().unwrap_or_default(),
            Outcome::Number(number) => {
                let period = self.period();
                let points = self.grid(period).into_iter().map(|at| (at, number)).collect();
                Series { points, period }
            }
        }
    }
}

/// One operator, point by point; a point that one side lacks is not there.
fn pair(sign: &str, left: &Outcome, right: &Outcome) -> Outcome {
    match (left, right) {
        (Outcome::Number(left), Outcome::Number(right)) => {
            Outcome::Number(operate(sign, *left, *right).unwrap_or(0.0))
        }
        (Outcome::Number(left), Outcome::One(right)) => {
            each(right, |value| operate(sign, *left, value))
        }
        (Outcome::One(left), Outcome::Number(right)) => {
            each(left, |value| operate(sign, value, *right))
        }
        (Outcome::One(left), Outcome::One(right)) => {
            let points = left.points.iter().filter_map(|(at, &value)| {
                operate(sign, value, *right.points.get(at)?).map(|value| (*at, value))
            });
            Outcome::One(Series { points: points.collect(), period: left.period.max(right.period) })
        }
        (Outcome::Many(all), other) => Outcome::Many(
            all.iter()
                .filter_map(|one| single(pair(sign, &Outcome::One(one.clone()), other)))
                .collect(),
        ),
        (other, Outcome::Many(all)) => Outcome::Many(
            all.iter()
                .filter_map(|one| single(pair(sign, other, &Outcome::One(one.clone()))))
                .collect(),
        ),
    }
}

fn single(outcome: Outcome) -> Option<Series> {
    match outcome {
        Outcome::One(series) => Some(series),
        Outcome::Number(_) | Outcome::Many(_) => None,
    }
}

fn each(series: &Series, change: impl Fn(f64) -> Option<f64>) -> Outcome {
    let points =
        series.points.iter().filter_map(|(at, &value)| change(value).map(|value| (*at, value)));
    Outcome::One(Series { points: points.collect(), period: series.period })
}

/// A division by zero gives no point.
fn operate(sign: &str, left: f64, right: f64) -> Option<f64> {
    let truth = |holds: bool| Some(if holds { 1.0 } else { 0.0 });
    match sign {
        "+" => Some(left + right),
        "-" => Some(left - right),
        "*" => Some(left * right),
        "/" => (right != 0.0).then(|| left / right),
        "==" => truth((left - right).abs() < f64::EPSILON),
        "!=" => truth((left - right).abs() >= f64::EPSILON),
        ">" => truth(left > right),
        "<" => truth(left < right),
        ">=" => truth(left >= right),
        "<=" => truth(left <= right),
        "&&" => truth(left != 0.0 && right != 0.0),
        "||" => truth(left != 0.0 || right != 0.0),
        _ => None,
    }
}

/// SUM and its kin: of several series point by point, of one over its points.
fn fold(name: &str, outcome: &Outcome) -> Outcome {
    let reduce = |values: &[f64]| -> Option<f64> {
        let sum: f64 = values.iter().sum();
        #[expect(clippy::cast_precision_loss, reason = "a number of points")]
        let count = values.len() as f64;
        match name {
            "SUM" => Some(sum),
            "AVG" => (count > 0.0).then(|| sum / count),
            "MIN" => values.iter().copied().reduce(f64::min),
            _ => values.iter().copied().reduce(f64::max),
        }
    };
    match outcome {
        Outcome::Number(number) => Outcome::Number(*number),
        Outcome::One(series) => {
            let values: Vec<f64> = series.points.values().copied().collect();
            Outcome::Number(reduce(&values).unwrap_or(0.0))
        }
        Outcome::Many(all) => {
            let times: BTreeSet<i64> =
                all.iter().flat_map(|series| series.points.keys().copied()).collect();
            let points = times.into_iter().filter_map(|at| {
                let values: Vec<f64> =
                    all.iter().filter_map(|series| series.points.get(&at).copied()).collect();
                reduce(&values).map(|value| (at, value))
            });
            let period = all.iter().map(|series| series.period).max().unwrap_or(60);
            Outcome::One(Series { points: points.collect(), period })
        }
    }
}
