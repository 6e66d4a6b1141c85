//! A job's log as GitLab's page shows it: sections folded or open, a carriage return wipes the line, empty lines are not
//! shown, colours kept or taken out. Pure.

/// How to show a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Style {
    /// Opens all sections.
    pub(super) open_all: bool,
    /// Keeps colours.
    pub(super) color: bool,
}

/// The section with the user's script: the only one of the runner that is open.
const SCRIPT_SECTIONS: [&str; 2] = ["step_script", "build_script"];
const CLEAR: &str = "\x1b[0K";
/// Every GitLab Runner since 13 says this in every job; it helps nobody to read it sixteen times.
const KNOWN_WARNING: &str = "WARNING: Starting with version 17.0 the 'build_script' stage";

#[derive(Debug)]
struct Section {
    name: String,
    folded: bool,
    titled: bool,
}

/// The lines to show.
pub(super) fn lines(trace: &str, style: Style) -> Vec<String> {
    let mut view = View { style, sections: Vec::new(), lines: Vec::new(), folded: Vec::new() };
    let lines = joined(trace);
    // What stands before the first section is about the runner: its first line is enough.
    let first = lines.iter().position(|line| line.contains("section_start:")).unwrap_or(0);
    let (about, job) = lines.split_at(if style.open_all { 0 } else { first });
    let about = about.iter().map(|line| without_colour(&line.replace(CLEAR, "")));
    view.folded.extend(about.take(1));
    for line in job {
        view.line(line);
    }
    view.flush_folded();
    view.lines
}

/// Lines without the runner's timestamps; a line that goes on (`+`) is put together.
fn joined(trace: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in trace.split('\n') {
        match without_timestamp(line) {
            (true, rest) if !lines.is_empty() => {
                let last = lines.len() - 1;
                lines[last].push_str(rest);
            }
            (_, rest) => lines.push(rest.to_owned()),
        }
    }
    lines
}

/// `2026-11-23T10:00:00.000000Z 01O text`: whether it goes on the line before, and the text.
fn without_timestamp(line: &str) -> (bool, &str) {
    let bytes = line.as_bytes();
    let looks_so = bytes.len() >= 32
        && bytes[4] == b'-'
        && bytes[10] == b'T'
        && bytes[26] == b'Z'
        && bytes[27] == b' '
        && matches!(bytes[30], b'O' | b'E')
        && matches!(bytes[31], b' ' | b'+')
        && line.is_char_boundary(32);
    if looks_so { (bytes[31] == b'+', &line[32..]) } else { (false, line) }
}

#[derive(Debug)]
struct View {
    style: Style,
    sections: Vec<Section>,
    lines: Vec<String>,
    folded: Vec<String>,
}

impl View {
    fn line(&mut self, line: &str) {
        let mut text = String::new();
        let mut rest = line;
        while let Some((before, marker, after)) = marker(rest) {
            text.push_str(before);
            self.text(&std::mem::take(&mut text));
            match marker {
                Marker::Start { name, collapsed } => self.open(name, collapsed),
                Marker::End { name } => self.close(name),
            }
            rest = after;
        }
        self.text(&(text + rest));
    }

    fn open(&mut self, name: &str, collapsed: bool) {
        let of_runner = self.sections.is_empty() && !SCRIPT_SECTIONS.contains(&name);
        let folded = !self.style.open_all && (collapsed || of_runner);
        self.sections.push(Section { name: name.into(), folded, titled: false });
    }

    fn close(&mut self, name: &str) {
        if let Some(at) = self.sections.iter().rposition(|section| section.name == name) {
            self.sections.truncate(at);
        }
    }

    fn text(&mut self, text: &str) {
        // A bare carriage return wipes what stood there.
        let text = text.rsplit('\r').next().unwrap_or(text).replace(CLEAR, "");
        let plain = without_colour(&text);
        let needless = !self.style.open_all && plain.starts_with(KNOWN_WARNING);
        if plain.trim().is_empty() || needless {
            return;
        }
        let depth = self.sections.len();
        let outer_folded = self.sections.iter().rev().skip(1).any(|section| section.folded);
        let Some(section) = self.sections.last_mut().filter(|_| !outer_folded) else {
            if !outer_folded {
                self.show(&text, &plain);
            }
            return;
        };
        match (section.titled, section.folded) {
            (false, true) => {
                section.titled = true;
                let indent = "  ".repeat(depth.saturating_sub(1));
                match depth {
                    1 => self.folded.push(plain.trim().to_owned()),
                    _ => self.push(format!("{indent}> {}", plain.trim())),
                }
            }
            (true, true) => {}
            (titled, false) => {
                section.titled = true;
                // The headline of the script's own section says nothing that the commands do not.
                let needless = !titled && SCRIPT_SECTIONS.contains(&section.name.as_str());
                if !needless || self.style.open_all {
                    self.show(&text, &plain);
                }
            }
        }
    }

    fn show(&mut self, text: &str, plain: &str) {
        let line = if self.style.color { text.trim_end() } else { plain.trim_end() };
        let line = line.to_owned();
        self.push(line);
    }

    fn push(&mut self, line: String) {
        self.flush_folded();
        self.lines.push(line);
    }

    /// Neighbouring folded sections share a line.
    fn flush_folded(&mut self) {
        if !self.folded.is_empty() {
            let titles = std::mem::take(&mut self.folded).join(" > ");
            self.lines.push(format!("> {titles}"));
        }
    }
}

enum Marker<'a> {
    Start { name: &'a str, collapsed: bool },
    End { name: &'a str },
}

/// The first section marker of a line, with what stands before and after it.
fn marker(line: &str) -> Option<(&str, Marker<'_>, &str)> {
    let start = line.find("section_start:");
    let end = line.find("section_end:");
    let at = start.into_iter().chain(end).min()?;
    let (head, after) = line[at..].split_once('\r')?;
    let mut parts = head.splitn(3, ':');
    let kind = parts.next()?;
    parts.next()?.parse::<u64>().ok()?;
    let full = parts.next()?;
    let (name, options) = full.split_once('[').unwrap_or((full, ""));
    let after = after.strip_prefix(CLEAR).unwrap_or(after);
    let marker = match kind {
        "section_start" => Marker::Start { name, collapsed: options.contains("collapsed=true") },
        _ => Marker::End { name },
    };
    Some((&line[..at], marker, after))
}

/// The text without escape sequences.
fn without_colour(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\x1b' {
            out.push(c);
            continue;
        }
        // ESC [ parameters letter
        if chars.next() == Some('[') {
            for c in chars.by_ref() {
                if c.is_ascii_alphabetic() {
                    break;
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "\x1b[0KRunning with gitlab-runner 19.3.0\x1b[0;m\n  on demo\n\
        section_start:1:prepare_executor\r\x1b[0K\x1b[0K\x1b[36;1mPreparing\x1b[0;m\nUsing x\n\
        section_end:2:prepare_executor\r\x1b[0Ksection_start:2:get_sources\r\x1b[0KGetting source\nfetch\n\
        section_end:3:get_sources\r\x1b[0Ksection_start:3:step_script\r\x1b[0KExecuting\n\
        WARNING: Starting with version 17.0 the 'build_script' stage will be\n\
        \x1b[32;1m$ ecs-canary build\x1b[0;m\n\
        section_start:3:base[collapsed=true]\r\x1b[0Kbase: found\nnginx\nsection_end:3:base\r\x1b[0K\n\
        built 50%\rbuilt r/a@sha256:1\n\x1b[0m\n\
        section_end:4:step_script\r\x1b[0K\x1b[32;1mJob succeeded\x1b[0;m\n";

    fn shown(trace: &str, open_all: bool) -> String {
        lines(trace, Style { open_all, color: false }).join("\n")
    }

    #[test]
    fn the_script_is_open_and_the_runners_stages_are_folded() {
        assert_eq!(
            shown(TRACE, false),
            "> Running with gitlab-runner 19.3.0 > Preparing > Getting source\n$ ecs-canary build\n\
             \x20 > base: found\nbuilt r/a@sha256:1\nJob succeeded"
        );
    }

    #[test]
    fn everything_is_open_when_asked() {
        let text = shown(TRACE, true);
        assert!(
            text.contains(
                "\n  on demo\nPreparing\nUsing x\nGetting source\nfetch\nExecuting\nWARN"
            ),
            "{text}"
        );
        assert!(text.contains("base: found\nnginx\nbuilt r/a"), "{text}");
    }

    #[test]
    fn the_real_runners_timestamps_are_taken_out() {
        let trace = "2026-11-23T10:00:00.000000Z 00O one \n2026-11-23T10:00:00.000000Z 01E+two\n\
                     2026-11-23T10:00:00.000000Z 01O three";
        assert_eq!(shown(trace, false), "one two\nthree");
    }
}
