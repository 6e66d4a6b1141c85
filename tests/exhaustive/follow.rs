//! Follows one way, as a failure tells it, and prints what the program planned at each place.
#![expect(clippy::print_stdout, reason = "to be read is what it is for")]

use crate::look::time;
use crate::moves::moves;
use crate::state::{Mode, State};
use crate::world::World;
use ecs_canary::plan;

/// Prints each state on `way`: words of moves with commas between them.
///
/// # Panics
/// When no move of a state has the word, or the move breaks a property: that is what it is for.
pub(crate) fn follow(world: &World, way: &str) {
    let mut state = State::first(world);
    let mut rest = way;
    while !rest.is_empty() {
        tell(&state, world);
        let all = moves(&state, world);
        let words = all.iter().map(|(word, _)| *word).collect::<Vec<_>>();
        // Words have commas of their own: the longest one that fits is meant.
        let fits = |word: &str| rest.strip_prefix(word).filter(|after| is_end(after)).is_some();
        let longest = words.iter().filter(|word| fits(word)).max_by_key(|word| word.len());
        let Some(word) = longest.copied() else {
            panic!("no such move: {rest}; there are {words:?}")
        };
        println!("-> {word}");
        rest = rest[word.len()..].trim_start_matches(", ");
        let (_, next) = all.into_iter().find(|(one, _)| *one == word).unwrap();
        state = next.unwrap_or_else(|broken| panic!("{}", broken.0));
    }
    tell(&state, world);
}

fn is_end(after: &str) -> bool {
    after.is_empty() || after.starts_with(", ")
}

fn tell(state: &State, world: &World) {
    match &state.process.mode {
        Mode::Look => {
            let observed = state.observed(world);
            let mut history = state.process.history.clone();
            history.look(&observed);
            let plan = plan::next(&state.wanted(world), &observed, &history, time(state.now));
            let steps: Vec<String> = plan.steps.iter().map(ToString::to_string).collect();
            println!(
                "{:>5} s, weights {:?}, plans: {}",
                state.now,
                state.cloud.weights,
                steps.join("; ")
            );
        }
        Mode::Watch(watching) => println!("{:>5} s, waits: {:?}", state.now, watching.waiting.on),
        Mode::Scales(step, nth) => println!("{:>5} s, call {nth} of: {step}", state.now),
        Mode::Dead => println!("{:>5} s, dead", state.now),
        Mode::Ended(kind) => println!("{:>5} s, ended: {kind:?}", state.now),
    }
}
