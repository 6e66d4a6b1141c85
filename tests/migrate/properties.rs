//! Generated pipelines: migrating twice is migrating once, and jobs that have nothing to do
//! with a release stay as they are, byte for byte.

use crate::good;
use ecs_canary::config::yaml;
use proptest::prelude::*;
use proptest::sample::select;

const LINES: &[&str] = &[
    "apk add curl python3",
    "apk add jq",
    "apt-get update && apt-get install -y unzip",
    "pip install awscli",
    "pip install -r requirements.txt",
    "curl -o /usr/local/bin/ecs-cli https://s3.amazonaws.com/amazon-ecs-cli/x",
    "chmod +x /usr/local/bin/ecs-cli",
    "ecs-cli -v",
    "ecs-cli compose -p web service up --cluster c",
    "ecs-cli compose -p web-canary service up --cluster c",
    "ecs-cli compose -p $NAME service up --cluster c --timeout 5",
    "ecs-cli configure --cluster c",
    "docker login -u u -p p $CI_REGISTRY",
    "docker build -t $CI_REGISTRY_IMAGE:a .",
    "docker push $CI_REGISTRY_IMAGE:a",
    "docker run alpine",
    "until docker info; do sleep 1; done",
    "aws sts get-caller-identity",
    "aws s3 ls",
    "jq . f.json",
    "echo 'a: b' # c",
    "cd app && apk add bash && ./deploy.sh; echo done",
    "if true; then apk add x; fi",
];

/// One script line in one of YAML's notations, as an item of a list with this indentation.
fn item(indent: usize) -> impl Strategy<Value = String> {
    let pad = " ".repeat(indent);
    let two = (select(LINES), select(LINES));
    (two, 0..6_u8).prop_map(move |((one, two), form)| match form {
        0 | 1 if !one.contains(": ") && !one.contains(" #") => format!("{pad}- {one}\n"),
        0..=2 => format!("{pad}- '{}'   # why\n", one.replace('\'', "''")),
        3 => format!("{pad}- \"{}\"\n", one.replace('\\', "\\\\").replace('"', "\\\"")),
        4 => format!("{pad}- |\n{pad}    {one}\n{pad}    {two}\n"),
        _ => format!("{pad}# before\n{pad}- >-\n{pad}    {one}\n\n"),
    })
}

fn script(key: &'static str) -> impl Strategy<Value = String> {
    let list = prop::collection::vec(item(4), 1..5)
        .prop_map(move |items| format!("  {key}:\n{}", items.concat()));
    prop_oneof![4 => list, 1 => Just(format!("  {key}: docker info\n"))]
}

fn keywords() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("  image: docker:24\n".to_owned()),
        Just("  image: {name: docker:24, entrypoint: [\"\"]}\n".to_owned()),
        Just("  image: node:20\n".to_owned()),
    ];
    let services = prop_oneof![
        Just("  services: [docker:dind]\n".to_owned()),
        Just("  services:\n    - name: docker:24-dind\n      alias: docker\n".to_owned()),
        Just("  services: ['postgres:16']\n".to_owned()),
    ];
    let tags = prop_oneof![
        Just("  tags: [docker]\n".to_owned()),
        Just("  tags:\n  - docker\n  - linux # both\n".to_owned()),
        Just("  tags: [ecs]\n".to_owned()),
    ];
    let variables = prop_oneof![
        Just("  variables: {DOCKER_HOST: 'tcp://docker:2376', NAME: canary}\n".to_owned()),
        Just("  variables:\n    DOCKER_DRIVER: overlay2\n".to_owned()),
        Just("  variables:\n    NAME: web # x\n\n".to_owned()),
    ];
    let maybe = |s| prop::option::of(s).prop_map(Option::unwrap_or_default);
    let all = (
        maybe(part.boxed()),
        maybe(services.boxed()),
        maybe(tags.boxed()),
        maybe(variables.boxed()),
    );
    all.prop_map(|(a, b, c, d)| [a, b, c, d].concat())
}

fn job(number: usize) -> impl Strategy<Value = String> {
    let before = prop::option::of(script("before_script"));
    let extends =
        prop::option::of(select(vec!["  extends: .base\n", "  extends: [.base, .far]\n"]));
    (extends, keywords(), before, script("script")).prop_map(move |(extends, keys, before, own)| {
        let extends = extends.unwrap_or_default();
        format!("job {number}:\n{extends}{keys}{}{own}\n", before.unwrap_or_default())
    })
}

const UNTOUCHED: &str = "unit  tests:\n  image:   node:20   # odd\n  tags: [ docker ]\n  before_script: [ apk add make ]\n  script:\n    -   npm test\n";

fn pipeline() -> impl Strategy<Value = String> {
    let head = prop_oneof![
        Just(String::new()),
        Just("image: docker:latest\nservices:\n  - docker:dind\n\n".to_owned()),
        Just("default:\n  tags: [docker]\n  before_script:\n    - apk add curl\n".to_owned()),
        Just("include: other.yml\n".to_owned()),
    ];
    let base =
        (keywords(), prop::option::of(script("before_script"))).prop_map(|(keys, before)| {
            format!(".base:\n  stage: deploy\n{keys}{}", before.unwrap_or_default())
        });
    let jobs = (job(1), prop::option::of(job(2)), prop::option::of(job(3)));
    (head, base, jobs, any::<bool>()).prop_map(|(head, base, (one, two, three), crlf)| {
        let rest = [two.unwrap_or_default(), three.unwrap_or_default()].concat();
        let text = format!("# top\n{head}{base}\n{one}{UNTOUCHED}\n{rest}# end\n");
        if crlf { text.replace('\n', "\r\n") } else { text }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn twice_is_once_and_the_rest_stays(text in pipeline(), native in any::<bool>()) {
        let once = good(&text, native);
        let twice = good(&once.text, native);
        prop_assert_eq!(&twice.diff, "", "after\n{}", once.text);

        let untouched = if text.contains('\r') { UNTOUCHED.replace('\n', "\r\n") } else { UNTOUCHED.to_owned() };
        prop_assert!(once.text.contains(&untouched));
        let (before, after) = (keys(&text), keys(&once.text));
        prop_assert_eq!(before, after, "jobs or keywords that nobody meant:\n{}", once.diff);
    }

    #[test]
    fn any_text_is_migrated_or_refused(text in "[a-z:#&*|>\\-\\[\\]{}'\"! \n]{0,200}") {
        let wish = ecs_canary::migrate::Wish { file: "f", tag: "ecs", native: true };
        if let Ok(migration) = ecs_canary::migrate::migrate(&text, &wish) {
            prop_assert!(yaml::read_documents("f", &migration.text).is_ok());
        }
    }
}

/// Keys of all jobs, and their values where a migration has no business.
fn keys(text: &str) -> Vec<String> {
    let root = yaml::read("f", text).unwrap();
    let ours =
        ["image", "services", "tags", "before_script", "script", "after_script", "variables"];
    let mut found = Vec::new();
    for entry in &root.as_map().unwrap().entries {
        if ours.contains(&entry.key.as_str()) {
            continue;
        }
        found.push(entry.key.clone());
        for inner in entry.value.as_map().map(|map| map.entries.clone()).unwrap_or_default() {
            if !ours.contains(&inner.key.as_str()) {
                found.push(format!("{}.{} {:?}", entry.key, inner.key, inner.value.as_text()));
            } else if inner.key == "variables" {
                let names = inner.value.as_map().map(|map| map.entries.clone()).unwrap_or_default();
                let kept = names.into_iter().filter(|name| !name.key.starts_with("DOCKER_"));
                found.extend(kept.map(|name| format!("{} {:?}", name.key, name.value.as_text())));
            }
        }
    }
    found
}
