//! `--keep`: everything stays up, with what to try: requests, AWS calls by any tool, more jobs. Ends only with its task.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Router, routing};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

use crate::cloud::{EXAMPLE_ACCESS_KEY, EXAMPLE_CLUSTER, EXAMPLE_REGION, EXAMPLE_SECRET_KEY};

use super::log_view::{self, Style};
use super::narrator::Narrator;
use super::options::DemoError;
use super::play::Play;

/// A job that somebody wants to see.
struct Wish {
    /// Which of the plays.
    play: usize,
    tag: String,
    job: String,
    answer: oneshot::Sender<(StatusCode, String)>,
}

type Wishes = (usize, mpsc::Sender<Wish>);

/// Prints what there is and runs the jobs that are asked for, one at a time.
pub(super) async fn answer_for_more(
    plays: &mut [Play],
    narrator: &Narrator,
) -> Result<(), DemoError> {
    let (sender, mut wishes) = mpsc::channel(16);
    for (number, play) in plays.iter().enumerate() {
        let address = listen((number, sender.clone())).await?;
        let cloud = &play.world().cloud;
        let kept = json!({
            "aws_endpoint_url": cloud.endpoint,
            "load_balancer": cloud.load_balancer,
            "registry": play.world().registry.host(),
            "jobs": address,
        });
        narrator.offer(&advice(play, &address), &kept)?;
    }
    narrator.say(&[String::new(), "everything stays up until Ctrl-C".into()])?;
    while let Some(wish) = wishes.recv().await {
        let Some(play) = plays.get_mut(wish.play) else { continue };
        let answer = match play.job(&wish.tag, &wish.job).await {
            Ok(report) => {
                let style = Style { open_all: false, color: false };
                let lines = log_view::lines(&report.record.trace_text(), style);
                (StatusCode::OK, lines.join("\n") + "\n")
            }
            Err(problem) => (StatusCode::NOT_FOUND, format!("{problem}\n")),
        };
        // Whoever asked may have gone.
        wish.answer.send(answer).ok();
    }
    Ok(())
}

async fn listen(wishes: Wishes) -> Result<String, DemoError> {
    let failed = |cause| DemoError::Start { what: "the port for more jobs", cause };
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let routes = Router::new().route("/{tag}/{job}", routing::post(wish)).with_state(wishes);
    tokio::spawn(async move { axum::serve(listener, routes).await.ok() });
    Ok(format!("http://{address}"))
}

async fn wish(
    State((play, wishes)): State<Wishes>,
    Path((tag, job)): Path<(String, String)>,
) -> (StatusCode, String) {
    let (answer, answered) = oneshot::channel();
    let sent = wishes.send(Wish { play, tag, job, answer }).await;
    match (sent, answered.await) {
        (Ok(()), Ok(answer)) => answer,
        _ => (StatusCode::SERVICE_UNAVAILABLE, "the demo is ending\n".into()),
    }
}

fn advice(play: &Play, more: &str) -> Vec<String> {
    let cloud = &play.world().cloud;
    let api = &cloud.endpoint;
    let mut lines = vec![
        String::new(),
        format!("--- what to try {}", "-".repeat(80)),
        "the page, as users see it:".into(),
        format!("  curl -s {}/", cloud.load_balancer),
        "what runs, and every call that was made:".into(),
        format!("  curl -s {api}/_sim/services"),
        format!("  curl -s {api}/_sim/calls"),
        "any AWS tool, or this program, at your shell:".into(),
        format!(
            "  export AWS_ENDPOINT_URL={api} AWS_REGION={EXAMPLE_REGION} \
             AWS_ACCESS_KEY_ID={EXAMPLE_ACCESS_KEY} AWS_SECRET_ACCESS_KEY={EXAMPLE_SECRET_KEY}"
        ),
        format!("  aws ecs describe-services --cluster {EXAMPLE_CLUSTER} --services release"),
        "disturb a release: the next two updates are throttled (more: the list at the second address):".into(),
        format!(
            "  curl -s {api}/_sim/faults -d \
             '{{\"action\": \"UpdateService\", \"kind\": \"throttle\", \"times\": 2}}'"
        ),
        format!("  curl -s {api}/_sim/"),
        "run a job, also once more; the answer is its log:".into(),
    ];
    for (tag, names) in play.jobs() {
        lines.extend(names.iter().map(|name| format!("  curl -sX POST {more}/{tag}/{name}")));
    }
    lines
}
