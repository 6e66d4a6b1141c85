//! Reference values that were made with other code.

use super::dispersion::PhiEstimate;
use super::level::LevelTest;
use super::mixture::Assumption;
use super::pairs::PairsTest;
use super::share::ShareTest;
use super::{Counts, Phi};
use std::collections::BTreeMap;

const VECTORS: &str = include_str!("../../tests/golden/judge/vectors.csv");

/// Reported by other tools, or for reports only: the judge has no such function.
const NOT_OURS: [&str; 5] =
    ["log_e_tlg", "log_e_msprt", "z_pooled", "clopper_pearson_lower", "clopper_pearson_upper"];

enum Function {
    Share(ShareTest),
    Level(LevelTest, u64, u64),
    Pairs(PairsTest),
    Phi(PhiEstimate),
}

impl Function {
    fn of(name: &str) -> Self {
        let assumption = match name.ends_with("direction=-1") {
            true => Assumption::AtLeast,
            false => Assumption::AtMost,
        };
        let number = |key: &str| -> f64 {
            let (_, rest) = name.split_once(key).unwrap();
            rest.split(' ').next().unwrap().parse().unwrap()
        };
        match name.split(' ').next().unwrap() {
            "log_e_share" => Self::Share(ShareTest::new(assumption, number("rho="))),
            "log_e_level" => Self::Level(LevelTest::new(assumption, number("d=")), 0, 0),
            "log_e_sym" => Self::Pairs(PairsTest::new()),
            "phi_hat" => Self::Phi(PhiEstimate::new(Phi::Auto)),
            other => panic!("{other} is not known"),
        }
    }

    fn add(&mut self, minute: i64, counts: &Counts) -> f64 {
        match self {
            Self::Share(test) => {
                test.add(counts);
                test.ln_e(1.0)
            }
            Self::Level(test, bad, requests) => {
                *bad += counts.canary_bad;
                *requests += counts.canary_requests;
                test.ln_e(*bad, *requests, 1.0)
            }
            Self::Pairs(test) => {
                test.add(counts);
                test.ln_e()
            }
            Self::Phi(phi) => {
                phi.add(minute, counts);
                phi.phi()
            }
        }
    }
}

#[test]
fn every_reference_value_is_met_to_a_billionth() {
    let mut functions: BTreeMap<(&str, &str), Function> = BTreeMap::new();
    let mut met = 0;
    for line in VECTORS.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let [name, sequence, minute, k_c, k_b, n_c, n_b, value] = fields[..] else {
            panic!("{line}")
        };
        if NOT_OURS.iter().any(|other| name.starts_with(other)) {
            continue;
        }
        let number = |text: &str| text.parse::<u64>().unwrap();
        let counts = Counts {
            canary_requests: number(n_c),
            canary_bad: number(k_c),
            baseline_requests: number(n_b),
            baseline_bad: number(k_b),
        };
        let function = functions.entry((name, sequence)).or_insert_with(|| Function::of(name));
        let found = function.add(minute.parse().unwrap(), &counts);
        let wanted: f64 = value.parse().unwrap();
        let error = (found - wanted).abs() / wanted.abs().max(1.0);
        assert!(error <= 1e-9, "{line}: found {found}");
        met += 1;
    }
    assert_eq!(met, 112);
}
