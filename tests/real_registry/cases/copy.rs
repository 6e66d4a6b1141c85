//! COPY and ADD: where files go and what they are there.

use super::{Case, case, wrong};

pub(super) const CASES: &[Case] = &[
    case("a-file-to-a-name", "FROM {base}\nCOPY a.txt /new/name\nCOPY run.sh /run\n"),
    case("a-file-below-a-slash", "FROM {base}\nCOPY a.txt b.txt run.sh setuid /new/deep/\n"),
    case("a-file-into-a-directory-of-the-base", "FROM {base}\nCOPY a.txt /opt\nCOPY a.txt /app\n"),
    case("a-file-over-a-file", "FROM {base}\nCOPY a.txt /opt/file\nCOPY b.txt /app/new.txt\n"),
    case("a-file-over-a-set-user-file", "FROM {base}\nCOPY a.txt /usr/bin/tool\n"),
    case(
        "the-contents-of-a-directory",
        "FROM {base}\nCOPY dir /one\nCOPY dir/ /two/\nCOPY dir/. /three\n",
    ),
    case("everything", "FROM {base}\nCOPY . /all/\n"),
    case("everything-into-the-root", "FROM scratch\nCOPY . /\n"),
    case(
        "a-directory-over-what-is-there",
        "FROM {base}\nCOPY dir /app\nCOPY real /data/real\nCOPY private /tmp\n",
    ),
    case(
        "a-directory-keeps-modes-of-the-target",
        "FROM {base}\nCOPY private /app\nCOPY private /made\n",
    ),
    case(
        "through-links-of-the-base",
        "FROM {base}\nCOPY a.txt /bin/a\nCOPY b.txt /srv/relative/\nCOPY run.sh /srv/absolute/run\n",
    ),
    case(
        "a-directory-through-links-of-the-base",
        "FROM {base}\nCOPY dir /srv/relative/\nCOPY real /srv/absolute\nCOPY real /bin\n",
    ),
    case("a-file-to-a-link-to-a-directory", "FROM {base}\nCOPY a.txt /srv/relative\n"),
    case("a-file-to-a-link-to-a-file", "FROM {base}\nCOPY a.txt /srv/file\n"),
    case("a-file-to-a-link-to-nothing", "FROM {base}\nCOPY a.txt /srv/dangling\n"),
    case("a-file-below-a-link-to-nothing", "FROM {base}\nCOPY a.txt /srv/dangling/\n"),
    case("a-directory-to-a-link-to-nothing", "FROM {base}\nCOPY dir /srv/dangling\n"),
    wrong("a-directory-over-a-file-of-the-base", "FROM {base}\nCOPY dir /opt/file\n"),
    wrong("a-directory-over-a-file-of-ours", "FROM {base}\nCOPY a.txt /x\nCOPY dir /x\n"),
    wrong("a-directory-over-a-link-to-a-file", "FROM {base}\nCOPY dir /srv/file\n"),
    wrong("a-file-below-a-file-of-the-base", "FROM {base}\nCOPY a.txt /opt/file/a.txt\n"),
    wrong("a-file-with-a-slash-on-a-file-of-the-base", "FROM {base}\nCOPY a.txt /opt/file/\n"),
    wrong(
        "a-file-over-a-directory-by-its-name",
        "FROM {base}\nCOPY dir /x/one.txt\nCOPY dir/one.txt /x/\n",
    ),
    wrong("many-files-to-a-name", "FROM {base}\nCOPY a.txt b.txt /x\n"),
    case("globs-of-many-files-to-a-name", "FROM {base}\nCOPY ?.txt /x\n"),
    wrong("what-is-not-there", "FROM {base}\nCOPY gone /x\n"),
    wrong("above-the-context", "FROM {base}\nCOPY to-dir/outside /x\n"),
    wrong(
        "a-directory-into-a-directory-with-a-file-of-its-name",
        "FROM {base}\nCOPY a.txt /d/sub\nCOPY dir /d\n",
    ),
    case("sources-from-above-stay-inside", "FROM {base}\nCOPY ./dir/../a.txt /x\nCOPY /b.txt /y\n"),
    case("globs", "FROM {base}\nCOPY *.txt /g/\nCOPY dir/*.txt dir/t* /h/\nCOPY ?.txt /i/\n"),
    case("globs-of-directories", "FROM {base}\nCOPY d* /g/\nCOPY mods/* /h/\n"),
    wrong("a-glob-that-meets-a-link-to-nothing", "FROM {base}\nCOPY dir/* /j/\n"),
    case("a-glob-of-one-directory", "FROM {base}\nCOPY rea* /g\nCOPY rea*/only.txt /k\n"),
    case(
        "classes-and-escapes-in-globs",
        "FROM {base}\nCOPY [ab].txt /g/\nCOPY [[]x].txt /h/\nCOPY [^ab].txt /i/\n",
    ),
    case("a-glob-takes-hidden-files-too", "FROM {base}\nCOPY .h* /g/\nCOPY * /h/\n"),
    case(
        "links-are-kept-inside-and-followed-when-named",
        "FROM {base}\nCOPY dir /d\nCOPY to-file /f\nCOPY to-dir /e\nCOPY dir/link /l\nCOPY dir/linked /m\n",
    ),
    case(
        "names-with-blanks",
        "FROM {base}\nCOPY [\"with space.txt\", \"/x y/\"]\nCOPY [\"a.txt\", \"b.txt\", \"/j/\"]\n",
    ),
    case("names-beyond-ascii", "FROM {base}\nCOPY ü.txt /ä/\nCOPY ü.txt /ö\n"),
    case(
        "owners-in-numbers",
        "FROM {base}\nCOPY --chown=5 a.txt /n/a\nCOPY --chown=5:6 dir /n/d\nCOPY --chown=7:8 real /app\n",
    ),
    case(
        "owners-by-name",
        "FROM {base}\nCOPY --chown=web a.txt /n/a\nCOPY --chown=web:staff b.txt /n/b\nCOPY --chown=root:web dir /n/d\nCOPY --chown=9:web x.txt /n/x\n",
    ),
    wrong("owners-that-the-base-does-not-know", "FROM {base}\nCOPY --chown=nobody a.txt /x\n"),
    case(
        "modes",
        "FROM {base}\nCOPY --chmod=600 a.txt /m/a\nCOPY --chmod=0751 dir /m/d\nCOPY --chmod=4755 b.txt /m/b\n",
    ),
    case("modes-and-owners", "FROM {base}\nCOPY --chmod=640 --chown=web:staff a.txt run.sh /q/\n"),
    case(
        "a-relative-destination",
        "FROM {base}\nCOPY a.txt .\nCOPY a.txt ./x\nWORKDIR sub\nCOPY a.txt ./\nCOPY b.txt ../y\nCOPY dir d\n",
    ),
    case("a-destination-with-dots", "FROM {base}\nCOPY a.txt /x/./y/../z\nCOPY dir /x/.\n"),
    case("a-destination-above-the-root", "FROM {base}\nCOPY b.txt /../../w\n"),
    case(
        "add-takes-local-files",
        "FROM {base}\nADD a.txt /x\nADD dir /d/\nADD --chown=1:2 *.sh /s/\n",
    ),
    case(
        "later-copies-win",
        "FROM {base}\nCOPY a.txt /x\nCOPY b.txt /x\nCOPY dir /d\nCOPY real /d\nCOPY run.sh /d/one.txt\n",
    ),
    case("copies-of-nothing-new", "FROM {base}\nCOPY dir/empty /e\nCOPY dir/empty /app\n"),
];
