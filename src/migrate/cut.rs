//! Statements of one scalar: some go, some become others, the rest stays as it is written.

use super::edit::Declined;
use super::pass::Pass;
use super::shape::Kind;
use super::tree::{NodeId, Value};
use granit_parser::ScalarStyle;
use std::ops::Range;

/// One statement, by its bytes in the scalar's value.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub(super) range: Range<usize>,
    pub(super) change: Change,
}

/// What becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    Stays,
    Gone,
    Becomes(String),
}

type Cuts = Vec<(Range<usize>, String)>;

impl Pass<'_> {
    /// Changes the pieces of a scalar; one of them at least stays or becomes something.
    pub(super) fn cut(&mut self, node: NodeId, pieces: &[Piece]) -> Result<(), Declined> {
        if self.edits.is_cut(node) {
            return Ok(());
        }
        let Value::Scalar(text, style) = &self.tree.node(node).value else {
            return Err("it is no text");
        };
        let span = self.tree.node(node).span.clone();
        let source = &self.text[span.clone()];
        let quoted = matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted);
        let quote = usize::from(quoted);
        let as_written = source.get(quote..source.len() - quote) == Some(text.as_str());
        if as_written && !text.contains('\n') {
            let cuts = words_to_cut(text.len(), pieces);
            let rest = applied(text, &cuts);
            let start = span.start + quote;
            let moved = cuts.into_iter().map(|(cut, w)| (cut.start + start..cut.end + start, w));
            self.edits.cut(node, &moved.collect::<Cuts>(), &rest);
            return Ok(());
        }
        if let [Piece { change: Change::Becomes(words), .. }] = pieces {
            return self.become_plain(node, words);
        }
        match style {
            ScalarStyle::Literal => self.cut_block(node, text, pieces),
            _ => Err("it is folded or has escapes"),
        }
    }

    /// The whole scalar, however it is written, becomes a plain one.
    fn become_plain(&mut self, node: NodeId, words: &str) -> Result<(), Declined> {
        let Value::Scalar(_, style) = &self.tree.node(node).value else {
            return Err("it is no text");
        };
        let span = self.tree.node(node).span.clone();
        let start = match style {
            ScalarStyle::Literal | ScalarStyle::Folded => {
                let before = &self.text[..span.start];
                let header = before.trim_end_matches([' ', '\n', '\r']).len();
                let line = before[..header].rfind('\n').map_or(0, |newline| newline + 1);
                let mark = before[line..header].rfind(['|', '>']).ok_or("its mark is not found")?;
                line + mark
            }
            _ => span.start,
        };
        self.edits.cut(node, &[(start..span.end, words.to_owned())], words);
        self.edits.make_plain(node, Kind::plain(words));
        Ok(())
    }

    /// A block scalar, by whole lines.
    fn cut_block(&mut self, node: NodeId, text: &str, pieces: &[Piece]) -> Result<(), Declined> {
        let span = self.tree.node(node).span.clone();
        let start = self.text[..span.start].rfind('\n').map_or(0, |newline| newline + 1);
        let end = self.text[span.end..].find('\n').map_or(self.text.len(), |at| span.end + at + 1);
        let sources: Vec<&str> = self.text[start..end].split_inclusive('\n').collect();
        let values: Vec<&str> = text.split_inclusive('\n').collect();
        let same = |at: usize| sources.get(at).is_some_and(|s| s.trim() == values[at].trim());
        if !(0..values.len()).all(|at| values[at].trim().is_empty() || same(at)) {
            return Err("its block is written in an unusual way");
        }
        let fates = line_fates(text, pieces)?;
        let (mut at, mut cuts, mut rest) = (start, Cuts::new(), String::new());
        for (number, source) in sources.iter().enumerate() {
            let value = values.get(number).copied().unwrap_or_default();
            match fates.get(number).and_then(Option::as_ref) {
                None => rest.push_str(value),
                Some(None) => cuts.push((at..at + source.len(), String::new())),
                Some(Some((columns, words))) => {
                    let indent = |line: &str| line.len() - line.trim_start().len();
                    let left = at + indent(source) - indent(value);
                    cuts.push((left + columns.start..left + columns.end, words.clone()));
                    rest.push_str(&value[..columns.start]);
                    rest.push_str(words);
                    rest.push_str(&value[columns.end..]);
                }
            }
            at += source.len();
        }
        if !text.ends_with('\n') && rest.ends_with('\n') {
            rest.pop();
        }
        self.edits.cut(node, &cuts, &rest);
        Ok(())
    }
}

/// The text of one line without its pieces that go.
pub(super) fn without(text: &str, pieces: &[Piece]) -> String {
    applied(text, &words_to_cut(text.len(), pieces)).trim_end().to_owned()
}

/// Each piece with the separator behind it; the last one with the separator before it.
fn words_to_cut(length: usize, pieces: &[Piece]) -> Cuts {
    let mut cuts = Cuts::new();
    let mut kept_end = None;
    for (at, Piece { range, change }) in pieces.iter().enumerate() {
        match change {
            Change::Stays => kept_end = Some(range.end),
            Change::Becomes(words) => {
                kept_end = Some(range.end);
                cuts.push((range.clone(), words.clone()));
            }
            Change::Gone => match pieces.get(at + 1) {
                Some(next) if pieces[at + 1..].iter().any(|piece| piece.change != Change::Gone) => {
                    cuts.push((range.start..next.range.start, String::new()));
                }
                // Everything behind the last piece that stays.
                _ => {
                    cuts.push((kept_end.unwrap_or(range.start)..length, String::new()));
                    break;
                }
            },
        }
    }
    cuts
}

fn applied(text: &str, cuts: &Cuts) -> String {
    let mut rest = String::new();
    let mut at = 0;
    for (cut, words) in cuts {
        rest.push_str(&text[at..cut.start]);
        rest.push_str(words);
        at = cut.end;
    }
    rest.push_str(&text[at..]);
    rest
}

/// For each line: nothing happens, it goes, or columns of it become words.
type LineFate = Option<Option<(Range<usize>, String)>>;

fn line_fates(text: &str, pieces: &[Piece]) -> Result<Vec<LineFate>, Declined> {
    let line_of = |at: usize| text[..at].matches('\n').count();
    let start_of = |line: usize| text.split_inclusive('\n').take(line).map(str::len).sum::<usize>();
    let lines = |piece: &Piece| line_of(piece.range.start)..=line_of(piece.range.end);
    let mut fates: Vec<LineFate> = vec![None; text.matches('\n').count() + 1];
    for (at, piece) in pieces.iter().enumerate().filter(|(_, p)| p.change != Change::Stays) {
        let others = pieces.iter().enumerate().filter(|(other, p)| {
            *other != at && (p.change != Change::Gone || piece.change != Change::Gone)
        });
        for line in lines(piece) {
            if others.clone().any(|(_, other)| lines(other).contains(&line)) {
                return Err("it shares its line with other commands");
            }
        }
        let first = line_of(piece.range.start);
        for line in lines(piece) {
            fates[line] = Some(None);
        }
        if let Change::Becomes(words) = &piece.change {
            let start = start_of(first);
            let line_length = text[start..].split(['\r', '\n']).next().unwrap_or_default().len();
            let end = (piece.range.end - start).min(line_length);
            fates[first] = Some(Some((piece.range.start - start..end, words.clone())));
        }
    }
    Ok(fates)
}
