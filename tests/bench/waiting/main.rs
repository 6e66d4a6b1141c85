//! How soon a wait notices the end of a rollout, how many reads it takes, and two hundred releases
//! at once against the account's published limits. In simulated time, seeds fixed; prints the
//! tables of `docs/release-loop.md` and ends with a failure when a promise is broken.
//! `cargo bench --bench waiting`
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement that prints")]

#[path = "../../release/cloud_port.rs"]
mod cloud_port;
#[path = "../../release/convert.rs"]
mod convert;
mod crowd;
mod lag;
#[path = "../../release/random.rs"]
mod random;
mod spread;
mod watched;
#[expect(dead_code, reason = "shared with the tests of the release loop")]
#[path = "../../release/weighted_world.rs"]
mod weighted_world;
#[expect(dead_code, reason = "shared with the tests of the release loop")]
#[path = "../../release/world.rs"]
mod world;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let kept = runtime.block_on(lag::measure());
    let all = runtime.block_on(crowd::measure());
    assert!(kept && all, "a promise is broken");
}
