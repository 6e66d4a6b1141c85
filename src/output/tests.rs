use super::*;
use crate::model::{
    DeploymentArn, Event, Finding, LogLevel, Outcome, OutcomeKind, ReleaseOnService, Secret,
    ServiceName, StepRecord, TaskDefArn, Timestamp,
};
use crate::ports::Reporter as _;
use insta::assert_snapshot;

const GITLAB: Settings = Settings { form: Form::Text, color: false, gitlab_job: true };
const PLAIN: Settings = Settings { form: Form::Text, color: false, gitlab_job: false };
const JSON: Settings = Settings { form: Form::Json, color: false, gitlab_job: true };

/// Talk and data of these events; escape and carriage return are shown as `<e>` and `<r>`.
fn show(settings: Settings, events: Vec<Event>) -> (String, String) {
    let secrets = ["s3cret-key", "p@ss/word"].map(Secret::new);
    let now = || Timestamp::from_millis(1_795_442_400_000);
    let streams = (Vec::new(), Vec::new());
    let output = Output::new(settings, Redactor::new(secrets), now, streams);
    for event in events {
        output.emit(event);
    }
    let (talk, data) = output.into_streams();
    let visible = |bytes: Vec<u8>| {
        String::from_utf8(bytes).unwrap().replace('\u{1b}', "<e>").replace('\r', "<r>")
    };
    (visible(talk), visible(data))
}

fn talk(settings: Settings, events: Vec<Event>) -> String {
    show(settings, events).0
}

fn section(name: &str, title: &str) -> Event {
    Event::SectionStart { name: name.to_owned(), title: title.to_owned() }
}

fn section_end(name: &str, summary: &str) -> Event {
    Event::SectionEnd { name: name.to_owned(), summary: summary.to_owned() }
}

fn error(text: &str) -> Event {
    Event::Line { level: LogLevel::Error, text: text.to_owned() }
}

fn release(kind: OutcomeKind, exit_code: i32) -> Outcome {
    let digest = "sha256:3f9a12c43f9a12c43f9a12c43f9a12c43f9a12c43f9a12c43f9a12c43f9a12c4";
    Outcome {
        exit_code,
        service: Some(ServiceName::new("release")),
        deployment: Some(DeploymentArn::new("arn:aws:ecs:eu-west-1:1:service-deployment/p/r/d")),
        revision: Some("web:42".to_owned()),
        image: Some(format!("app/web@{digest}")),
        previous: Some(ReleaseOnService::new(&TaskDefArn::new("x/web:41"), None)),
        commit: Some("7be1d20c".to_owned()),
        seconds: 72.4,
        ..Outcome::new(kind)
    }
}

#[test]
fn a_release_in_a_gitlab_log() {
    let events = vec![
        Event::fact("image", "app/web@sha256:3f9a12c4 (commit 7be1d20)"),
        Event::fact("plan", "web:41 -> web:42: image, LOG_LEVEL"),
        section("canary", "canary: bring up canary-release"),
        Event::line("1 of 2 tasks run"),
        Event::warning("tagging is denied"),
        Event::Heartbeat,
        section_end("canary", "canary: 2 of 2 tasks healthy (1 min 12 s)"),
        Event::Outcome { outcome: release(OutcomeKind::Succeeded, 0) },
    ];
    assert_snapshot!(talk(GITLAB, events), @"
    image   app/web@sha256:3f9a12c4 (commit 7be1d20)
    plan    web:41 -> web:42: image, LOG_LEVEL
    <e>[0Ksection_start:1795442400:canary[collapsed=true]<r><e>[0Kcanary: bring up canary-release
    1 of 2 tasks run
    Warning: tagging is denied
    <e>[0m<e>[0Ksection_end:1795442400:canary<r><e>[0Kcanary: 2 of 2 tasks healthy (1 min 12 s)
    Warning: tagging is denied
    done    release runs web:42   1 min 12 s
    image   app/web@sha256:3f9a12c43f9a12c43f9a12c43f9a12c43f9a12c43f9a12c43f9a12c43f9a12c4
    commit  7be1d20c
    was     web:41
    ");
}

#[test]
fn the_same_outside_gitlab_has_plain_titles() {
    let events = vec![
        section("canary", "canary: bring up canary-release"),
        Event::line("1 of 2 tasks run"),
        section("inner", "more"),
        Event::fact("task", "stopped"),
        section_end("inner", ""),
        Event::Heartbeat,
        section_end("canary", "canary: 2 of 2 tasks healthy (1 min 12 s)"),
    ];
    assert_snapshot!(talk(PLAIN, events), @"
    canary: bring up canary-release
      1 of 2 tasks run
      more
        task    stopped
    canary: 2 of 2 tasks healthy (1 min 12 s)
    ");
}

#[test]
fn a_failure_is_open_and_last() {
    let outcome = release(OutcomeKind::FailedRolledBack, 30)
        .because("the container answers 503 on /health; the breaker counted 3 of 3 failures")
        .hinting("fix the named cause and push");
    let events = vec![
        section("full", "full: bring up release"),
        Event::warning("task 3f2a stopped: Task failed ELB health checks"),
        error("deployment failed"),
        section_end("full", "full: failed (1 min)"),
        Event::Outcome { outcome: Outcome { revision: Some("web:41".to_owned()), ..outcome } },
    ];
    assert_snapshot!(talk(GITLAB, events), @"
    <e>[0Ksection_start:1795442400:full[collapsed=true]<r><e>[0Kfull: bring up release
    Warning: task 3f2a stopped: Task failed ELB health checks
    <e>[0Ksection_end:1795442400:full<r><e>[0KWarning: task 3f2a stopped: Task failed ELB health checks
    Error: deployment failed
    full: failed (1 min)
    ========================================================================
    RELEASE FAILED, ROLLED BACK   exit 30   1 min 12 s
    why     the container answers 503 on /health; the breaker counted 3 of 3 failures
    now     release runs web:41 again
    image   app/web@sha256:3f9a12c43f9a12c43f9a12c43f9a12c43f9a12c43f9a12c43f9a12c43f9a12c4
    next    fix the named cause and push
    ");
}

#[test]
fn every_end_has_a_headline_of_its_own() {
    let ends = [
        (OutcomeKind::Succeeded, 0),
        (OutcomeKind::NoChange, 0),
        (OutcomeKind::Paused, 0),
        (OutcomeKind::FailedRolledBack, 30),
        (OutcomeKind::FailedNotRolledBack, 31),
        (OutcomeKind::Superseded, 32),
        (OutcomeKind::TimedOut, 33),
        (OutcomeKind::Cancelled, 34),
        (OutcomeKind::CanaryFailed, 20),
        (OutcomeKind::CanaryUndecided, 21),
        (OutcomeKind::CanaryUndecided, 23),
        (OutcomeKind::Frozen, 22),
        (OutcomeKind::Refused, 11),
        (OutcomeKind::Refused, 12),
        (OutcomeKind::Refused, 60),
        (OutcomeKind::Invalid, 10),
        (OutcomeKind::Invalid, 40),
        (OutcomeKind::Unreachable, 41),
        (OutcomeKind::Denied, 50),
        (OutcomeKind::Unreachable, 51),
        (OutcomeKind::Internal, 70),
    ];
    let headlines = ends.map(|(kind, code)| {
        let outcome = release(kind, code);
        let shown = talk(PLAIN, vec![Event::Outcome { outcome }]);
        let mut lines = shown.lines().skip_while(|line| line.starts_with('='));
        lines.next().unwrap().to_owned()
    });
    assert_snapshot!(headlines.join("\n"), @"
    done    release runs web:42   1 min 12 s
    same    release runs web:42   1 min 12 s
    paused  release runs web:42   1 min 12 s
    RELEASE FAILED, ROLLED BACK   exit 30   1 min 12 s
    RELEASE FAILED, NOT ROLLED BACK: A PERSON IS NEEDED   exit 31   1 min 12 s
    ANOTHER RELEASE TOOK OVER   exit 32   1 min 12 s
    TIMED OUT, THE RELEASE STILL GOES ON   exit 33   1 min 12 s
    CANCELLED   exit 34   1 min 12 s
    CANARY JUDGED BAD, TAKEN BACK   exit 20   1 min 12 s
    CANARY UNDECIDED, LEFT AS IT IS   exit 21   1 min 12 s
    CANARY UNDECIDED, TAKEN BACK   exit 23   1 min 12 s
    CANARY JUDGED BAD, LEFT AS IT IS   exit 22   1 min 12 s
    REFUSED   exit 11   1 min 12 s
    REFUSED: ANOTHER RELEASE GOES BEFORE THIS ONE   exit 12   1 min 12 s
    REFUSED BY THE POLICY OF THIS HOST   exit 60   1 min 12 s
    INPUT IS WRONG   exit 10   1 min 12 s
    IMAGE NOT BUILT   exit 40   1 min 12 s
    PUSHED DIGEST NOT CONFIRMED   exit 41   1 min 12 s
    ACCESS DENIED   exit 50   1 min 12 s
    NO ANSWER   exit 51   1 min 12 s
    INTERNAL ERROR   exit 70   1 min 12 s
    ");
}

#[test]
fn what_was_built_is_said_in_short_lines() {
    let outcome = Outcome {
        service: None,
        revision: None,
        previous: None,
        seconds: 3.21,
        ..release(OutcomeKind::Succeeded, 0)
    };
    assert_snapshot!(talk(PLAIN, vec![Event::Outcome { outcome }]), @"
    done    app/web@sha256:3f9a12c43f9a12c43f9a12c43f9a12c43f9a12c43f9a12c43f9a12c43f9a12c4   3.2 s
    commit  7be1d20c
    ");
}

#[test]
fn findings_have_their_place_and_a_hint() {
    let finding =
        Finding::error("ports \"8080:80\": host port 8080 differs from container port 80")
            .at("compose.yml", 14, 9)
            .hint("write \"80\"");
    let events = vec![
        Event::Finding { finding },
        Event::Finding { finding: Finding::could_not_tell("the platform of the image") },
    ];
    assert_snapshot!(talk(PLAIN, events), @r#"
    compose.yml:14:9: error: ports "8080:80": host port 8080 differs from container port 80
      Hint: write "80"
    could not tell: the platform of the image
    "#);
}

#[test]
fn json_is_one_object_per_line_with_the_bare_outcome_last() {
    let events = vec![
        Event::fact("image", "app/web"),
        Event::Heartbeat,
        Event::Outcome { outcome: release(OutcomeKind::NoChange, 0).because("it runs already") },
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
fn long_lines_break_at_spaces_below_their_text_and_long_words_stay_whole() {
    let arn = "arn:aws:ecs:eu-west-1:111122223333:service-deployment/production/release/".repeat(2);
    let text = format!("{} {arn} end", "word ".repeat(25).trim());
    for event in [Event::fact("why", text.as_str()), Event::line(text.as_str())] {
        let shown = talk(PLAIN, vec![event]);
        assert!(shown.contains(&arn), "{shown}");
        assert!(shown.lines().all(|line| line.contains(&arn) || line.chars().count() <= 100));
        assert!(shown.lines().skip(1).all(|line| line.starts_with("  ")), "{shown}");
    }
}

#[test]
fn no_blank_line_is_ever_printed() {
    let events = vec![
        Event::line(""),
        Event::line("\n\n"),
        section("s", "title"),
        section_end("s", ""),
        Event::fact("", ""),
    ];
    assert_eq!(talk(PLAIN, events), "title\n");
}

#[test]
fn colours_are_of_the_sixteen_and_never_dim() {
    let events = vec![
        Event::warning("w"),
        error("e"),
        section("s", "t"),
        Event::fact("image", "i"),
        Event::Outcome { outcome: release(OutcomeKind::TimedOut, 33) },
    ];
    let shown = talk(Settings { color: true, ..PLAIN }, events);
    let codes: Vec<&str> =
        shown.split("<e>[").skip(1).filter_map(|rest| Some(rest.split_once('m')?.0)).collect();
    assert!(codes.iter().all(|code| ["0", "1", "33", "31;1", "36;1"].contains(code)), "{codes:?}");
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
        Event::Outcome { outcome: release(OutcomeKind::Superseded, 32).because("r") },
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
