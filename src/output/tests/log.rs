//! What people read.

use super::*;

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
        Event::Outcome { outcome: Box::new(release(OutcomeKind::Succeeded, 0)) },
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
    image   app/web@sha256:3f9a12c43f9a (commit 7be1d20c)
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
    let outcome = Outcome {
        first: Some("FATAL: no database (log of container web)".to_owned()),
        users: Some("release had its 3 tasks all the time".to_owned()),
        now: Some("release runs web:41, 3 of 3 tasks\ncanary runs web:41, 1 of 1 tasks".to_owned()),
        ..outcome
    };
    let events = vec![
        section("full", "full: bring up release"),
        Event::warning("task 3f2a stopped: Task failed ELB health checks"),
        error("deployment failed"),
        section_end("full", "full: failed (1 min)"),
        Event::Outcome { outcome: Box::new(outcome) },
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
    first   FATAL: no database (log of container web)
    users   release had its 3 tasks all the time
    now     release runs web:41, 3 of 3 tasks
            canary runs web:41, 1 of 1 tasks
    next    fix the named cause and push
    ");
}

#[test]
fn an_end_that_could_not_be_told_is_not_called_a_matter_of_time() {
    let outcome = Outcome { end_unknown: true, ..release(OutcomeKind::TimedOut, 33) };
    let shown = talk(PLAIN, vec![Event::Outcome { outcome: Box::new(outcome) }]);
    assert!(shown.contains("COULD NOT TELL HOW IT ENDED   exit 33"), "{shown}");
    assert!(!shown.contains("TIME IS UP"), "{shown}");
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
        let shown = talk(PLAIN, vec![Event::Outcome { outcome: Box::new(outcome) }]);
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
    TIME IS UP   exit 33   1 min 12 s
    CANCELLED   exit 34   1 min 12 s
    CANARY IS BAD, TAKEN BACK   exit 20   1 min 12 s
    CANARY UNDECIDED, LEFT AS IT IS   exit 21   1 min 12 s
    CANARY UNDECIDED, TAKEN BACK   exit 23   1 min 12 s
    CANARY IS BAD, LEFT AS IT IS   exit 22   1 min 12 s
    REFUSED   exit 11   1 min 12 s
    REFUSED: SOMEBODY ELSE GOES FIRST   exit 12   1 min 12 s
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
    assert_snapshot!(talk(PLAIN, vec![Event::Outcome { outcome: Box::new(outcome) }]), @"
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
        Event::Outcome { outcome: Box::new(release(OutcomeKind::TimedOut, 33)) },
    ];
    let shown = talk(Settings { color: true, ..PLAIN }, events);
    let codes: Vec<&str> =
        shown.split("<e>[").skip(1).filter_map(|rest| Some(rest.split_once('m')?.0)).collect();
    assert!(codes.iter().all(|code| ["0", "1", "33", "31;1", "36;1"].contains(code)), "{codes:?}");
}
