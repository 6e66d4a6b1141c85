//! Two texts as a unified diff, and which line was which.

use super::anchors::anchors;
use std::fmt::Write as _;

/// Lines around a change.
const CONTEXT: usize = 3;
/// More changed lines than this are shown as one block.
const MOST_CHANGES: usize = 3000;

/// Texts with more lines are compared between the lines that both have once.
const MOST_AT_ONCE: usize = 1000;

/// A line of one side or both; numbers from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Both(usize, usize),
    Old(usize),
    New(usize),
}

/// The difference as `patch` and `git apply` take it; empty when there is none.
pub(super) fn unified(name: &str, old: &str, new: &str) -> String {
    if old == new {
        return String::new();
    }
    let name = name.trim_start_matches('/');
    render((&format!("a/{name}"), &format!("b/{name}")), old, new)
}

/// A file that comes new, as a unified diff.
pub fn added(name: &str, text: &str) -> String {
    let name = name.trim_start_matches('/');
    render(("/dev/null", &format!("b/{name}")), "", text)
}

/// For each line of `new` the line of `old` that it was, or the last one before it.
pub(super) fn origins(old: &str, new: &str) -> Vec<usize> {
    let (old, new) = (lines(old), lines(new));
    let mut at = 0;
    let mut found = Vec::with_capacity(new.len());
    for step in steps(&old, &new) {
        match step {
            Step::Both(old, _) => {
                at = old;
                found.push(old);
            }
            Step::Old(old) => at = old,
            Step::New(_) => found.push(at),
        }
    }
    found
}

fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

fn render((from, to): (&str, &str), old: &str, new: &str) -> String {
    let (old, new) = (lines(old), lines(new));
    let steps = steps(&old, &new);
    let mut out = format!("--- {from}\n+++ {to}\n");
    for hunk in hunks(&steps) {
        let steps = &steps[hunk];
        let count = |side: fn(&Step) -> bool| steps.iter().filter(|step| side(step)).count();
        let olds = count(|step| !matches!(step, Step::New(_)));
        let news = count(|step| !matches!(step, Step::Old(_)));
        let first = |side: fn(&Step) -> Option<usize>| steps.iter().find_map(side);
        let old_first = first(|step| match step {
            Step::Both(old, _) | Step::Old(old) => Some(*old),
            Step::New(_) => None,
        });
        let new_first = first(|step| match step {
            Step::Both(_, new) | Step::New(new) => Some(*new),
            Step::Old(_) => None,
        });
        // Writing to a String cannot fail.
        _ = writeln!(out, "@@ -{} +{} @@", place(old_first, olds), place(new_first, news));
        for step in steps {
            match *step {
                Step::Both(at, _) => push(&mut out, ' ', old[at]),
                Step::Old(at) => push(&mut out, '-', old[at]),
                Step::New(at) => push(&mut out, '+', new[at]),
            }
        }
    }
    out
}

fn place(first: Option<usize>, count: usize) -> String {
    match first {
        Some(first) if count == 1 => (first + 1).to_string(),
        Some(first) => format!("{},{count}", first + 1),
        None => "0,0".to_owned(),
    }
}

fn push(out: &mut String, mark: char, line: &str) {
    out.push(mark);
    out.push_str(line);
    if !line.ends_with('\n') {
        out.push_str("\n\\ No newline at end of file\n");
    }
}

/// Ranges of steps that belong together, with their context.
fn hunks(steps: &[Step]) -> Vec<std::ops::Range<usize>> {
    let mut found: Vec<std::ops::Range<usize>> = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        if matches!(step, Step::Both(..)) {
            continue;
        }
        let range = at.saturating_sub(CONTEXT)..(at + CONTEXT + 1).min(steps.len());
        match found.last_mut() {
            Some(last) if last.end >= range.start => last.end = range.end,
            _ => found.push(range),
        }
    }
    found
}

/// Myers' greedy algorithm between the common head and tail.
fn steps(old: &[&str], new: &[&str]) -> Vec<Step> {
    let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let tail = old[head..].iter().rev().zip(new[head..].iter().rev());
    let tail = tail.take_while(|(a, b)| a == b).count();
    let (a, b) = (&old[head..old.len() - tail], &new[head..new.len() - tail]);
    let mut found: Vec<Step> = (0..head).map(|at| Step::Both(at, at)).collect();
    let ties = if a.len() + b.len() > MOST_AT_ONCE { anchors(a, b) } else { Vec::new() };
    let mut from = (0, 0);
    for to in ties.into_iter().chain([(a.len(), b.len())]) {
        let (x, y) = (from.0 + head, from.1 + head);
        found.extend(middle(&a[from.0..to.0], &b[from.1..to.1]).into_iter().map(
            |step| match step {
                Step::Both(old, new) => Step::Both(old + x, new + y),
                Step::Old(old) => Step::Old(old + x),
                Step::New(new) => Step::New(new + y),
            },
        ));
        from = to;
    }
    let ends = (old.len() - tail, new.len() - tail);
    found.extend((0..tail).map(|at| Step::Both(ends.0 + at, ends.1 + at)));
    found
}

fn middle(a: &[&str], b: &[&str]) -> Vec<Step> {
    let most = (a.len() + b.len()).min(MOST_CHANGES);
    let width = 2 * most + 3;
    let zero = most + 1;
    let mut reach = vec![0_usize; width];
    let mut trace: Vec<Vec<usize>> = Vec::new();
    for d in 0..=most {
        trace.push(reach[zero - d - 1..=zero + d + 1].to_vec());
        for k in (zero - d..=zero + d).step_by(2) {
            let down = k == zero - d || (k != zero + d && reach[k - 1] < reach[k + 1]);
            let mut x = if down { reach[k + 1] } else { reach[k - 1] + 1 };
            // y = x - (k - zero); below zero cannot be reached.
            let mut y = (x + zero) - k;
            while x < a.len() && y < b.len() && a[x] == b[y] {
                x += 1;
                y += 1;
            }
            reach[k] = x;
            if x >= a.len() && y >= b.len() {
                return walk_back(&trace, (a.len(), b.len()), zero);
            }
        }
    }
    let old = (0..a.len()).map(Step::Old);
    old.chain((0..b.len()).map(Step::New)).collect()
}

fn walk_back(trace: &[Vec<usize>], (mut x, mut y): (usize, usize), zero: usize) -> Vec<Step> {
    let mut found = Vec::new();
    for (d, reach) in trace.iter().enumerate().rev() {
        let k = x + zero - y;
        let low = zero - d - 1;
        let at = |k: usize| reach[k - low];
        let down = k == zero - d || (k != zero + d && at(k - 1) < at(k + 1));
        let (from_k, from_x) = if down { (k + 1, at(k + 1)) } else { (k - 1, at(k - 1)) };
        let start = if d == 0 { (0, 0) } else { (from_x, (from_x + zero) - from_k) };
        let after = match (d, down) {
            (0, _) => (0, 0),
            (_, true) => (start.0, start.1 + 1),
            (_, false) => (start.0 + 1, start.1),
        };
        while x > after.0 && y > after.1 {
            x -= 1;
            y -= 1;
            found.push(Step::Both(x, y));
        }
        if d > 0 {
            found.push(if down { Step::New(start.1) } else { Step::Old(start.0) });
            (x, y) = start;
        }
    }
    found.reverse();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_stand_with_their_context() {
        let old = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n";
        let new = "a\nb\nC\nd\ne\nf\ng\nh\ni\nj\nk";
        insta::assert_snapshot!(unified("/x/f.yml", old, new), @r"
        --- a/x/f.yml
        +++ b/x/f.yml
        @@ -1,6 +1,6 @@
         a
         b
        -c
        +C
         d
         e
         f
        @@ -8,3 +8,4 @@
         h
         i
         j
        +k
        \ No newline at end of file
        ");
        assert_eq!(unified("f", old, old), "");
    }

    #[test]
    fn a_line_knows_where_it_came_from() {
        assert_eq!(origins("a\nb\nc\nd\n", "a\nc\nx\nd\n"), [0, 2, 2, 3]);
    }

    #[test]
    fn a_long_text_is_compared_piece_by_piece() {
        let text = |words: &str| -> String {
            let job = |job: usize| format!("job{job}:\n  image: docker\n{words}  script: make\n");
            (0..2000).map(job).collect()
        };
        let changed = unified("f", &text("  tags: [a]\n"), &text("  tags: [b]\n"));
        let count = |mark: char| changed.lines().filter(|line| line.starts_with(mark)).count();
        // With the two lines of the head.
        assert_eq!((count('-'), count('+')), (2001, 2001));
    }

    #[test]
    fn steps_lead_from_any_text_to_any_other() {
        let texts = ["", "a\n", "a\nb\na\nc\n", "c\na\nb\n", "b\nb\na\na\nc\nc\n", "x\ny\nz"];
        for old in texts {
            for new in texts {
                let (a, b) = (lines(old), lines(new));
                let (mut left, mut right) = (String::new(), String::new());
                for step in steps(&a, &b) {
                    match step {
                        Step::Both(x, y) => {
                            left.push_str(a[x]);
                            right.push_str(b[y]);
                        }
                        Step::Old(x) => left.push_str(a[x]),
                        Step::New(y) => right.push_str(b[y]),
                    }
                }
                assert_eq!((left.as_str(), right.as_str()), (old, new));
            }
        }
    }
}
