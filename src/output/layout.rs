//! Lines: clean text, labels in a column, at most 100 columns, colours.

/// GitLab's log wraps later; this fits a merge request beside it.
const WIDTH: usize = 100;
/// Where the text of a labelled line begins: `service` and a space.
const COLUMN: usize = 8;

/// A colour of the sixteen that every theme maps, or bold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Paint {
    Plain,
    Bold,
    Red,
    Green,
    Yellow,
    Cyan,
}

/// Paints, or leaves the text alone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Painter {
    pub(super) color: bool,
}

impl Painter {
    pub(super) fn paint(self, paint: Paint, text: &str) -> String {
        let code = match paint {
            Paint::Plain => return text.to_owned(),
            Paint::Bold => "1",
            Paint::Red => "31;1",
            Paint::Green => "32;1",
            Paint::Yellow => "33",
            Paint::Cyan => "36;1",
        };
        if self.color { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// The lines of a text that came from anywhere: no control characters (an escape sequence of a
/// task's stop reason must not open a section or hide a line), no empty lines.
pub(super) fn clean(text: &str) -> impl Iterator<Item = String> {
    text.split(['\n', '\r'])
        .map(|line| {
            let shown = line.chars().map(|c| match c {
                '\t' => ' ',
                c if is_invisible(c) => '?',
                c => c,
            });
            shown.collect::<String>().trim_end().to_owned()
        })
        .filter(|line| !line.is_empty())
}

/// Controls, and the marks that turn the direction of what follows.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Breaks a line at spaces so that it fits behind `indent` columns; a line that fits stays as
/// it is. A word that is longer stands alone and whole: half a digest or half a link is of no
/// use.
pub(super) fn wrap(line: &str, indent: usize) -> Vec<String> {
    let width = WIDTH.saturating_sub(indent).max(20);
    if line.chars().count() <= width {
        return vec![line.to_owned()];
    }
    let mut lines: Vec<String> = Vec::new();
    let mut current = String::new();
    for word in line.split_whitespace() {
        let fits = current.chars().count() + 1 + word.chars().count() <= width;
        if !current.is_empty() && !fits {
            lines.push(std::mem::take(&mut current));
        }
        if !current.is_empty() {
            current.push(' ');
        }
        current.push_str(word);
    }
    lines.push(current);
    lines
}

/// `label   text`, further lines below the text.
pub(super) fn labelled(painter: Painter, label: &str, paint: Paint, text: &str) -> Vec<String> {
    let label: String = clean(label).collect();
    let mut head = format!("{label:<COLUMN$}");
    if !head.ends_with(' ') {
        head.push(' ');
    }
    let wrapped = clean(text).flat_map(|line| wrap(&line, COLUMN));
    let mut lines: Vec<String> = wrapped
        .enumerate()
        .map(|(nth, line)| match nth {
            0 => format!("{}{line}", painter.paint(paint, &head)),
            _ => format!("{:COLUMN$}{line}", ""),
        })
        .collect();
    if lines.is_empty() && !label.is_empty() {
        lines.push(painter.paint(paint, &label));
    }
    lines
}

/// A line of its own, further lines two columns in.
pub(super) fn plain(painter: Painter, paint: Paint, text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for line in clean(text) {
        for (nth, piece) in wrap(&line, 2).into_iter().enumerate() {
            let piece = if nth == 0 { piece } else { format!("  {piece}") };
            lines.push(painter.paint(paint, &piece));
        }
    }
    lines
}
