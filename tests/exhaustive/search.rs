//! Visits every state that can be reached, once, on as many threads as there are processors.

use crate::canon;
use crate::moves::moves;
use crate::state::{Mode, State};
use crate::world::World;
use ecs_canary::model::OutcomeKind;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// Parts of the table, so that threads seldom wait for each other.
const PARTS: usize = 64;
/// States handed over at once to a thread that has none.
const HANDED: usize = 64;

/// What is kept of a state: which one follows without a new fault.
#[derive(Debug, Clone, Copy)]
struct Kept {
    next: u64,
    /// From where it was reached first.
    before: u64,
    /// It may wait for ever: tasks fail, or a right is missing.
    excused: bool,
    ended: Option<OutcomeKind>,
}

/// How a state was reached.
#[derive(Debug)]
struct Path {
    word: &'static str,
    before: Option<Arc<Path>>,
}

type Open = (State, u64, Option<Arc<Path>>);

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub states: usize,
    pub moves: usize,
    pub ends: BTreeMap<OutcomeKind, usize>,
    /// States from which no end is reached without a new fault.
    pub endless: usize,
    /// The way to one of them.
    pub endless_way: Option<String>,
}

struct Shared<'a> {
    world: &'a World,
    table: Vec<Mutex<HashMap<u64, Kept>>>,
    open: Mutex<Vec<Open>>,
    working: AtomicUsize,
    moves: AtomicUsize,
    broken: Mutex<Option<String>>,
}

/// Explores `world` wholly.
///
/// # Errors
/// The way to a state in which a property does not hold.
pub(crate) fn explore(world: &World) -> Result<Found, String> {
    let first = State::first(world);
    let number = canon::number(&first);
    let shared = Shared {
        world,
        table: (0..PARTS).map(|_| Mutex::new(HashMap::new())).collect(),
        open: Mutex::new(vec![(first, number, None)]),
        working: AtomicUsize::new(0),
        moves: AtomicUsize::new(0),
        broken: Mutex::new(None),
    };
    shared.enter(number, number);
    let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| shared.work());
        }
    });
    if let Some(broken) = shared.broken.lock().unwrap().take() {
        return Err(broken);
    }
    let moves = shared.moves.load(Ordering::Relaxed);
    let mut table = HashMap::new();
    for part in shared.table {
        table.extend(part.into_inner().unwrap());
    }
    let (mut found, endless) = summary(&table, moves);
    found.endless_way = endless.map(|number| way_to(number, &table, world));
    Ok(found)
}

impl Shared<'_> {
    /// True when it was not there.
    fn enter(&self, number: u64, before: u64) -> bool {
        let kept = Kept { next: number, before, excused: false, ended: None };
        let mut part = self.part(number).lock().unwrap();
        if part.contains_key(&number) {
            return false;
        }
        part.insert(number, kept);
        true
    }

    fn part(&self, number: u64) -> &Mutex<HashMap<u64, Kept>> {
        let index = usize::try_from(number).unwrap_or(0) % PARTS;
        &self.table[index]
    }

    fn work(&self) {
        let mut own: Vec<Open> = Vec::new();
        loop {
            if self.broken.lock().unwrap().is_some() {
                return;
            }
            if own.is_empty() {
                let mut open = self.open.lock().unwrap();
                let from = open.len().saturating_sub(HANDED);
                own = open.split_off(from);
                if own.is_empty() {
                    if self.working.load(Ordering::SeqCst) == 0 {
                        return;
                    }
                    drop(open);
                    std::thread::sleep(std::time::Duration::from_millis(1));
                    continue;
                }
                self.working.fetch_add(1, Ordering::SeqCst);
            }
            while let Some(open) = own.pop() {
                self.expand(open, &mut own);
                if own.len() > 2 * HANDED {
                    let rest = own.drain(..HANDED);
                    self.open.lock().unwrap().extend(rest);
                }
                if self.broken.lock().unwrap().is_some() {
                    break;
                }
            }
            self.working.fetch_sub(1, Ordering::SeqCst);
        }
    }

    fn expand(&self, (state, number, path): Open, own: &mut Vec<Open>) {
        let ended = match &state.process.mode {
            Mode::Ended(kind) => Some(*kind),
            _ => None,
        };
        let excused = state.cloud.bad.is_some();
        let mut next_of_it = number;
        for (place, (word, next)) in moves(&state, self.world).into_iter().enumerate() {
            self.moves.fetch_add(1, Ordering::Relaxed);
            let path = || Arc::new(Path { word, before: path.clone() });
            let next = match next {
                Ok(next) => next,
                Err(broken) => {
                    let way = told(&path());
                    *self.broken.lock().unwrap() = Some(format!("{}\n{way}", broken.0));
                    return;
                }
            };
            let its = canon::number(&next);
            if place == 0 && ended.is_none() {
                next_of_it = its;
            }
            if self.enter(its, number) {
                own.push((next, its, Some(path())));
            }
        }
        if let Some(kept) = self.part(number).lock().unwrap().get_mut(&number) {
            *kept = Kept { next: next_of_it, excused, ended, ..*kept };
        }
    }
}

/// The way, without what went on by itself.
fn told(path: &Arc<Path>) -> String {
    let mut words = Vec::new();
    let mut here = Some(path);
    while let Some(path) = here {
        words.push(path.word);
        here = path.before.as_ref();
    }
    words.reverse();
    words.join(", ")
}

/// The way to a state that was visited, as words: it is gone once more.
fn way_to(number: u64, table: &HashMap<u64, Kept>, world: &World) -> String {
    let mut numbers = vec![number];
    let mut here = number;
    while let Some(kept) = table.get(&here).filter(|kept| kept.before != here) {
        here = kept.before;
        numbers.push(here);
    }
    let mut words = Vec::new();
    let mut state = State::first(world);
    for number in numbers.into_iter().rev().skip(1) {
        let mut steps = moves(&state, world).into_iter();
        let Some((word, next)) = steps.find_map(|(word, next)| {
            let next = next.ok().filter(|next| canon::number(next) == number)?;
            Some((word, next))
        }) else {
            break;
        };
        words.push(word);
        state = next;
    }
    words.join(", ")
}

/// Follows each state without new faults: an end, or a wait that is excused. Also one state from
/// which there is neither.
fn summary(table: &HashMap<u64, Kept>, moves: usize) -> (Found, Option<u64>) {
    let mut endless = None;
    let mut found = Found { states: table.len(), moves, ..Found::default() };
    let mut good: HashMap<u64, bool> = HashMap::with_capacity(table.len());
    for (start, kept) in table {
        if let Some(kind) = kept.ended {
            *found.ends.entry(kind).or_default() += 1;
        }
        let mut way = Vec::new();
        let mut here = *start;
        let verdict = loop {
            if let Some(known) = good.get(&here) {
                break *known;
            }
            let Some(kept) = table.get(&here) else { break false };
            if kept.ended.is_some() {
                good.insert(here, true);
                break true;
            }
            if way.contains(&here) {
                // Round and round: only who waits for tasks that fail may do so.
                break kept.excused;
            }
            way.push(here);
            here = kept.next;
        };
        found.endless += usize::from(!verdict);
        endless = endless.or((!verdict).then_some(*start));
        good.extend(way.into_iter().map(|number| (number, verdict)));
    }
    (found, endless)
}
