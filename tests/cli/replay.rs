//! `replay`: the judge on a file of counts.

use crate::world::World;
use insta::assert_snapshot;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;

const HEADER: &str = "sequence,minute,canary_requests,canary_bad,baseline_requests,baseline_bad\n";
const VECTORS: &str = include_str!("../golden/judge/vectors.csv");

/// What a field of a sequence's minute has to be.
struct Reference<'a> {
    field: &'a str,
    sequence: &'a str,
    minute: i64,
    value: f64,
}

/// A reference value by the field of the line that shows it, and the flags that make it so.
fn field(function: &str) -> Option<(&'static str, [String; 2])> {
    let (name, value) = function.split_once('=').unwrap_or((function, ""));
    let (value, backwards) = match value.split_once(" direction=-1") {
        Some((value, _)) => (value, true),
        None => (value, false),
    };
    let flag = |flag: &str| [flag.to_owned(), value.to_owned()];
    Some(match (name, backwards) {
        ("log_e_share rho", false) => ("ln_share", flag("--ratio")),
        ("log_e_share rho", true) => ("ln_pass_ratio", flag("--accept-ratio")),
        ("log_e_level d", false) if value == "0.002" => ("ln_level_floor", flag("--floor")),
        ("log_e_level d", false) => ("ln_level_hard", flag("--hard")),
        ("log_e_level d", true) => ("ln_pass_rate", flag("--accept-rate")),
        ("phi_hat", _) => ("phi", ["--phi".to_owned(), "auto".to_owned()]),
        _ => return None,
    })
}

/// Lines by sequence and minute.
fn lines(stdout: &str) -> BTreeMap<(String, i64), Value> {
    let lines = stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let lines = lines.filter(|line| line.get("minute").is_some());
    let key = |line: &Value| {
        let sequence = line["sequence"].as_str().unwrap_or_default().to_owned();
        (sequence, line["minute"].as_i64().unwrap())
    };
    lines.map(|line| (key(&line), line)).collect()
}

#[test]
fn reference_values_come_out_to_a_billionth() {
    let world = World::new();
    let mut rows: BTreeMap<(&str, i64), String> = BTreeMap::new();
    let mut wanted: BTreeMap<[String; 2], Vec<Reference<'_>>> = BTreeMap::new();
    for line in VECTORS.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let [function, sequence, minute, k_c, k_b, n_c, n_b, value] = fields[..] else {
            panic!("{line}")
        };
        let Some((field, flags)) = field(function) else { continue };
        let minute = minute.parse().unwrap();
        rows.insert((sequence, minute), format!("{sequence},{minute},{n_c},{k_c},{n_b},{k_b}\n"));
        let value = value.parse().unwrap();
        wanted.entry(flags).or_default().push(Reference { field, sequence, minute, value });
    }
    world.write("counts.csv", &format!("{HEADER}{}", rows.values().cloned().collect::<String>()));
    let mut met = 0;
    for (flags, values) in wanted {
        let mut words = vec!["replay", "--counts", "counts.csv", &flags[0], &flags[1]];
        if flags[0] != "--phi" {
            words.extend(["--phi", "1"]);
        }
        let found = lines(&world.run(&words).good().stdout);
        for Reference { field, sequence, minute, value } in values {
            let found = found[&(sequence.to_owned(), minute)][field].as_f64().unwrap();
            let error = (found - value).abs() / value.abs().max(1.0);
            assert!(error <= 1e-9, "{field} of {sequence} {minute}: {found}, wanted {value}");
            met += 1;
        }
    }
    assert_eq!(met, 98);
}

#[test]
fn a_verdict_comes_as_json_and_in_words() {
    let world = World::new();
    let rows = "7,60,0,540,5\n8,60,14,540,5\n9,60,0,540,5\n";
    let header = HEADER.trim_start_matches("sequence,");
    world.write("counts.csv", &format!("{header}{rows}"));
    let ended = world.run(&["replay", "--counts", "counts.csv"]).good();
    let names = "sequence,minute,ln_share,ln_level_floor,ln_level_hard,ln_pass_ratio,ln_pass_rate,\
        phi,verdict,decided_at";
    let ends = ended.stdout.lines().map(|line| {
        let line: serde_json::Map<String, Value> = serde_json::from_str(line).unwrap();
        assert_eq!(line.keys().cloned().collect::<Vec<_>>().join(","), names);
        assert_eq!(line["sequence"], Value::Null);
        format!("{} {} {}", line["minute"], line["verdict"], line["decided_at"])
    });
    assert_eq!(ends.collect::<Vec<_>>(), ["7 \"undecided\" null", "8 \"fail\" 8", "9 \"fail\" 8"]);
    assert_snapshot!(ended.stderr, @r"
    judge   WORSE since minute 8
      bad  12 % of 120, baseline 0.93 % of 1,080; 3.7 to 47 times, limit 1.5: WORSE
    ");
    let ended = world.run(&["replay", "--counts", "counts.csv", "--json"]).good();
    assert_eq!(ended.stdout.lines().count(), 4, "{}", ended.stdout);
    assert!(ended.stdout.ends_with("}\n") && ended.stderr.is_empty(), "{}", ended.stderr);
}

#[test]
fn lines_in_any_order_of_any_system_mean_the_same() {
    let world = World::new();
    let mut rows = Vec::new();
    for minute in 1..=9 {
        rows.push(format!("a,{minute},60,{},540,6", minute % 3));
        rows.push(format!("b,{minute},6,0,54,1"));
    }
    world.write("plain.csv", &format!("{HEADER}{}\n", rows.join("\n")));
    rows.reverse();
    let shuffled: String = rows.iter().fold(String::new(), |mut text, row| {
        let [sequence, minute, n_c, k_c, n_b, k_b] = row.split(',').collect::<Vec<_>>()[..] else {
            panic!("{row}")
        };
        write!(text, "{k_b}, {n_b}.0,{k_c},{n_c},\"{sequence}\",{minute}\r\n\r\n").unwrap();
        text
    });
    let header = "baseline_bad,baseline_requests,canary_bad,canary_requests,sequence,minute\r\n";
    world.write("other.csv", &format!("\u{feff}{header}{shuffled}"));
    let plain = world.run(&["replay", "--counts", "plain.csv"]).good();
    let other = world.run(&["replay", "--counts", "other.csv"]).good();
    assert_eq!(lines(&plain.stdout).len(), 18);
    assert_eq!(lines(&plain.stdout), lines(&other.stdout));
}

#[test]
fn what_is_wrong_with_a_file_is_told_with_its_place() {
    let world = World::new();
    let said = [
        ("".to_owned(), "counts.csv:1:1: the file is empty"),
        ("minute,canary_requests\n".to_owned(), "counts.csv:1:1: column canary_bad is missing"),
        (HEADER.replace("minute", "time"), "counts.csv:1:2: \"time\" is no column"),
        (HEADER.replace("canary_bad", "minute"), "counts.csv:1:4: column minute is there twice"),
        (format!("{HEADER}a,1,2,3\n"), "counts.csv:2:1: 4 fields where the header has 6"),
        (format!("{HEADER}a,x,2,0,3,0\n"), "counts.csv:2:2: minute is \"x\""),
        (format!("{HEADER}a,1,2.5,0,3,0\n"), "counts.csv:2:3: canary_requests is \"2.5\""),
        (format!("{HEADER}a,1,-2,0,3,0\n"), "counts.csv:2:3: canary_requests is \"-2\""),
        (format!("{HEADER}a,1,2,0,,0\n"), "counts.csv:2:5: baseline_requests is \"\""),
        (format!("{HEADER}a,1,2,3,3,0\n"), "counts.csv:2:4: canary_bad is 3; at most"),
        (format!("{HEADER}a,1,2,0,3,4\n"), "counts.csv:2:6: baseline_bad is 4; at most"),
        (
            format!("{HEADER}a,2,2,0,3,0\na,1,2,0,3,0\na,2,2,0,3,0\n"),
            "counts.csv:4:1: minute 2 is there twice, first in line 2",
        ),
    ];
    for (content, words) in said {
        world.write("counts.csv", &content);
        let ended = world.run(&["replay", "--counts", "counts.csv"]).code(10);
        assert!(ended.stderr.contains(words), "nothing says {words:?}:\n{}", ended.stderr);
        assert!(ended.stderr.contains("\nnext "), "no hint:\n{}", ended.stderr);
        assert!(ended.stdout.is_empty(), "{}", ended.stdout);
    }
    world.run(&["replay", "--counts", "none.csv"]).code(10).says("none.csv: no such file");
}

#[test]
fn limits_that_mean_nothing_are_wrong_usage() {
    let world = World::new();
    for words in
        [["--floor", "0"], ["--hard", "95%"], ["--ratio", "0"], ["--phi", "0.5"], ["--alpha", "10"]]
    {
        let ended = world.run(&["replay", "--counts", "x.csv", words[0], words[1]]).code(2);
        assert!(ended.stderr.contains(words[0]), "{}", ended.stderr);
    }
}

#[test]
fn a_file_without_a_minute_is_no_verdict() {
    let world = World::new();
    world.write("counts.csv", HEADER);
    let ended = world.run(&["replay", "--counts", "counts.csv"]).good();
    assert_eq!(ended.stdout, "");
    assert!(ended.stderr.contains("there is nothing to judge"), "{}", ended.stderr);
}

#[test]
fn several_metrics_are_one_verdict_that_names_the_weakest() {
    let world = World::new();
    let mut rows = String::new();
    for minute in 1..=9 {
        writeln!(rows, "a,{minute},60,0,540,5,errors").unwrap();
        writeln!(rows, "a,{minute},60,20,540,30,slow").unwrap();
    }
    let header = HEADER.trim_end();
    world.write("counts.csv", &format!("{header},metric\n{rows}"));
    let ended = world.run(&["replay", "--counts", "counts.csv", "--phi", "1"]).good();
    let lines = lines(&ended.stdout);
    assert_eq!(lines.len(), 9);
    let last = &lines[&("a".to_owned(), 9)];
    assert_eq!((&last["verdict"], &last["weakest_metric"]), (&"fail".into(), &"slow".into()));
    assert!(ended.stderr.contains("errors  0 % of "), "{}", ended.stderr);
    assert!(ended.stderr.contains("slow  33 % of "), "{}", ended.stderr);
}

#[test]
fn past_hours_tell_how_often_the_policy_would_have_stopped_a_healthy_release() {
    let world = World::new();
    let mut rows = String::new();
    for minute in 0..240 {
        writeln!(rows, "a,{minute},0,0,600,{}", 4 + minute % 5).unwrap();
    }
    world.write("counts.csv", &format!("{HEADER}{rows}"));
    let ended = world.run(&["replay", "--counts", "counts.csv", "--aa"]).good();
    let answer: Value = serde_json::from_str(&ended.stdout).unwrap();
    // The first of four hours serves to measure bursts.
    assert_eq!((&answer["hours"], &answer["releases"]), (&3.into(), &60.into()));
    assert!(answer["aborted"].as_u64().unwrap() <= 3, "{answer}");
    assert!(answer["passed"].as_u64().unwrap() >= 50, "{answer}");
    assert!(ended.stderr.contains("3 hours, 20 releases drawn in each"), "{}", ended.stderr);
    let strict = ["replay", "--counts", "counts.csv", "--aa=25%", "--hard", "0.1%"];
    let answer: Value = serde_json::from_str(&world.run(&strict).good().stdout).unwrap();
    assert_eq!(answer["share"], 0.25);
    assert!(answer["aborted"].as_u64().unwrap() >= 45, "{answer}");
}

#[test]
fn a_job_replays_in_its_own_process() {
    let world = World::new();
    let line =
        format!("printf '{}a,1,60,30,540,5\\n' > counts.csv", HEADER.trim_end().to_owned() + "\\n");
    let script = [line.as_str(), "ecs-canary replay --counts counts.csv"];
    let ended = world.job(&script).run_blocking().unwrap();
    assert_eq!(ended.verdict(), "success", "{}", ended.trace());
    assert!(ended.trace().contains("\"verdict\":\"fail\",\"decided_at\":1"), "{}", ended.trace());
    assert!(ended.trace().contains("WORSE since minute 1"), "{}", ended.trace());
}
