//! Lines that two long texts have in common once each, in one order: a difference is looked for
//! between them, so that its cost grows with the text and not with its square (the first half of
//! Bram Cohen's patience diff).

use std::collections::HashMap;

/// Pairs of line numbers, both rising.
pub(super) fn anchors(old: &[&str], new: &[&str]) -> Vec<(usize, usize)> {
    let mut places: HashMap<&str, (Place, Place)> = HashMap::with_capacity(old.len());
    for (at, line) in old.iter().enumerate() {
        places.entry(line).or_default().0.add(at);
    }
    for (at, line) in new.iter().enumerate() {
        places.entry(line).or_default().1.add(at);
    }
    let once = |(old, new): &(Place, Place)| Some((old.once()?, new.once()?));
    let mut pairs: Vec<(usize, usize)> = places.values().filter_map(once).collect();
    pairs.sort_unstable();
    rising(&pairs)
}

/// Where a line stands, while it is one place only.
#[derive(Clone, Copy, Default)]
enum Place {
    #[default]
    Nowhere,
    Once(usize),
    Often,
}

impl Place {
    fn add(&mut self, at: usize) {
        *self = match self {
            Self::Nowhere => Self::Once(at),
            Self::Once(_) | Self::Often => Self::Often,
        };
    }

    fn once(self) -> Option<usize> {
        match self {
            Self::Once(at) => Some(at),
            Self::Nowhere | Self::Often => None,
        }
    }
}

/// The longest choice of pairs, in order, whose second numbers rise.
fn rising(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    // The last pair of the best choice of each length, and what stands before each pair.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    for (at, (_, new)) in pairs.iter().enumerate() {
        let length = ends.partition_point(|end| pairs[*end].1 < *new);
        before.push(length.checked_sub(1).and_then(|length| ends.get(length).copied()));
        match ends.get_mut(length) {
            Some(end) => *end = at,
            None => ends.push(at),
        }
    }
    let mut chosen = Vec::with_capacity(ends.len());
    let mut at = ends.last().copied();
    while let Some(pair) = at {
        chosen.push(pairs[pair]);
        at = before[pair];
    }
    chosen.reverse();
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_stand_once_in_both_keep_their_order() {
        let old = ["x", "a", "x", "b", "c", "d"];
        let new = ["b", "x", "a", "c", "new", "d"];
        assert_eq!(anchors(&old, &new), [(3, 0), (4, 3), (5, 5)]);
        assert_eq!(anchors(&["a", "a"], &["a"]), []);
    }
}
