//! `docs/iam.md` lists the actions that the adapters of AWS call, all of them and no other.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// An action that is asked for on behalf of a call, and keys of conditions.
const NOT_CALLED: [&str; 3] = ["iam:PassRole", "iam:PassedToService", "ecs:CreateAction"];
/// A call without a signature: nobody needs a permission for it.
const UNSIGNED: &str = "sts:AssumeRoleWithWebIdentity";
/// How the names of the SDK's calls begin.
const VERBS: [&str; 14] = [
    "assume", "continue", "create", "delete", "describe", "filter", "get", "list", "modify", "put",
    "register", "run", "stop", "update",
];

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The text of each adapter without its tests.
fn adapters() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/aws");
    let found = fs::read_dir(&folder).into_iter().flatten().flatten();
    let mut names: Vec<String> =
        found.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    let text = |name: String| {
        let text = read(&format!("src/aws/{name}"));
        let code = text.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
        (name, code)
    };
    names.into_iter().map(text).collect()
}

/// True for `ecs:DescribeServices`.
fn is_action(text: &str) -> bool {
    let Some((service, name)) = text.split_once(':') else { return false };
    let is_word = |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    let begins = name.chars().next().is_some_and(|first| first.is_ascii_uppercase());
    !service.is_empty()
        && is_word(service)
        && begins
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Actions between two of these marks.
fn actions(text: &str, mark: char) -> BTreeSet<String> {
    text.split(mark).filter(|word| is_action(word)).map(str::to_owned).collect()
}

/// Names under which the adapters report their calls.
fn reported() -> BTreeSet<String> {
    adapters().iter().flat_map(|(_, code)| actions(code, '"')).collect()
}

/// `describe_services` of `.describe_services()`: how a call of the SDK begins.
fn begun(code: &str) -> BTreeSet<String> {
    let calls = code.split('.').filter_map(|piece| piece.split_once("()"));
    let names = calls.map(|(name, _)| name).filter(|name| {
        let is_name = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        let verb = name.split_once('_').map_or("", |(verb, _)| verb);
        is_name
            && !name.starts_with("get_or_")
            && (VERBS.contains(&verb) || *name == "tag_resource")
    });
    names.map(in_camel_case).collect()
}

fn in_camel_case(name: &str) -> String {
    let word = |word: &str| {
        let (first, rest) = word.split_at(1);
        first.to_ascii_uppercase() + rest
    };
    name.split('_').filter(|part| !part.is_empty()).map(word).collect()
}

#[test]
fn each_call_of_the_sdk_is_reported_under_its_own_name() {
    let reported = reported();
    let named = |call: &str| reported.iter().any(|action| action.ends_with(&format!(":{call}")));
    let mut seen = 0;
    for (file, code) in adapters().iter().filter(|(_, code)| code.contains(".customize()")) {
        for call in begun(code) {
            assert!(named(&call), "src/aws/{file} calls {call} and reports another name");
            seen += 1;
        }
    }
    // `named.rs` makes its calls by hand.
    let by_hand = adapters().into_iter().filter(|(file, _)| file == "named.rs");
    let by_hand: usize = by_hand.map(|(_, code)| actions(&code, '"').len()).sum();
    let made = seen + by_hand;
    assert!(made >= reported.len(), "{made} calls were found, {} are reported", reported.len());
}

#[test]
fn the_tables_list_what_is_called() {
    let mut called = reported();
    assert!(called.remove(UNSIGNED), "{called:?}");
    let page = read("docs/iam.md");
    let rows: String = page.lines().filter(|line| line.starts_with('|')).collect();
    let listed: BTreeSet<String> =
        actions(&rows, '`').into_iter().filter(|one| !NOT_CALLED.contains(&one.as_str())).collect();
    let missing: Vec<&String> = called.difference(&listed).collect();
    assert!(missing.is_empty(), "docs/iam.md does not list {missing:?}");
    let idle: Vec<&String> = listed.difference(&called).collect();
    assert!(idle.is_empty(), "docs/iam.md lists {idle:?}, which nothing calls");
}

#[test]
fn the_policy_and_what_stands_below_it_allow_what_is_called() {
    let page = read("docs/iam.md");
    let (_, policy) = page.split_once("```json").unwrap_or_default();
    let (policy, below) = policy.split_once("```").unwrap_or_default();
    let allowed = actions(policy, '"');
    let added = actions(below, '`');
    let called = reported();
    // The last one needs no permission.
    let free = [UNSIGNED, "sts:GetCallerIdentity"];
    let missing: Vec<&String> = called
        .iter()
        .filter(|one| !free.contains(&one.as_str()))
        .filter(|one| !allowed.contains(*one) && !added.contains(*one))
        .collect();
    assert!(missing.is_empty(), "neither the policy nor the text below it names {missing:?}");
    let idle: Vec<&String> =
        allowed.difference(&called).filter(|one| !NOT_CALLED.contains(&one.as_str())).collect();
    assert!(idle.is_empty(), "the policy allows {idle:?}, which nothing calls");
}
