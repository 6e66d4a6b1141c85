//! Output arrives whole and in order, and a silent script keeps the log moving.

use crate::harness::Job;
use std::time::Duration;

#[test]
fn much_output_arrives_whole_and_in_order() {
    let job = Job::new().prepared();
    let lines = 400_000;
    let script = format!("seq 1 {lines} & seq 1 {lines} >&2; wait");
    let ended = job.script(&script).passed();
    let wanted: String = (1..=lines).map(|number| format!("{number}\n")).collect();
    assert!(ended.stdout == wanted, "{} of {} bytes", ended.stdout.len(), wanted.len());
    assert!(ended.stderr == wanted, "{} of {} bytes", ended.stderr.len(), wanted.len());
}

#[test]
fn the_last_words_of_a_script_are_kept() {
    let job = Job::new().prepared();
    for _ in 0..20 {
        // More than a read takes at once, right before the end, and no newline.
        let ended =
            job.script("head -c 150000 /dev/zero | tr '\\0' x; printf '%s' end; kill -9 $$");
        assert_eq!(ended.stdout.len(), 150_003);
        assert!(ended.stdout.ends_with("xend"));
    }
}

#[test]
fn bytes_that_are_no_text_pass_unchanged() {
    let job = Job::new().prepared();
    let ended = job.script("printf 'a\\0b\\033[31mc\\r\\n'").passed();
    assert_eq!(ended.stdout, "a\0b\u{1b}[31mc\r\n");
}

#[test]
fn a_script_that_closes_its_output_still_ends_with_its_own_code() {
    let job = Job::new().prepared();
    let ended = job.script("echo first; exec >&- 2>&-; exit 9");
    assert_eq!((ended.code, job.code().as_str(), ended.stdout.as_str()), (1, "9", "first\n"));
}

#[test]
fn a_silent_script_keeps_the_log_moving_without_showing_anything() {
    let job = Job::new().prepared();
    let ended = job.script("echo start; sleep 6; echo end").passed();
    assert_eq!(ended.stdout, "start\n\u{1b}[0mend\n");
    assert_eq!(ended.stderr, "");
}

#[test]
fn a_line_that_waits_for_its_end_is_not_cut() {
    let job = Job::new().prepared();
    let ended = job.script("printf 'working...'; sleep 6; echo done").passed();
    assert_eq!(ended.stdout, "working...done\n");
    assert_eq!(ended.stderr, "\u{1b}[0m");
    assert!(ended.took < Duration::from_secs(9));
}
