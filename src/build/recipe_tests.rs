//! What instructions make of a config and of the files, without any file.

use super::*;
use crate::build::dockerfile::read;
use crate::build::platform::of_this_host;
use insta::assert_snapshot;
use std::fmt::Write as _;

const BASE: &str = r#"{"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":[]},
    "config":{"Env":["PATH=/bin","V=1"],"Cmd":["base"],"Entrypoint":["/e"],"WorkingDir":"/srv",
    "User":"app","Labels":{"a":"1"},"ExposedPorts":{"80/tcp":{}}}}"#;

fn made(text: &str, args: &[(&str, &str)]) -> Result<Recipe, Vec<Finding>> {
    let (dockerfile, _) = read("Dockerfile", &format!("FROM x\n{text}"))?;
    let build_args =
        args.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let globals = [("G".to_owned(), "global".to_owned())].into();
    let setting = Setting {
        file: "Dockerfile",
        escape: dockerfile.escape,
        globals: &globals,
        build_args: &build_args,
        base: Some(ImageConfig::read(BASE.as_bytes()).unwrap()),
        nothing: ImageConfig::scratch(&of_this_host()),
    };
    recipe(setting, &dockerfile.instructions)
}

fn config(text: &str, args: &[(&str, &str)]) -> String {
    match made(text, args) {
        Ok(recipe) => {
            let value: serde_json::Value = serde_json::from_slice(&recipe.config.bytes()).unwrap();
            let config = value["config"].as_object().unwrap();
            config.iter().map(|(key, value)| format!("{key} {value}\n")).collect()
        }
        Err(findings) => findings.iter().map(|finding| format!("{finding}\n")).collect(),
    }
}

fn steps(text: &str) -> String {
    let mut out = String::new();
    for step in made(text, &[]).unwrap().steps {
        match step {
            Step::Copy(copy) => writeln!(
                out,
                "{}: {:?} {:?} -> {} {:?} {:?}",
                copy.line,
                copy.sources,
                copy.documents
                    .iter()
                    .map(|(name, text)| format!("{name}={}", String::from_utf8_lossy(text)))
                    .collect::<Vec<_>>(),
                copy.dest,
                copy.chown,
                copy.mode
            ),
            Step::Directory { line, path, user } => writeln!(out, "{line}: mkdir {path} {user}"),
        }
        .unwrap();
    }
    out
}

#[test]
fn settings_are_merged_with_those_of_the_base() {
    let text = "ENV V=2 W=$V\nENV X $W\nLABEL b=\"two words\"\nEXPOSE 80 53/udp\nVOLUME /d\n\
                USER $X\nWORKDIR sub\nSTOPSIGNAL SIGQUIT\nHEALTHCHECK --interval=5s CMD curl x\n";
    assert_snapshot!(config(text, &[]), @r#"
    Env ["PATH=/bin","V=2","W=1","X=1"]
    Cmd ["base"]
    Entrypoint ["/e"]
    WorkingDir "/srv/sub"
    User "1"
    Labels {"a":"1","b":"two words"}
    ExposedPorts {"80/tcp":{},"53/udp":{}}
    Volumes {"/d":{}}
    StopSignal "SIGQUIT"
    Healthcheck {"Test":["CMD-SHELL","curl x"],"Interval":5000000000}
    "#);
}

#[test]
fn an_entry_point_takes_the_bases_command_away_and_not_ones_own() {
    let reset = config("ENTRYPOINT [\"/x\"]\n", &[]);
    assert!(reset.contains(r#"Entrypoint ["/x"]"#) && !reset.contains("Cmd"), "{reset}");
    let kept = config("CMD own\nENTRYPOINT x y\n", &[]);
    assert!(kept.contains(r#"Cmd ["/bin/sh","-c","own"]"#), "{kept}");
    assert!(kept.contains(r#"Entrypoint ["/bin/sh","-c","x y"]"#), "{kept}");
    assert!(!config("ENTRYPOINT []\n", &[]).contains("Entrypoint"));
}

#[test]
fn the_shell_instruction_counts_for_what_follows() {
    let text = "SHELL [\"/bin/bash\", \"-ec\"]\nCMD run it\n";
    assert!(config(text, &[]).contains(r#"Cmd ["/bin/bash","-ec","run it"]"#));
}

#[test]
fn arguments_come_from_the_command_line_then_from_their_default_then_from_before_from() {
    let text = "ARG A=a B=b\nARG G\nARG N\nENV R=$A-$B-$G-$N\n";
    assert!(config(text, &[("A", "given")]).contains("R=given-b-global-"));
    let history: Vec<String> =
        made(text, &[("A", "given")]).unwrap().history.into_iter().map(|(by, _)| by).collect();
    assert_eq!(history[..3], ["ARG A=given B=b", "ARG G=global", "ARG N"]);
}

#[test]
fn copies_are_told_with_absolute_destinations() {
    let text = "COPY a b/ ./\nCOPY [\"x y\", \"/z\"]\nCOPY --chown=1:2 --chmod=0644 c .\n\
                WORKDIR /app/\nADD d e\nCOPY <<F /f\nv=$V\nF\nCOPY a ../\n";
    assert_snapshot!(steps(text), @r#"
    2: ["a", "b/"] [] -> /srv/ None None
    3: ["x y"] [] -> /z None None
    4: ["c"] [] -> /srv/ Some("1:2") Some(420)
    5: mkdir /app app
    6: ["d"] [] -> /app/e None None
    7: [] ["F=v=1\n"] -> /f None None
    10: ["a"] [] -> / None None
    "#);
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    let text =
        "COPY a b c\nCOPY --chmod=u+x a b\nEXPOSE web\nSTOPSIGNAL FOO\nENV A=${B?}\nVOLUME $NO\n";
    assert_snapshot!(config(text, &[]), @r"
    Dockerfile:2:1: COPY c: with more than one source the destination must end with a slash
    Dockerfile:3:1: --chmod=u+x is no octal mode such as 755 or 0644
    Dockerfile:4:1: EXPOSE web is no port such as 80, 53/udp or 8000-8010
    Dockerfile:5:1: STOPSIGNAL FOO is no signal
    Dockerfile:6:1: variable B is not set
    Dockerfile:7:1: VOLUME wants a path, found nothing
    ");
}

#[test]
fn a_variable_that_nobody_set_is_warned_about() {
    let findings = made("ENV A=$NOPE\n", &[]).unwrap().findings;
    assert_eq!(findings[0].to_string(), "Dockerfile:2:1: variable NOPE is not set");
}
