//! What goes into the config.

use super::{Case, case, wrong};

pub(super) const CASES: &[Case] = &[
    case(
        "commands-as-lists",
        "FROM {base}\nENTRYPOINT [\"/x\", \"-a b\", \"\\u00e4\"]\nCMD [\"one\", \"two\"]\n",
    ),
    case(
        "commands-for-a-shell",
        "FROM {base}\nENTRYPOINT exec /x  \"$A\" 'b'\nCMD echo   \"hello\" && ls | wc\n",
    ),
    case("commands-that-look-like-lists", "FROM {base}\nCMD ['single', 'quotes']\n"),
    case("an-entry-point-takes-the-bases-command-away", "FROM {base}\nENTRYPOINT [\"/x\"]\n"),
    case(
        "a-command-before-the-entry-point-stays",
        "FROM {base}\nCMD [\"a\"]\nENTRYPOINT [\"/x\"]\n",
    ),
    case("a-command-alone-keeps-the-bases-entry-point", "FROM {base}\nCMD [\"a\"]\n"),
    case("empty-commands", "FROM {base}\nENTRYPOINT []\nCMD []\n"),
    case(
        "the-last-command-counts",
        "FROM {base}\nCMD one\nCMD [\"two\"]\nENTRYPOINT a\nENTRYPOINT [\"b\"]\n",
    ),
    case(
        "another-shell",
        "FROM {base}\nCMD one\nSHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]\nENTRYPOINT two\n",
    ),
    case("ports", "FROM {base}\nEXPOSE 8080 53/udp 9000-9002 443/TCP 80\nEXPOSE 1234/sctp\n"),
    wrong("a-port-that-is-none", "FROM {base}\nEXPOSE http\n"),
    case("volumes", "FROM {base}\nVOLUME /a /b\nVOLUME [\"/c d\", \"/e\"]\nVOLUME relative\n"),
    case("users", "FROM {base}\nUSER web\nUSER 1000:staff\n"),
    case(
        "working-directories",
        "FROM {base}\nWORKDIR x\nWORKDIR y/../z\nWORKDIR /abs/\nWORKDIR ./w\n",
    ),
    case(
        "a-working-directory-belongs-to-root",
        "FROM {base}\nUSER web\nWORKDIR /of/web\nCOPY a.txt .\n",
    ),
    case(
        "a-working-directory-that-is-there",
        "FROM {base}\nWORKDIR /data/real\nWORKDIR /srv/relative\nCOPY a.txt x\n",
    ),
    case(
        "a-working-directory-through-a-link",
        "FROM {base}\nWORKDIR /srv/absolute/sub\nCOPY a.txt .\n",
    ),
    wrong("a-working-directory-that-is-a-file", "FROM {base}\nWORKDIR /opt/file\nCOPY a.txt .\n"),
    case("a-working-directory-with-blanks", "FROM {base}\nWORKDIR /a b/c\nCOPY a.txt .\n"),
    case("working-directories-of-nothing", "FROM scratch\nWORKDIR x\nCOPY a.txt .\n"),
    case("scratch-has-no-settings", "FROM scratch\nCOPY a.txt /\n"),
    case(
        "labels",
        "FROM {base}\nLABEL a=1 b=\"two words\" base=over\nLABEL \"quoted key\"=x com.example.x='y z'\nLABEL e=\n",
    ),
    case("the-end-of-a-container", "FROM {base}\nSTOPSIGNAL 9\nSTOPSIGNAL SIGRTMIN+3\n"),
    wrong("a-signal-that-is-none", "FROM {base}\nSTOPSIGNAL SIGNOTHING\n"),
    case(
        "a-health-check-for-a-shell",
        "FROM {base}\nHEALTHCHECK --interval=5m --timeout=3s --start-period=1m30s --retries=3 CMD curl -f http://localhost/ || exit 1\n",
    ),
    case(
        "a-health-check-as-a-list",
        "FROM {base}\nHEALTHCHECK --interval=1500ms CMD [\"/x\", \"y\"]\n",
    ),
    case("no-health-check", "FROM {base}\nHEALTHCHECK CMD x\nHEALTHCHECK NONE\n"),
    wrong("a-health-check-that-is-none", "FROM {base}\nHEALTHCHECK curl x\n"),
    case("a-maintainer", "FROM {base}\nMAINTAINER Some Body <some@example.com>\n"),
    case(
        "one-of-everything",
        "ARG B={base}\nFROM ${B} AS web\nARG MODE=prod\nENV APP=$MODE\nLABEL m=$MODE\nWORKDIR /srv/app\nCOPY --chown=web:web dir ./d\nCOPY --chmod=750 *.sh bin/\nADD a.txt .\nEXPOSE 8080\nVOLUME /data\nUSER web\nSTOPSIGNAL SIGQUIT\nHEALTHCHECK --retries=2 CMD true\nSHELL [\"/bin/sh\", \"-ec\"]\nENTRYPOINT [\"/srv/app/bin/run.sh\"]\nCMD serve\n",
    ),
];
