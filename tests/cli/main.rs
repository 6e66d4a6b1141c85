//! The real binary by its command line: a sealed environment, a simulated AWS account and a
//! registry on loopback. One file for each way in.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "test code: a broken set-up may panic, and says what it measured"
)]

mod bad_input;
mod by_steps;
mod cancel;
#[path = "../golden/compare.rs"]
mod compare;
mod docker_name;
mod dry_run;
mod ecs_cli_name;
mod ending;
mod golden;
mod help;
mod job;
mod judged;
mod killed;
mod killed_tasks;
mod native;
#[cfg(feature = "demo")] // the demo is in the program under test
mod offline;
#[expect(dead_code, reason = "shared with the tests of the release loop")]
#[path = "../release/random.rs"]
mod random;
mod release;
mod renewed;
mod replay;
mod second_chance;
mod seen;
mod strange_answers;
mod strange_files;
mod verify;
mod weighted;
mod words;
mod world;
