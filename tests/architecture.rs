//! The map of `docs/architecture.md`, enforced: a module imports only layers below its own,
//! pure modules touch nothing, and each effect has one home.

#![expect(clippy::unwrap_used, reason = "test code: an unreadable tree may panic")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Layer by module. A new module has to be placed here, and in `docs/architecture.md`.
const LAYERS: &[(u8, &[&str])] = &[
    (0, &["model"]),
    (
        1,
        &[
            "job", "config", "compose", "taskdef", "policy", "plan", "check", "watch", "judge",
            "rollback", "journal", "migrate",
        ],
    ),
    (2, &["ports"]),
    (3, &["host", "aws", "registry", "build", "sandbox", "output"]),
    (4, &["apply"]),
    (5, &["commands", "broker", "driver", "failure"]),
    (6, &["cli", "main", "lib"]),
];

/// Imports inside a layer: who may import whom, and nobody else.
const INSIDE_A_LAYER: &[(&str, &[&str])] = &[
    ("check", &["plan", "rollback", "taskdef", "journal", "judge"]),
    ("compose", &["config", "taskdef"]),
    ("migrate", &["config"]),
    ("plan", &["taskdef", "rollback", "watch", "journal"]),
    ("watch", &["judge"]),
    ("aws", &["host"]),
    ("registry", &["host"]),
    ("build", &["host", "registry"]),
    ("sandbox", &["host"]),
    ("output", &["host"]),
    ("commands", &["failure"]),
    ("broker", &["commands", "failure"]),
    ("driver", &["broker", "commands", "failure"]),
];

/// Words that must not stand in the code of pure modules (layers 0 and 1).
const EFFECTS: &[&str] = &[
    "std::fs",
    "std::env",
    "std::net",
    "std::process",
    "SystemTime",
    "Instant::now",
    "tokio::",
    "rustix::",
    "hyper",
    "aws_sdk",
    "println!",
    "eprintln!",
    "std::io",
];

/// A word that only one module may use, and why.
const ONE_HOME: &[(&str, &[&str], &str)] = &[
    ("aws_sdk_", &["aws"], "only `aws` names an SDK type"),
    ("aws_config", &["aws"], "only `aws` names an SDK type"),
    ("SystemTime::now", &["host"], "only `host` knows the time"),
    ("env::var", &["host"], "only `host` reads the environment"),
    ("Command::new", &["host", "sandbox"], "only `host` and `sandbox` start processes"),
    ("println!", &["output"], "only `output` prints"),
    ("eprintln!", &["output"], "only `output` prints"),
];

struct Source {
    module: String,
    path: PathBuf,
    code: String,
}

#[test]
fn a_module_imports_only_layers_below_its_own() {
    let mut wrong = Vec::new();
    for source in sources() {
        let own = layer_of(&source.module);
        for imported in imported_modules(&source.code) {
            if imported == source.module {
                continue;
            }
            let allowed = layer_of(&imported) < own || inside(&source.module, &imported);
            if !allowed {
                wrong.push(format!(
                    "{}: `{}` (layer {own}) imports `{imported}` (layer {})",
                    source.path.display(),
                    source.module,
                    layer_of(&imported)
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "imports against the layers:\n{}", wrong.join("\n"));
}

#[test]
fn pure_modules_touch_no_clock_file_network_or_environment() {
    let mut wrong = Vec::new();
    for source in sources().into_iter().filter(|source| layer_of(&source.module) <= 1) {
        for effect in EFFECTS.iter().filter(|effect| source.code.contains(**effect)) {
            wrong.push(format!("{}: {effect}", source.path.display()));
        }
    }
    assert!(wrong.is_empty(), "effects in pure modules:\n{}", wrong.join("\n"));
}

#[test]
fn each_effect_has_one_home() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (word, homes, reason) in ONE_HOME {
            if source.code.contains(word) && !homes.contains(&source.module.as_str()) {
                wrong.push(format!("{}: {word}: {reason}", source.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "effects outside their home:\n{}", wrong.join("\n"));
}

#[test]
fn main_is_a_few_lines() {
    let lines = fs::read_to_string(root().join("src/main.rs")).unwrap().lines().count();
    assert!(lines <= 15, "src/main.rs has {lines} lines");
}

#[test]
fn the_visible_root_is_what_the_readme_shows() {
    let mut names: Vec<String> = fs::read_dir(root())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('.') && name != "target")
        .collect();
    names.sort();
    let wanted = [
        "CHANGELOG.md",
        "Cargo.lock",
        "Cargo.toml",
        "LICENSE",
        "README.md",
        "docs",
        "runner-config",
        "src",
        "tests",
    ];
    assert_eq!(names, wanted);
}

#[test]
fn the_scanner_sees_imports_in_groups_and_inline() {
    let code = "use crate::{model::{A, B}, ports};\nfn f() { crate::aws::call(); }";
    assert_eq!(imported_modules(code), ["model", "ports", "aws"]);
}

#[test]
fn the_scanner_leaves_comments_and_test_modules_out() {
    let text = "// crate::aws is not used\nfn f() {}\n#[cfg(test)]\nmod tests {\n use crate::cli;\n}\nfn g() {}\n";
    assert_eq!(code_of(text), "fn f() {}\nfn g() {}\n");
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn layer_of(module: &str) -> u8 {
    let found = LAYERS.iter().find(|(_, modules)| modules.contains(&module));
    found.unwrap_or_else(|| panic!("module `{module}` has no layer")).0
}

fn inside(module: &str, imported: &str) -> bool {
    let allowed: BTreeMap<&str, &[&str]> = INSIDE_A_LAYER.iter().copied().collect();
    allowed.get(module).is_some_and(|modules| modules.contains(&imported))
}

fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    collect(&root().join("src"), &mut found);
    assert!(found.len() > 20, "only {} source files found", found.len());
    found
}

fn collect(folder: &Path, found: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let inner = path.strip_prefix(root().join("src")).unwrap();
            let first = inner.components().next().unwrap().as_os_str().to_string_lossy();
            let module = first.trim_end_matches(".rs").to_owned();
            let is_test = inner.components().any(|part| part.as_os_str() == "tests")
                || path
                    .file_name()
                    .is_some_and(|name| name.to_string_lossy().ends_with("tests.rs"));
            if !is_test {
                let code = code_of(&fs::read_to_string(&path).unwrap());
                found.push(Source { module, path, code });
            }
        }
    }
}

/// The text without comment lines and without the `#[cfg(test)]` item blocks.
fn code_of(text: &str) -> String {
    let mut code = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim_start().starts_with("//") {
            continue;
        }
        if line.trim() == "#[cfg(test)]" {
            skip_item(&mut lines);
            continue;
        }
        code.push_str(line);
        code.push('\n');
    }
    code
}

/// Skips to the end of the item after `#[cfg(test)]`: a `;` on its first line, or the closing
/// brace at the indentation of its first line (the code is formatted by rustfmt).
fn skip_item<'a>(lines: &mut impl Iterator<Item = &'a str>) {
    let Some(first) = lines.next() else { return };
    if first.trim_end().ends_with(';') {
        return;
    }
    let indentation = &first[..first.len() - first.trim_start().len()];
    let end = format!("{indentation}}}");
    for line in lines {
        if line == end {
            return;
        }
    }
}

/// Modules named after `crate::`, alone or as the outermost names of a group.
fn imported_modules(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (start, _) in code.match_indices("crate::") {
        let rest = &code[start + "crate::".len()..];
        match rest.strip_prefix('{') {
            None => found.push(identifier(rest)),
            Some(group) => found.extend(group_heads(group)),
        }
    }
    found.retain(|name| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '_')
    });
    found
}

fn group_heads(group: &str) -> Vec<String> {
    let mut heads = vec![identifier(group.trim_start())];
    let mut depth = 0;
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => heads.push(identifier(group[at + 1..].trim_start())),
            _ => {}
        }
    }
    heads
}

fn identifier(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// The table of docs/waiting.md and its tests have to name the same ten.
#[test]
fn every_flaw_of_the_usual_waiter_has_its_test() {
    let table = fs::read_to_string("docs/waiting.md").unwrap();
    let tests = fs::read_to_string("src/watch/stable_waiter_tests.rs").unwrap();
    let named: Vec<&str> = table.split('`').filter(|word| word.starts_with("flaw_")).collect();
    assert_eq!(named.len(), 10);
    for name in named {
        assert!(tests.contains(&format!("fn {name}()")), "no test {name}");
    }
}
