//! What programs read, what is never shown, and the small words.

use super::*;

#[test]
fn json_is_one_object_per_line_with_the_bare_outcome_last() {
    let events = vec![
        Event::fact("image", "app/web"),
        Event::Heartbeat,
        Event::Outcome {
            outcome: Box::new(release(OutcomeKind::NoChange, 0).because("it runs already")),
        },
    ];
    let (talk, data) = show(JSON, events);
    assert_eq!(talk, "<e>[0m");
    assert_snapshot!(data, @r#"
    {"event":"fact","label":"image","text":"app/web"}
    {"outcome":"no_change","exit_code":0,"service":"release","deployment":"arn:aws:ecs:eu-west-1:1:service-deployment/p/r/d","revision":"web:42","image":"app/web@sha256:3f9a12c43f9a12c43f9a12c43f9a12c43f9a12c43f9a12c43f9a12c43f9a12c4","previous":{"revision":"web:41"},"commit":"7be1d20c","seconds":72.4,"reason":"it runs already"}
    "#);
}

#[test]
fn data_goes_to_standard_output_and_talk_does_not() {
    let events = vec![Event::line("talk"), Event::Output { text: "a\n\nb".to_owned() }];
    assert_eq!(show(PLAIN, events), ("talk\n".to_owned(), "a\n\nb\n".to_owned()));
}

#[test]
fn known_secrets_are_replaced_in_both_forms_and_streams() {
    let told = || {
        vec![
            Event::line("key s3cret-key, url https://u:p%40ss%2Fword@host"),
            Event::Output { text: "p@ss/word".to_owned() },
        ]
    };
    for settings in [GITLAB, PLAIN, JSON] {
        let (talk, data) = show(settings, told());
        let all = format!("{talk}{data}");
        assert!(!all.contains("s3cret-key") && !all.contains("ss/word"), "{all}");
        assert!(
            !all.contains("%2Fword") && all.contains("key ***, url https://u:***@host"),
            "{all}"
        );
    }
}

#[test]
fn a_secret_of_several_lines_is_replaced_line_by_line() {
    let redactor = Redactor::new([Secret::new("-----BEGIN KEY-----\nMIIEvQIBADANBgk\nx\n")]);
    assert_eq!(redactor.text("saw MIIEvQIBADANBgk there"), "saw *** there");
    assert_eq!(format!("{redactor:?}"), "Redactor(4 secrets)");
}

#[test]
fn texts_of_others_can_neither_open_sections_nor_hide_lines() {
    let hostile = "stopped\u{1b}[0Ksection_start:1:x\r\u{1b}[0Kgone\n\n\u{202e}abc";
    let shown = talk(GITLAB, vec![Event::line(hostile)]);
    assert_eq!(shown, "stopped?[0Ksection_start:1:x\n?[0Kgone\n?abc\n");
    let title = section("a b\r", "t\u{1b}[2J");
    assert_eq!(
        talk(GITLAB, vec![title]),
        "<e>[0Ksection_start:1795442400:a-b-[collapsed=true]<r><e>[0Kt?[2J\n"
    );
}

#[test]
fn colour_follows_the_environment_in_order() {
    let with = |pairs: &'static [(&str, &str)], choice: ColorChoice, job, tty| {
        let lookup = |name: &str| {
            pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        };
        choice.is_on(&lookup, job, tty)
    };
    let auto = ColorChoice::Auto;
    assert!(!with(&[], auto, false, false));
    assert!(with(&[], auto, true, false));
    assert!(with(&[], auto, false, true));
    assert!(!with(&[("NO_COLOR", "1"), ("FORCE_COLOR", "1")], auto, true, true));
    assert!(with(&[("NO_COLOR", ""), ("CLICOLOR_FORCE", "1")], auto, false, false));
    assert!(!with(&[("FORCE_COLOR", "0")], auto, false, false));
    assert!(with(&[("NO_COLOR", "1")], ColorChoice::Always, false, false));
    assert!(!with(&[("FORCE_COLOR", "1")], "never".parse().unwrap(), true, true));
    assert!("sometimes".parse::<ColorChoice>().is_err());
}

#[test]
fn durations_are_our_own() {
    let said: Vec<String> =
        [0.0, 0.04, 3.21, 9.96, 59.6, 72.0, 1200.0, 3600.0, 7500.0].map(duration).to_vec();
    assert_snapshot!(said.join(", "), @"0 s, 0 s, 3.2 s, 10 s, 1 min, 1 min 12 s, 20 min, 1 h, 2 h 5 min");
    assert_eq!(duration(f64::NAN), "0 s");
}

#[test]
fn every_event_survives_the_job_socket() {
    let events = vec![
        Event::fact("image", "x"),
        Event::warning("w"),
        Event::Finding { finding: Finding::note("n").at("f", 1, 2).hint("h") },
        section("s", "t"),
        section_end("s", "x"),
        Event::Output { text: "o".to_owned() },
        Event::Heartbeat,
        Event::Outcome { outcome: Box::new(release(OutcomeKind::Superseded, 32).because("r")) },
    ];
    for event in events {
        let line = serde_json::to_string(&event).unwrap();
        assert_eq!(serde_json::from_str::<Event>(&line).unwrap(), event, "{line}");
    }
}

#[test]
fn release_json_is_the_outcome_with_its_steps() {
    let step = StepRecord {
        step: "register".to_owned(),
        service: None,
        what: "web:42".to_owned(),
        started_at: "2026-11-23T14:05:09Z".to_owned(),
        seconds: 0.2,
        deployment: None,
        verdict: None,
        failure: None,
    };
    let outcome = Outcome { image: None, ..release(OutcomeKind::Succeeded, 0) };
    assert_snapshot!(release_json(&outcome, &[step]), @r#"
    {
      "outcome": "succeeded",
      "exit_code": 0,
      "service": "release",
      "deployment": "arn:aws:ecs:eu-west-1:1:service-deployment/p/r/d",
      "revision": "web:42",
      "previous": {
        "revision": "web:41"
      },
      "commit": "7be1d20c",
      "seconds": 72.4,
      "steps": [
        {
          "step": "register",
          "what": "web:42",
          "started_at": "2026-11-23T14:05:09Z",
          "seconds": 0.2
        }
      ]
    }
    "#);
}

#[test]
fn release_env_holds_what_applies_and_one_line_each() {
    let outcome = Outcome { deployment: None, ..release(OutcomeKind::FailedNotRolledBack, 31) };
    assert_snapshot!(release_env(&outcome), @"
    ECS_CANARY_OUTCOME=failed_not_rolled_back
    ECS_CANARY_REVISION=web:42
    ECS_CANARY_IMAGE=app/web@sha256:3f9a12c43f9a12c43f9a12c43f9a12c43f9a12c43f9a12c43f9a12c43f9a12c4
    ");
    let hostile = Outcome { image: Some("a\nCI_TOKEN=x".to_owned()), ..outcome };
    assert_eq!(release_env(&hostile).lines().count(), 3);
}
