//! A job moves wholly or not at all: what cannot be changed for it keeps it where it is, with
//! every keyword of its own.

use crate::good;

/// Migrates, and wants nothing changed and this said, twice.
#[track_caller]
fn stays(text: &str, said: &[&str]) {
    for native in [false, true] {
        let migration = good(text, native);
        assert_eq!(migration.diff, "", "native {native}");
        assert_eq!(migration.jobs, Vec::<String>::new());
        let findings: Vec<String> = migration
            .findings
            .iter()
            .map(|finding| format!("{finding} {}", finding.hint.clone().unwrap_or_default()))
            .collect();
        for words in said {
            assert!(findings.iter().any(|f| f.contains(words)), "{words}: {findings:#?}");
        }
    }
}

/// Migrates, and wants this text and this job moved.
#[track_caller]
fn becomes(text: &str, wanted: &str) {
    let migration = good(text, false);
    assert_eq!(migration.text, wanted, "{:#?}", migration.findings);
    assert_eq!(migration.jobs, ["build"]);
    assert_eq!(good(wanted, false).diff, "");
}

#[test]
fn tags_that_a_staying_job_shares_keep_the_job_and_its_image() {
    stays(
        "build:
  tags: &t [docker]
  image: docker:latest
  services: [docker:dind]
  script: docker build -t a .
other: {tags: *t, script: make}
",
        &[":2:12: job build is left: its tags cannot be changed: jobs that stay", "its own list"],
    );
}

#[test]
fn a_job_that_a_staying_one_is_made_of_gets_no_tags() {
    for tags in ["", "  tags: *t\n"] {
        stays(
            &format!(
                ".t: {{tags: &t [docker]}}
build:
{tags}  image: docker:latest
  script: docker build -t a .
other:
  extends: build
  script: make
"
            ),
            &["job build is left: its tags cannot be changed:"],
        );
    }
}

#[test]
fn a_staying_heir_with_tags_of_its_own_is_in_nobodys_way() {
    becomes(
        "build:
  script: docker build -t a .
other:
  extends: build
  tags: [docker]
  script: make
",
        "build:
  tags: [ecs]
  script: docker build -t a .
other:
  extends: build
  tags: [docker]
  script: make
",
    );
}

/// Install lines, of which `echo` is left.
const SHARED: &str = "['apk add curl && echo \"a: b\"', 'curl -o /usr/local/bin/ecs-cli https://s3.amazonaws.com/amazon-ecs-cli/x']";
const JOB: &str = "  image: docker:latest\n  script: docker build -t a .\n";

#[test]
fn a_job_gets_a_list_of_its_own_where_a_staying_job_shares_the_install_lines() {
    let own = "  before_script: [\"echo \\\"a: b\\\"\"]\n";
    let moved = "  script: docker build -t a .\n";
    let test = "test:\n  before_script: *install\n  script: make\n";
    becomes(
        &format!(".i: &install {SHARED}\nbuild:\n  before_script: *install\n{JOB}{test}"),
        &format!(".i: &install {SHARED}\nbuild:\n  tags: [ecs]\n{own}{moved}{test}"),
    );
    let template = format!(".deploy: {{before_script: {SHARED}}}\n");
    let test = "test:\n  extends: .deploy\n  script: make\n";
    becomes(
        &format!("{template}build:\n  extends: .deploy\n{JOB}{test}"),
        &format!("{template}build:\n{own}  tags: [ecs]\n  extends: .deploy\n{moved}{test}"),
    );
    let default = format!("default: {{before_script: {SHARED}}}\n");
    let test = "test: {script: make}\n";
    becomes(
        &format!("{default}build:\n{JOB}{test}"),
        &format!("{default}build:\n{own}  tags: [ecs]\n{moved}{test}"),
    );
}

#[test]
fn install_lines_that_are_written_in_the_job_and_shared_keep_the_job() {
    stays(
        &format!(
            "build:\n  before_script: &install {SHARED}\n{JOB}test:\n  before_script: *install\n  \
             script: make\n"
        ),
        &[
            "job build is left: `apk add curl && echo \"a: b\"` stays in it, for job test uses it too",
            "job build is left: `curl -o /usr/local/bin/ecs-cli https://s...` stays in it",
        ],
    );
}

#[test]
fn a_program_that_is_installed_and_still_called_keeps_the_job_and_is_named() {
    stays(
        "build:
  image: docker:latest
  before_script:
    - apk add curl jq
  script:
    - docker build -t $(jq -r .tag v.json) .
",
        &[
            ":4:7: job build is left: `apk add curl jq` stays in it, for jq is still called",
            "Install jq on the runner's host and delete it",
        ],
    );
}

#[test]
fn a_job_that_is_held_holds_those_that_share_its_lines() {
    stays(
        ".i: &install [apk add jq]
build:
  image: docker:latest
  before_script: *install
  script: docker build -t a .
deploy:
  image: docker:latest
  before_script: *install
  script: [jq . f.json, ecs-cli compose -p web service up]
tools:
  before_script: [pip install unknown]
  script: docker push a
",
        &["job build is left", "job deploy is left", "job tools is left"],
    );
}

#[test]
fn lines_that_tidy_up_go_and_builders_too() {
    becomes(
        "build:
  tags: [docker]
  script:
    - docker buildx inspect b || docker buildx create --use --name b
    - docker buildx build --push -t a .
    - docker rmi a || true
  after_script:
    - docker image prune -f
    - docker system prune -af
",
        "build:
  tags: [ecs]
  script:
    - docker buildx build --push -t a .
",
    );
}

#[test]
fn tidying_up_inside_other_commands_keeps_the_job() {
    stays(
        "build:
  script:
    - docker build -t a .
    - if docker push a; then docker rmi a; fi
",
        &[":4:7: job build is left: `if docker push a; then docker rmi a; fi` stays in it"],
    );
}

#[test]
fn a_builder_that_a_staying_job_makes_too_does_no_harm() {
    let text = "default: {before_script: [docker buildx create --use]}
build:
  tags: [docker]
  script: docker build -t a .
test: {script: make}
";
    becomes(text, &text.replace("[docker]", "[ecs]"));
}
