//! Writes bash in GitLab Runner's form: quoting, exports, messages, and the frame around a stage's body.

use std::fmt::Write as _;

use crate::gitlab::payload::Variable;

const GREEN: &str = "\x1b[32;1m";
const YELLOW: &str = "\x1b[0;33m";
const RESET: &str = "\x1b[0;m";
/// A TERM ends the shell with 1 instead of killing it, so that it prints nothing of its script.
const TRAP: &str = "trap 'exit 1' TERM";

/// A script's body in the making.
#[derive(Debug)]
pub(crate) struct Bash {
    body: String,
    indent: usize,
    temp: String,
}

impl Bash {
    /// An empty body; `temp` is the project's directory for file variables.
    pub(crate) fn new(temp: &str) -> Self {
        Self { body: String::new(), indent: 0, temp: temp.into() }
    }

    /// A line as it is.
    pub(crate) fn line(&mut self, text: &str) {
        for _ in 0..self.indent {
            self.body.push_str("  ");
        }
        self.body.push_str(text);
        self.body.push('\n');
    }

    /// A command with every word quoted.
    pub(crate) fn command(&mut self, words: &[&str]) {
        let words: Vec<String> = words.iter().map(|word| quote(word)).collect();
        self.line(&words.join(" "));
    }

    /// A command whose arguments may hold `$NAME`.
    pub(crate) fn expanding_command(&mut self, words: &[&str]) {
        let mut line = quote(words[0]);
        for word in &words[1..] {
            let _ = write!(line, " \"{word}\"");
        }
        self.line(&line);
    }

    /// A green line in the log.
    pub(crate) fn notice(&mut self, text: &str) {
        self.command(&["echo", &format!("{GREEN}{text}{RESET}")]);
    }

    /// A yellow line in the log.
    pub(crate) fn warning(&mut self, text: &str) {
        self.command(&["echo", &format!("{YELLOW}{text}{RESET}")]);
    }

    /// `if <command>; then`; its output is thrown away.
    pub(crate) fn if_command(&mut self, words: &[&str]) {
        let words: Vec<String> = words.iter().map(|word| quote(word)).collect();
        self.line(&format!("if {} >/dev/null 2>&1 ; then", words.join(" ")));
        self.indent += 1;
    }

    /// `if <command>; then`; its output is shown.
    pub(crate) fn if_shown_command(&mut self, words: &[&str]) {
        let words: Vec<String> = words.iter().map(|word| quote(word)).collect();
        self.line(&format!("if {} ; then", words.join(" ")));
        self.indent += 1;
    }

    /// `if [ <test> <path> ]; then`.
    pub(crate) fn if_path(&mut self, test: &str, path: &str) {
        self.line(&format!("if [ {test} {path:?} ]; then"));
        self.indent += 1;
    }

    /// `else`.
    pub(crate) fn or_else(&mut self) {
        self.indent -= 1;
        self.line("else");
        self.indent += 1;
    }

    /// `fi`.
    pub(crate) fn end_if(&mut self) {
        self.indent -= 1;
        self.line("fi");
    }

    /// The path of a file in the project's directory for file variables.
    pub(crate) fn temp_file(&self, name: &str) -> String {
        format!("{}/{name}", self.temp)
    }

    /// Exports one variable; a file variable is written and its path exported.
    pub(crate) fn variable(&mut self, variable: &Variable) {
        let key = quote(&variable.key);
        if variable.file {
            let path = self.temp_file(&variable.key);
            let temp = self.temp.clone();
            self.line(&format!("mkdir -p {temp:?}"));
            self.line(&format!("printf '%s' {} > {path:?}", quote(&variable.value)));
            self.line(&format!("export {key}={path:?}"));
        } else {
            self.line(&format!("export {key}={}", quote(&variable.value)));
        }
    }

    /// Exports what the job wrote to `$GITLAB_ENV`.
    pub(crate) fn source_env(&mut self, file: &str) {
        let temp = self.temp.clone();
        self.line(&format!("mkdir -p {temp:?}"));
        self.line(&format!("touch {file:?}"));
        self.line(&format!("while read -r line; do export \"$line\"; done < {file:?}"));
    }

    /// Removes one file.
    pub(crate) fn remove_file(&mut self, path: &str) {
        self.expanding_command(&["rm", "-f", path]);
    }

    /// Removes a folder, also one without write permission.
    pub(crate) fn remove_folder(&mut self, path: &str) {
        self.if_path("-d", path);
        self.expanding_command(&["chmod", "-R", "u+rwX", path]);
        self.end_if();
        self.expanding_command(&["rm", "-r", "-f", path]);
    }

    /// Removes files of this name anywhere below a folder.
    pub(crate) fn remove_files_below(&mut self, path: &str, name: &str) {
        self.if_path("-d", path);
        self.line(&format!(
            "et='+' ; find /dev/null -exec true {{}} + 2>/dev/null || et=';' ; \
             find {path:?} -name {name:?} -type f -exec rm -f {{}} \"${{et}}\""
        ));
        self.end_if();
    }

    /// The user's commands, each with its headline.
    pub(crate) fn commands(&mut self, commands: &[String]) {
        for command in commands.iter().map(|command| command.trim()) {
            match command.split_once('\n') {
                None if command.is_empty() => self.line("echo"),
                None => self.notice(&format!("$ {command}")),
                Some((first, _)) => {
                    self.notice(&format!("$ {first} # collapsed multi-line command"));
                }
            }
            self.line(command);
        }
    }

    /// The whole script.
    pub(crate) fn finish(self, trace: bool) -> String {
        let xtrace = if trace { "set -o xtrace\n" } else { "" };
        format!(
            "#!/usr/bin/env bash\n\n{TRAP}\n\n{xtrace}\
             case \"$(set -o)\" in *\"pipefail\"*) set -o pipefail;; esac; set -o errexit\n\
             set +o noclobber\n\
             ({TRAP}; eval {}) < /dev/null\n\
             exit 0\n",
            quote(&self.body)
        )
    }
}

/// A word for bash: as it is, or in ANSI-C quotes with hex codes for bytes beyond ASCII.
pub(crate) fn quote(word: &str) -> String {
    if word.is_empty() {
        return "''".into();
    }
    let plain = |b: u8| b.is_ascii_alphanumeric() || b",-./@_".contains(&b);
    if word.bytes().all(plain) {
        return word.into();
    }
    let mut out = String::with_capacity(word.len() + 16);
    out.push_str("$'");
    for byte in word.bytes() {
        match byte {
            b'\'' => out.push_str("\\'"),
            b'\\' => out.push_str("\\\\"),
            0x07 => out.push_str("\\a"),
            0x08 => out.push_str("\\b"),
            b'\t' => out.push_str("\\t"),
            b'\n' => out.push_str("\\n"),
            0x0b => out.push_str("\\v"),
            0x0c => out.push_str("\\f"),
            b'\r' => out.push_str("\\r"),
            b' '..=b'~' => out.push(char::from(byte)),
            other => {
                let _ = write!(out, "\\x{other:02x}");
            }
        }
    }
    out.push('\'');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_bash_whatever_they_hold() {
        let words =
            ["", "plain-1.0/x", "a b", "it's", "new\nline", "$HOME `x` \"y\"", "äöü", "tab\t\\"];
        for word in words {
            let script = format!("printf %s {}", quote(word));
            let run = std::process::Command::new("bash").args(["-c", &script]).output().unwrap();
            assert_eq!(String::from_utf8(run.stdout).unwrap(), word, "{script}");
        }
    }

    #[test]
    fn the_frame_is_the_real_runners() {
        let mut bash = Bash::new("/b/g/p.tmp");
        bash.variable(&Variable::file("KEY", "x y"));
        bash.commands(&["echo hi".into(), "if true; then\n  echo 2\nfi".into()]);
        let text = bash.finish(false);
        assert!(
            text.starts_with("#!/usr/bin/env bash\n\ntrap 'exit 1' TERM\n\ncase \"$(set -o)\"")
        );
        assert!(
            text.contains("(trap 'exit 1' TERM; eval $'mkdir -p \"/b/g/p.tmp\"\\nprintf"),
            "{text}"
        );
        assert!(text.contains("$ if true; then # collapsed multi-line command"), "{text}");
        assert!(text.ends_with(") < /dev/null\nexit 0\n"));
    }
}
