//! `docs/compose.md` is what the table of keys prints. `UPDATE_DOCS=1 cargo test --test
//! compose_docs` writes it anew.

#![expect(clippy::disallowed_methods, reason = "a switch for the person who changes the table")]

use std::fs;
use std::path::Path;

#[test]
fn the_page_of_keys_is_what_the_table_prints() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/compose.md");
    let printed = ecs_canary::compose::key_table();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&page, &printed).expect("docs can be written");
    }
    let written = fs::read_to_string(&page).unwrap_or_default();
    assert!(
        written == printed,
        "docs/compose.md is old: UPDATE_DOCS=1 cargo test --test compose_docs"
    );
}
