//! `.dockerignore`.

use super::{Case, case};

const fn all_but(name: &'static str, ignore: &'static str) -> Case {
    Case { ignore, ..case(name, "FROM scratch\nCOPY . /\n") }
}

pub(super) const CASES: &[Case] = &[
    all_but("ignored-names", "a.txt\ndir\n"),
    all_but("ignored-at-any-depth", "**/*.log\n**/index.js\n"),
    all_but("ignored-in-one-folder-only", "*.log\n*/*.txt\n"),
    all_but("leading-and-trailing-slashes", "/a.txt\n/dir/sub/\nmods/\n./b.txt\n"),
    all_but("comments-and-blanks", "# a.txt\n\n  b.txt  \n #x.txt\n\t\n"),
    all_but("exceptions", "dir\n!dir/sub/three.txt\nmods/*\n!mods/keep\n"),
    all_but("the-last-rule-counts", "*.txt\n!a.txt\n!b.txt\nb.txt\n"),
    all_but("nothing-but", "*\n!dir\n!run.sh\ndir/sub\n!**/four.log\n"),
    all_but("all-below", "**\n!**/*.txt\n"),
    all_but("a-class", "[ab].txt\n?.sh\nrun.?h\n"),
    all_but("a-folder-at-any-depth", "**/sub\n**/keep/**\n"),
    all_but("dots", ".*\n!.hidden\ndir/../x.txt\n"),
    all_but("the-file-and-itself", "Dockerfile\n.dockerignore\n"),
    all_but("stars-and-slashes", "**/dir/**/four.*\nmods/**/index.js\n!mods/m/**\n"),
    all_but("a-space-after-the-mark", "*.txt\n! a.txt\n"),
    Case {
        ignore: "*.txt\n!a.txt\n",
        ..case("globs-see-what-is-left", "FROM scratch\nCOPY *.txt /g/\nCOPY dir /d\n")
    },
    Case {
        ignore: "dir/sub\n",
        fails: true,
        ..case("what-is-ignored-is-not-there", "FROM scratch\nCOPY dir/sub/three.txt /x\n")
    },
];
