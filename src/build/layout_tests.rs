//! COPY, ADD and WORKDIR against contexts and bases in memory.

use super::*;
use crate::build::base_tree::BaseTree;
use insta::assert_snapshot;
use std::fmt::Write as _;

fn context() -> Tree<u64> {
    let mut tree = Tree::default();
    let file = |mode: u32| Node::File { mode, size: 1, data: 0 };
    for (path, mode) in [
        ("conf/test.conf", 0o644),
        ("html/index.html", 0o644),
        ("html/css/a.css", 0o600),
        ("run.sh", 0o755),
        ("a.txt", 0o644),
        ("b.txt", 0o644),
        ("dist/x", 0o644),
    ] {
        tree.insert(path, file(mode)).unwrap();
    }
    tree.insert("html/css", Node::Folder { mode: 0o750 }).unwrap();
    tree.insert("html/home", Node::Link { target: "index.html".to_owned() }).unwrap();
    tree.insert("page", Node::Link { target: "html/index.html".to_owned() }).unwrap();
    tree
}

fn base() -> BaseTree {
    let mut base = BaseTree::default();
    let root = |mode: u32| Attributes { mode, uid: 0, gid: 0 };
    for (path, mode) in [
        ("etc/nginx/conf.d", 0o755),
        ("usr/share/nginx/html", 0o755),
        ("usr/bin", 0o755),
        ("tmp", 0o1777),
    ] {
        base.directory(path, root(mode));
    }
    base.directory("app", Attributes { mode: 0o775, uid: 1000, gid: 1000 });
    base.link("bin", "usr/bin".to_owned());
    base.passwd = "app:x:1000:1001::/:/bin/sh\n".to_owned();
    base.group = "staff:x:50:\n".to_owned();
    base
}

fn copy(sources: &[&str], dest: &str) -> CopyStep {
    CopyStep {
        line: 2,
        keyword: "COPY".to_owned(),
        sources: sources.iter().map(|&source| source.to_owned()).collect(),
        documents: Vec::new(),
        dest: dest.to_owned(),
        chown: None,
        mode: None,
        link: false,
        unpack: false,
    }
}

fn told(steps: &[Step], base: BaseView<'_>) -> String {
    let mut out = String::new();
    match layout("Dockerfile", steps, &context(), base) {
        Ok((layers, findings)) => {
            for layer in layers {
                for (path, entry) in layer.entries {
                    let a = entry.attributes;
                    let kind = match entry.kind {
                        EntryKind::Directory => "/".to_owned(),
                        EntryKind::Link(target) => format!(" -> {target}"),
                        EntryKind::File { .. } => String::new(),
                        EntryKind::Text(text) => {
                            format!(" = {:?}", String::from_utf8_lossy(&text))
                        }
                    };
                    writeln!(out, "{:04o} {}:{} {path}{kind}", a.mode, a.uid, a.gid).unwrap();
                }
                out.push_str("--\n");
            }
            findings.iter().for_each(|finding| writeln!(out, "{finding}").unwrap());
        }
        Err(LayoutTrouble::NeedsBase { line, path }) => {
            writeln!(out, "{line}: base /{path}").unwrap();
        }
        Err(LayoutTrouble::Wrong(finding)) => {
            writeln!(out, "{finding}").unwrap();
        }
    }
    out
}

fn one(copy: CopyStep, base: BaseView<'_>) -> String {
    told(&[Step::Copy(copy)], base)
}

#[test]
fn the_example_needs_nothing_of_its_base() {
    let steps = [
        Step::Copy(copy(&["conf/test.conf"], "/etc/nginx/conf.d/default.conf")),
        Step::Copy(copy(&["html"], "/usr/share/nginx/html")),
    ];
    assert_snapshot!(told(&steps, BaseView::Unseen), @r"
    0644 0:0 etc/nginx/conf.d/default.conf
    --
    0750 0:0 usr/share/nginx/html/css/
    0600 0:0 usr/share/nginx/html/css/a.css
    0777 0:0 usr/share/nginx/html/home -> index.html
    0644 0:0 usr/share/nginx/html/index.html
    --
    ");
}

#[test]
fn known_directories_stand_before_what_is_copied_into_them() {
    let base = base();
    let seen = BaseView::Seen(&base);
    assert_snapshot!(one(copy(&["a.txt"], "/tmp/"), seen), @r"
    1777 0:0 tmp/
    0644 0:0 tmp/a.txt
    --
    ");
    assert_snapshot!(one(copy(&["a.txt"], "/app"), seen), @r"
    0775 1000:1000 app/
    0644 0:0 app/a.txt
    --
    ");
    assert_snapshot!(one(copy(&["run.sh"], "/bin/start"), seen), @r"
    0755 0:0 usr/
    0755 0:0 usr/bin/
    0755 0:0 usr/bin/start
    --
    ");
}

#[test]
fn folders_give_their_contents_and_new_directories_are_roots() {
    assert_snapshot!(one(copy(&["html"], "/srv/www"), BaseView::Scratch), @r"
    0755 0:0 srv/
    0755 0:0 srv/www/
    0750 0:0 srv/www/css/
    0600 0:0 srv/www/css/a.css
    0777 0:0 srv/www/home -> index.html
    0644 0:0 srv/www/index.html
    --
    ");
}

#[test]
fn a_slash_makes_a_directory_of_the_destination() {
    assert_snapshot!(one(copy(&["a.txt"], "/new"), BaseView::Scratch), @r"
    0644 0:0 new
    --
    ");
    assert_snapshot!(one(copy(&["a.txt", "b.txt"], "/new/"), BaseView::Scratch), @r"
    0755 0:0 new/
    0644 0:0 new/a.txt
    0644 0:0 new/b.txt
    --
    ");
    assert_snapshot!(one(copy(&["?.txt", "page"], "/"), BaseView::Scratch), @r"
    0644 0:0 a.txt
    0644 0:0 b.txt
    0644 0:0 page
    --
    ");
}

#[test]
fn owner_and_mode_count_for_everything_that_is_made() {
    let chowned = CopyStep { chown: Some("7:8".to_owned()), ..copy(&["html"], "/d") };
    assert_snapshot!(one(chowned, BaseView::Scratch), @r"
    0755 7:8 d/
    0750 7:8 d/css/
    0600 7:8 d/css/a.css
    0777 7:8 d/home -> index.html
    0644 7:8 d/index.html
    --
    ");
    let moded = CopyStep { mode: Some(0o700), ..copy(&["dist"], "/d/e") };
    assert_snapshot!(one(moded, BaseView::Scratch), @r"
    0700 0:0 d/
    0700 0:0 d/e/
    0700 0:0 d/e/x
    --
    ");
}

#[test]
fn names_of_users_are_those_of_the_base() {
    let base = base();
    let by = |chown: &str| CopyStep {
        chown: Some(chown.to_owned()),
        ..copy(&["a.txt"], "/etc/nginx/conf.d/x.txt")
    };
    let owner = |chown: &str| {
        let told = one(by(chown), BaseView::Seen(&base));
        told.lines().find(|line| line.ends_with("x.txt")).unwrap_or(&told).to_owned()
    };
    assert_snapshot!(owner("app"), @"0644 1000:1001 etc/nginx/conf.d/x.txt");
    assert_snapshot!(owner("app:staff"), @"0644 1000:50 etc/nginx/conf.d/x.txt");
    assert_snapshot!(owner("5"), @"0644 5:5 etc/nginx/conf.d/x.txt");
    assert_snapshot!(owner("nobody"), @r#"Dockerfile:2:1: user "nobody" is not known in the base image; give its number"#);
    assert_snapshot!(one(by("app"), BaseView::Unseen), @"2: base /etc/passwd");
}

#[test]
fn unknown_places_ask_for_the_base() {
    for dest in ["/app", "/app/", "/bin/x", "/opt/x.txt", "/usr/share/nginx", "/var/www/html/"] {
        let told = one(copy(&["a.txt"], dest), BaseView::Unseen);
        let known = dest == "/usr/share/nginx";
        assert_eq!(told.contains("base /"), !known, "{dest}: {told}");
    }
    let workdir = Step::Directory { line: 3, path: "/srv".to_owned(), user: String::new() };
    assert_snapshot!(told(&[workdir], BaseView::Unseen), @"3: base /srv");
}

#[test]
fn a_working_directory_is_made_for_the_images_user_and_known_afterwards() {
    let base = base();
    let steps = [
        Step::Directory { line: 2, path: "/srv/x".to_owned(), user: "app".to_owned() },
        Step::Copy(copy(&["a.txt"], "/srv/x")),
        Step::Directory { line: 4, path: "/app".to_owned(), user: String::new() },
    ];
    assert_snapshot!(told(&steps, BaseView::Seen(&base)), @r"
    0755 1000:1001 srv/
    0755 1000:1001 srv/x/
    --
    0755 1000:1001 srv/
    0755 1000:1001 srv/x/
    0644 0:0 srv/x/a.txt
    --
    --
    ");
}

#[test]
fn link_does_not_look_at_what_is_below() {
    let linked = CopyStep { link: true, ..copy(&["a.txt"], "/bin/x") };
    assert_snapshot!(one(linked, BaseView::Unseen), @r"
    0755 0:0 bin/
    0644 0:0 bin/x
    --
    ");
}

#[test]
fn documents_become_files() {
    let mut step = copy(&[], "/etc/nginx/conf.d/");
    step.documents = vec![("x.conf".to_owned(), b"hi\n".to_vec())];
    assert_snapshot!(one(step, BaseView::Unseen), @r#"
    0644 0:0 etc/nginx/conf.d/x.conf = "hi\n"
    --
    "#);
}

#[test]
fn what_cannot_be_copied_is_told_with_its_line() {
    let wrong = |sources: &[&str], dest: &str| one(copy(sources, dest), BaseView::Scratch);
    assert_snapshot!(wrong(&["gone"], "/x"), @"Dockerfile:2:1: COPY gone: not in the build context, or left out by .dockerignore");
    assert_snapshot!(wrong(&["../x"], "/x"), @"Dockerfile:2:1: COPY ../x: ../x leads out of the build context");
    assert_snapshot!(wrong(&["z*"], "/x/"), @r"
    --
    Dockerfile:2:1: COPY z*: nothing fits
    ");
    let steps = [Step::Copy(copy(&["a.txt"], "/d")), Step::Copy(copy(&["html"], "/d"))];
    assert_snapshot!(told(&steps, BaseView::Scratch), @"Dockerfile:2:1: /d is no directory");
    let mut base = base();
    base.file("opt/file");
    for (source, dest) in [("html", "/opt/file"), ("a.txt", "/opt/file/x"), ("a.txt", "/opt/file/")]
    {
        let told = one(copy(&[source], dest), BaseView::Seen(&base));
        assert_eq!(told, "Dockerfile:2:1: /opt/file is no directory\n", "{source} {dest}");
    }
    let workdir = Step::Directory { line: 3, path: "/opt/file".to_owned(), user: String::new() };
    assert_snapshot!(self::told(&[workdir], BaseView::Seen(&base)), @"Dockerfile:3:1: WORKDIR /opt/file is a file");
    let steps = [Step::Copy(copy(&["html"], "/d")), Step::Copy(copy(&["a.txt"], "/d/css/.."))];
    assert_snapshot!(told(&steps, BaseView::Scratch), @r"
    0755 0:0 d/
    0750 0:0 d/css/
    0600 0:0 d/css/a.css
    0777 0:0 d/home -> index.html
    0644 0:0 d/index.html
    --
    0755 0:0 d/
    0644 0:0 d/a.txt
    --
    ");
}
