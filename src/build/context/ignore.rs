//! `.dockerignore`. Source: moby's `patternmatcher` and `ignorefile`, whose own test cases are
//! the tests here.

use super::pattern::Pattern;
use crate::model::Finding;

/// What is left out of a build context.
#[derive(Debug, Clone, Default)]
pub(super) struct Ignore {
    rules: Vec<Rule>,
    has_exceptions: bool,
}

/// One line.
#[derive(Debug, Clone)]
struct Rule {
    exception: bool,
    how: How,
}

/// `patternmatcher` treats the common shapes apart from the general one, and not all of them
/// mean what the general one would: `**file` fits `myfile`.
#[derive(Debug, Clone)]
enum How {
    Exact(String),
    Prefix(String),
    Suffix(String),
    General(Pattern),
}

/// Which rules fitted a folder, so that what is inside need not be asked again.
pub(super) type Fitted = Vec<bool>;

impl Ignore {
    /// Reads the file.
    ///
    /// # Errors
    /// Malformed lines, with their place.
    pub(super) fn read(file: &str, text: &str) -> Result<Self, Vec<Finding>> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut ignore = Self::default();
        let mut findings = Vec::new();
        for (number, line) in text.lines().enumerate() {
            match rule(line) {
                Ok(None) => {}
                Ok(Some(rule)) => {
                    ignore.has_exceptions |= rule.exception;
                    ignore.rules.push(rule);
                }
                Err(why) => {
                    let message = format!("pattern \"{}\" is malformed: {why}", line.trim());
                    findings.push(Finding::error(message).at(file, number + 1, 1));
                }
            }
        }
        if findings.is_empty() { Ok(ignore) } else { Err(findings) }
    }

    /// What fitted the context itself: nothing.
    pub(super) fn top(&self) -> Fitted {
        vec![false; self.rules.len()]
    }

    /// Whether a path is left out; `parent` is what fitted its folder.
    pub(super) fn leaves_out(&self, path: &str, parent: &Fitted) -> (bool, Fitted) {
        let mut out = false;
        let mut fitted = self.top();
        for (at, rule) in self.rules.iter().enumerate() {
            let mut fits = parent.get(at).copied().unwrap_or(false);
            if !fits {
                // A rule that could not change the answer is not asked.
                if rule.exception != out {
                    continue;
                }
                fits = rule.fits(path);
            }
            fitted[at] = fits;
            if fits {
                out = !rule.exception;
            }
        }
        (out, fitted)
    }

    /// True when something inside a folder that is left out may come back in.
    pub(super) fn has_exceptions(&self) -> bool {
        self.has_exceptions
    }
}

impl Rule {
    fn fits(&self, path: &str) -> bool {
        match &self.how {
            How::Exact(text) => path == text,
            How::Prefix(text) => path.starts_with(text),
            How::Suffix(text) => {
                path.ends_with(text.as_str()) || text.strip_prefix('/').is_some_and(|t| t == path)
            }
            How::General(pattern) => pattern.fits(path),
        }
    }
}

fn rule(line: &str) -> Result<Option<Rule>, &'static str> {
    if line.starts_with('#') {
        return Ok(None);
    }
    let line = line.trim();
    let (exception, line) = match line.strip_prefix('!') {
        Some(rest) => (true, rest.trim()),
        None => (false, line),
    };
    if line.is_empty() {
        return if exception { Err("nothing comes after the !") } else { Ok(None) };
    }
    let cleaned = clean(line);
    let text = match cleaned.strip_prefix('/') {
        Some(rest) if !rest.is_empty() => rest,
        _ => cleaned.as_str(),
    };
    // A second !, and space after a slash, are treated once more by the matcher.
    let (exception, text) = match text.trim().strip_prefix('!') {
        Some(rest) if !exception => (true, rest),
        _ => (exception, text.trim()),
    };
    drop(Pattern::path(text)?);
    Ok(Some(Rule { exception, how: how(text)? }))
}

fn how(text: &str) -> Result<How, &'static str> {
    let special = |text: &str| text.contains(['*', '?', '[', ']', '\\']);
    if !special(text) {
        return Ok(How::Exact(text.to_owned()));
    }
    if let Some(suffix) = text.strip_prefix("**")
        && !special(suffix)
    {
        return Ok(How::Suffix(suffix.to_owned()));
    }
    if let Some(prefix) = text.strip_suffix("**")
        && !special(prefix)
    {
        return Ok(How::Prefix(prefix.to_owned()));
    }
    Pattern::ignore(text).map(How::General)
}

/// The shortest equal path, as Go's `filepath.Clean` gives it.
fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            ".." if rooted => {}
            _ => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn left_out(rules: &[&str], path: &str) -> bool {
        let ignore = Ignore::read(".dockerignore", &rules.join("\n")).unwrap();
        let mut fitted = ignore.top();
        let mut out = false;
        let path = path.trim_end_matches('/');
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        for end in ends {
            (out, fitted) = ignore.leaves_out(&path[..end], &fitted);
        }
        out
    }

    /// `TestMatches` of moby/patternmatcher.
    #[test]
    fn single_patterns_fit_as_in_docker() {
        let cases = [
            ("**", "file", true),
            ("**", "file/", true),
            ("**/", "file", true),
            ("**", "dir/file", true),
            ("**/", "dir/file", true),
            ("**/**", "dir/file", true),
            ("dir/**", "dir/file", true),
            ("dir/**", "dir/dir2/file", true),
            ("**/dir", "dir", true),
            ("**/dir", "dir/file", true),
            ("**/dir2/*", "dir/dir2/file", true),
            ("**/dir2/**", "dir/dir2/dir3/file", true),
            ("**file", "file", true),
            ("**file", "dir/file", true),
            ("**/file", "dir/file", true),
            ("**file", "dir/dir/file", true),
            ("**/file", "dir/dir/file", true),
            ("**/file*", "dir/dir/file", true),
            ("**/file*", "dir/dir/file.txt", true),
            ("**/file*txt", "dir/dir/file.txt", true),
            ("**/file*.txt", "dir/dir/file.txt", true),
            ("**/file*.txt*", "dir/dir/file.txt", true),
            ("**/**/*.txt", "dir/dir/file.txt", true),
            ("**/**/*.txt2", "dir/dir/file.txt", false),
            ("**/*.txt", "file.txt", true),
            ("**/**/*.txt", "file.txt", true),
            ("a**/*.txt", "a/file.txt", true),
            ("a**/*.txt", "a/dir/file.txt", true),
            ("a**/*.txt", "a/dir/dir/file.txt", true),
            ("a/*.txt", "a/dir/file.txt", false),
            ("a/*.txt", "a/file.txt", true),
            ("a/*.txt**", "a/file.txt", true),
            ("a[b-d]e", "ae", false),
            ("a[b-d]e", "ace", true),
            ("a[b-d]e", "aae", false),
            ("a[^b-d]e", "aze", true),
            (".*", ".foo", true),
            (".*", "foo", false),
            ("abc.def", "abcdef", false),
            ("abc.def", "abc.def", true),
            ("abc.def", "abcZdef", false),
            ("abc?def", "abcZdef", true),
            ("abc?def", "abcdef", false),
            ("a\\\\", "a\\", true),
            ("**/foo/bar", "foo/bar", true),
            ("**/foo/bar", "dir/foo/bar", true),
            ("**/foo/bar", "dir/dir2/foo/bar", true),
            ("abc/**", "abc", false),
            ("abc/**", "abc/def", true),
            ("abc/**", "abc/def/ghi", true),
            ("**/.foo", ".foo", true),
            ("**/.foo", "bar.foo", false),
            ("a(b)c/def", "a(b)c/def", true),
            ("a(b)c/def", "a(b)c/xyz", false),
            ("a.|)$(}+{bc", "a.|)$(}+{bc", true),
            ("dist/*.whl", "dist/p+g-none.whl", true),
            ("a\\*b", "a*b", true),
        ];
        for (pattern, path, wanted) in cases {
            assert_eq!(left_out(&[pattern], path), wanted, "{pattern} {path}");
        }
    }

    /// The other cases of moby/patternmatcher, and those of the Dockerfile reference.
    #[test]
    fn exceptions_count_in_order() {
        let cases: [(&[&str], &str, bool); 16] = [
            (&["**", "!util/docker/web"], "util/docker/web/foo", false),
            (&["**", "!util/docker/web", "util/docker/web/foo"], "util/docker/web/foo", true),
            (&["**", "!dist/*.whl"], "dist/p.whl", false),
            (&["!fileutils.go", "*.go"], "fileutils.go", true),
            (&["*.go", "!fileutils.go"], "fileutils.go", false),
            (&["docs", "!docs/README.md"], "docs/README.md", false),
            (&["docs/", "!docs/README.md"], "docs/README.md", false),
            (&["docs/*", "!docs/README.md"], "docs/README.md", false),
            (&["*.md", "!README.md"], "README.md", false),
            (&["*.md", "!README*.md", "README-secret.md"], "README-secret.md", true),
            (&["*.md", "README-secret.md", "!README*.md"], "README-secret.md", false),
            (&["*/temp*"], "somedir/temporary.txt", true),
            (&["*/*/temp*"], "somedir/subdir/temporary.txt", true),
            (&["temp?"], "tempa", true),
            (&["/foo/bar"], "foo/bar/baz", true),
            (&["# comment", "", "  *.log  ", ".."], "a.log", true),
        ];
        for (rules, path, wanted) in cases {
            assert_eq!(left_out(rules, path), wanted, "{rules:?} {path}");
        }
    }

    #[test]
    fn a_malformed_line_is_named() {
        let findings = Ignore::read(".dockerignore", "ok\n[\n!\n").unwrap_err();
        let told: Vec<String> = findings.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                ".dockerignore:2:1: pattern \"[\" is malformed: a [ is not closed by ]",
                ".dockerignore:3:1: pattern \"!\" is malformed: nothing comes after the !",
            ]
        );
    }

    #[test]
    fn paths_are_cleaned_as_go_does() {
        let cases = [
            ("a//b/./c/", "a/b/c"),
            ("./a/../b", "b"),
            ("/../a", "/a"),
            ("..", ".."),
            ("", "."),
            ("/", "/"),
        ];
        for (path, wanted) in cases {
            assert_eq!(clean(path), wanted);
        }
    }

    proptest! {
        #[test]
        fn any_file_is_read_without_panic(text in "(?s).{0,80}|[!*?/\\[\\]\n a#.\\\\]{0,60}", path in "[a/.]{0,12}") {
            if let Ok(ignore) = Ignore::read(".dockerignore", &text) {
                let _answer = ignore.leaves_out(&path, &ignore.top());
            }
        }
    }
}
