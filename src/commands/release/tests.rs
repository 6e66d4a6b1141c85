use super::said::Said;
use super::{ChangeArgs, ImageArgs, choose, deadline};
use crate::commands::{Bundle, Caller, FileContent, RightsOf};
use crate::config::HostConfig;
use crate::host::Clock;
use crate::model::{CommitSha, ImageRule, ReleaseIdentity, Timestamp};
use crate::ports::Clock as _;
use crate::registry::Credentials;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

fn caller(variables: &[(&str, &str)]) -> Caller {
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Caller {
        identity: ReleaseIdentity {
            commit: Some(CommitSha::new("7be1d20c")),
            project: Some("group/app".to_owned()),
            pipeline: Some(12),
            job: Some(34),
            ..ReleaseIdentity::default()
        },
        committed_at: None,
        variables: variables.iter().map(pair).collect::<BTreeMap<_, _>>(),
        credentials: Credentials::default(),
        host: HostConfig::default(),
        state_dir: PathBuf::from("/nowhere"),
        inside_job: true,
        rights: RightsOf::Job,
        job_ends: None,
        secrets: Vec::new(),
        clock: Clock::start(1.0).at(Timestamp::from_millis(0)),
    }
}

fn digest(letter: &str) -> String {
    format!("r.example/app@sha256:{}", letter.repeat(64))
}

fn record(letter: &str, commit: &str) -> Bundle {
    let record = format!(
        r#"{{"image":"{image}","repository":"r.example/app","digest":"sha256:{hex}",
            "tags":["r.example/app:1"],"platforms":[],"base":[],"pushed_bytes":0,
            "seconds":0.1,"commit":"{commit}","engine":"embedded"}}"#,
        image = digest(letter),
        hex = letter.repeat(64),
    );
    let mut bundle = Bundle::default();
    bundle.insert("image.json", FileContent::Present(record.into_bytes()));
    bundle
}

/// The chosen image's first digit, who said it, and whether AWS goes before it.
fn chosen(args: &ImageArgs, bundle: &Bundle, caller: &Caller) -> (String, String, ImageRule) {
    let chosen = choose(args, true, bundle, caller).unwrap();
    let image = chosen.image.map(|image| image.digest().hex()[..1].to_owned());
    (image.unwrap_or_default(), chosen.by, chosen.rule)
}

#[tokio::test]
async fn an_image_is_said_by_flag_then_variable_then_record_then_compose_file() {
    let flag = ImageArgs { image: Some(digest("a")), ..ImageArgs::default() };
    let none = ImageArgs::default();
    let env = caller(&[("ECS_CANARY_IMAGE", &digest("b"))]);
    let bare = caller(&[]);
    let bundle = record("c", "7be1d20c");
    let said = |image: &str, by: &str, rule| (image.to_owned(), by.to_owned(), rule);
    let held = ImageRule::HeldFirst;
    assert_eq!(chosen(&flag, &bundle, &env), said("a", "--image", ImageRule::AsGiven));
    assert_eq!(chosen(&none, &bundle, &env), said("b", "$ECS_CANARY_IMAGE", held));
    assert_eq!(chosen(&none, &bundle, &bare), said("c", "image.json", held));
    assert_eq!(chosen(&none, &Bundle::default(), &bare), said("", "the compose file", held));
}

#[tokio::test]
async fn a_record_of_another_commit_says_nothing_of_this_one() {
    let chosen = chosen(&ImageArgs::default(), &record("c", "0000"), &caller(&[]));
    assert_eq!(chosen.1, "the compose file");
}

#[tokio::test]
async fn a_broken_record_is_told_with_its_place() {
    let mut bundle = Bundle::default();
    bundle.insert("image.json", FileContent::Present(b"{\n]".to_vec()));
    let failure = choose(&ImageArgs::default(), true, &bundle, &caller(&[])).unwrap_err();
    assert!(failure.to_string().starts_with("image.json:2:1: "), "{failure}");
}

fn until(args: &ChangeArgs, caller: &Caller) -> (u64, String) {
    let Said { value, by } = deadline(args, None, caller).unwrap();
    (value.since(caller.clock.now()).as_secs().div_ceil(60), by)
}

#[tokio::test(start_paused = true)]
async fn a_deadline_is_said_or_the_jobs_less_a_reserve_and_never_later() {
    let said = ChangeArgs { deadline: Some("20m".to_owned()), dry_run: false };
    let none = ChangeArgs::default();
    let mut caller = caller(&[]);
    assert_eq!(until(&none, &caller), (60, "default".to_owned()));
    caller.job_ends = Some(caller.clock.now().after(30 * MINUTE));
    let reserve = "the job's timeout, less a reserve".to_owned();
    assert_eq!(until(&none, &caller), (28, reserve.clone()));
    assert_eq!(until(&said, &caller), (20, "--deadline".to_owned()));
    caller.job_ends = Some(caller.clock.now().after(10 * MINUTE));
    assert_eq!(until(&said, &caller), (8, "the job's timeout, which is shorter".to_owned()));
    caller.job_ends = Some(caller.clock.now().after(2 * MINUTE));
    assert_eq!(until(&none, &caller), (1, reserve));
}

#[tokio::test(start_paused = true)]
async fn a_deadline_in_a_faster_world_is_as_much_farther() {
    let mut caller = caller(&[]);
    caller.host.simulation.clock_speed = 10.0;
    caller.clock = Clock::start(10.0).at(Timestamp::from_millis(0));
    caller.job_ends = Some(Timestamp::from_millis(0).after(12 * MINUTE));
    assert_eq!(until(&ChangeArgs::default(), &caller).0, 100);
}

#[tokio::test]
async fn a_deadline_that_is_no_time_is_wrong_usage() {
    for text in ["soon", "0s", "-5m"] {
        let args = ChangeArgs { deadline: Some(text.to_owned()), dry_run: false };
        assert!(deadline(&args, None, &caller(&[])).is_err(), "{text}");
    }
}

#[tokio::test]
async fn a_job_sends_requests_elsewhere_only_where_its_host_allows_it() {
    let mut caller = caller(&[
        ("AWS_ENDPOINT_URL", "http://elsewhere"),
        ("AWS_ENDPOINT_URL_ECS", "http://elsewhere"),
        ("AWS_REGION", "eu-west-1"),
        ("NO_PROXY", "elsewhere"),
    ]);
    caller.host.aws.endpoints.insert("ecs".to_owned(), "https://vpce.example".to_owned());
    let access = caller.aws(None, None).unwrap();
    assert_eq!(access.endpoint_override, None);
    assert_eq!(access.endpoints["ecs"], "https://vpce.example");
    assert_eq!(access.no_proxy, None);
    assert!(access.inside_job);
    assert_eq!(access.session_name, "group-app-12-34");
    caller.host.aws.allow_endpoint_override = true;
    let access = caller.aws(None, None).unwrap();
    assert_eq!(access.endpoint_override.as_deref(), Some("http://elsewhere"));
    assert_eq!(access.endpoints["ecs"], "http://elsewhere");
}
