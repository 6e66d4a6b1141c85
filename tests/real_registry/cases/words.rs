//! How lines are read: quotes, escapes, variables, continued lines, directives.

use super::{Case, case, wrong};

pub(super) const CASES: &[Case] = &[
    case(
        "names-of-instructions-in-any-case",
        "from {base} as Web\nEnV a=1\ncopy a.txt /x\ncmd [\"y\"]\n",
    ),
    case(
        "comments-and-continued-lines",
        "# a comment\n\n  # another\nFROM {base}\nENV A=1 \\\n  # inside\n  B=2 \\\n\n  C=3\nLABEL x=\"one \\\ntwo\"\nCMD echo \\\n  hello   \\ \n world\n",
    ),
    case("lines-of-windows", "FROM {base}\r\nENV A=1 \\\r\n B=2\r\nCMD echo x\r\nLABEL a=b\r\n"),
    case(
        "another-escape-character",
        "# escape=`\nFROM {base}\nENV A=c:\\x B=`$A `\n C=d\nCOPY a.txt `\n /x\nLABEL w=\\\n",
    ),
    case("directives-come-first", "# hello\n# escape=`\nFROM {base}\nENV A=b\\ c\n"),
    case(
        "quotes-in-env",
        "FROM {base}\nENV A=\"one two\" B='three  four' C=five\\ six D=\"a\\\"b\" E='a\"b' F=a\"b c\"d G=\n",
    ),
    case(
        "escapes-in-env",
        "FROM {base}\nENV A=a\\\\b B=\"a\\\\b\" C='a\\\\b' D=\\$HOME E=\"\\$x\" F='$FROM_BASE' G=\"a\\nb\"\n",
    ),
    case(
        "the-old-form-of-env",
        "FROM {base}\nENV A  one two  three \nENV B \"quoted text\"\nENV C a\\ b\nLABEL old form of a label\n",
    ),
    case(
        "env-of-the-base",
        "FROM {base}\nENV A=$FROM_BASE B=${FROM_BASE} C=${EMPTY:-empty} PATH=/own:$PATH\n",
    ),
    case(
        "defaults-of-variables",
        "FROM {base}\nENV A=${X:-d} C=${X:+y} D=${FROM_BASE:+y} E=${X:-${FROM_BASE}} F=a${X}b\n",
    ),
    case(
        "defaults-that-empty-values-count-for",
        "FROM {base}\nENV A=${X-d} B=${EMPTY-d} C=${EMPTY+y}\n",
    ),
    case(
        "a-line-sees-what-was-before-it",
        "FROM {base}\nENV A=1\nENV A=2 B=$A\nENV C=$A$B D=${A}x E=$Ax F=$A.x\n",
    ),
    case(
        "variables-in-all-places",
        "FROM {base}\nENV D=/var/x U=web P=8080 S=SIGINT F=a.txt L=lab\nWORKDIR $D\nCOPY $F ${D}/f\nCOPY --chown=$U $F $D/g\nUSER $U\nEXPOSE $P\nVOLUME $D\nSTOPSIGNAL $S\nLABEL $L=$D x=\"$L\"\nCMD [\"$D\"]\nENTRYPOINT echo $D\n",
    ),
    Case {
        arguments: &["--build-arg", "GIVEN=from outside", "--build-arg", "TAG=1"],
        ..case(
            "arguments",
            "ARG TAG=9\nARG GLOBAL=global\nARG UNUSED\nFROM {base_name}:$TAG\nARG GIVEN=default\nARG GLOBAL\nARG OTHER=${GIVEN}!\nARG NONE\nENV A=$GIVEN B=$GLOBAL C=$OTHER D=${NONE:-none} E=${TAG:-unseen}\nLABEL a=$GIVEN\n",
        )
    },
    Case {
        arguments: &["--build-arg", "A=arg"],
        ..case(
            "env-wins-over-arguments",
            "FROM {base}\nARG A\nENV X=$A\nENV A=env\nARG A\nENV Y=$A\nLABEL z=$A\n",
        )
    },
    Case {
        arguments: &["--build-arg", "HTTP_PROXY=http://p"],
        ..case("proxies-need-no-arg", "FROM {base}\nENV P=$HTTP_PROXY Q=${http_proxy:-none}\n")
    },
    case(
        "an-argument-before-its-line-is-unset",
        "FROM {base}\nENV X=${A:-before}\nARG A=1\nENV Y=${A:-after}\n",
    ),
    wrong("an-instruction-that-is-none", "FROM {base}\nCOPPY a.txt /x\n"),
    wrong("no-from", "ENV A=1\n"),
    wrong("env-without-a-value", "FROM {base}\nENV A\n"),
    wrong("a-bad-substitution", "FROM {base}\nENV A=${B\n"),
    wrong("an-open-quote", "FROM {base}\nLABEL a=\"b\n"),
    case("dollars-alone", "FROM {base}\nENV A=$ B=$$ C=a$ D=\"$\" E=5$\n"),
    case("nothing-but-from", "FROM {base}\n"),
];
