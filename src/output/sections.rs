//! Groups of lines: sections that GitLab folds, or a title with its lines below it.

use crate::model::Timestamp;

/// Where the log is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Folding {
    /// GitLab's section marks.
    GitLab,
    /// A title, and two columns for what belongs to it.
    Indent,
}

/// Open sections, outermost first.
#[derive(Debug)]
pub(super) struct Sections {
    folding: Folding,
    open: Vec<Open>,
}

#[derive(Debug)]
struct Open {
    name: String,
    /// Told again below a folded section: nobody unfolds one that ended well.
    warnings: Vec<String>,
}

impl Sections {
    pub(super) fn new(folding: Folding) -> Self {
        Self { folding, open: Vec::new() }
    }

    /// Opens one; the text that stands before its title.
    pub(super) fn start(&mut self, name: &str, now: Timestamp) -> String {
        let name = plain_name(name);
        let mark = match self.folding {
            Folding::GitLab => {
                let at = now.as_seconds();
                format!("\u{1b}[0Ksection_start:{at}:{name}[collapsed=true]\r\u{1b}[0K")
            }
            Folding::Indent => String::new(),
        };
        self.open.push(Open { name, warnings: Vec::new() });
        mark
    }

    /// Ends one and those inside it: the marks, and the warnings that were folded away.
    /// `None` when it is not open (any more).
    pub(super) fn end(&mut self, name: &str, now: Timestamp) -> Option<(String, Vec<String>)> {
        let name = plain_name(name);
        let from = self.open.iter().rposition(|open| open.name == name)?;
        Some(self.close_from(from, now))
    }

    /// Ends every open one, so that a failure is read without unfolding anything.
    pub(super) fn end_all(&mut self, now: Timestamp) -> (String, Vec<String>) {
        self.close_from(0, now)
    }

    /// Remembers a warning that was told inside a section.
    pub(super) fn warn(&mut self, lines: &[String]) {
        if let (Some(open), Folding::GitLab) = (self.open.first_mut(), self.folding) {
            open.warnings.extend_from_slice(lines);
        }
    }

    /// Columns before a line.
    pub(super) fn indent(&self) -> usize {
        match self.folding {
            Folding::GitLab => 0,
            Folding::Indent => 2 * self.open.len(),
        }
    }

    fn close_from(&mut self, from: usize, now: Timestamp) -> (String, Vec<String>) {
        let mut marks = String::new();
        let mut warnings = Vec::new();
        for open in self.open.drain(from..).rev() {
            warnings.extend(open.warnings);
            if self.folding == Folding::GitLab {
                let at = now.as_seconds();
                marks.push_str(&format!("\u{1b}[0Ksection_end:{at}:{}\r\u{1b}[0K", open.name));
            }
        }
        (marks, warnings)
    }
}

/// The letters that GitLab takes in a section's name.
fn plain_name(name: &str) -> String {
    name.chars()
        .map(|c| if c.is_ascii_alphanumeric() || "_.-".contains(c) { c } else { '-' })
        .collect()
}
