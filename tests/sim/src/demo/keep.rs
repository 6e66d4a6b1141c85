//! `--keep`: everything stays up until Ctrl-C, with what to try: requests, AWS calls by any tool, more jobs.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Router, routing};
use tokio::net::TcpListener;
use tokio::sync::Mutex;

use crate::cloud::{EXAMPLE_ACCESS_KEY, EXAMPLE_CLUSTER, EXAMPLE_REGION, EXAMPLE_SECRET_KEY};

use super::log_view::{self, Style};
use super::narrator::Narrator;
use super::options::DemoError;
use super::play::Play;

type Kept = Arc<Mutex<Play>>;

/// Prints what there is and waits for Ctrl-C.
pub(super) async fn until_interrupted(
    plays: Vec<Play>,
    narrator: &Narrator,
) -> Result<(), DemoError> {
    let failed = |cause| DemoError::Start { what: "the port for more jobs", cause };
    for play in plays {
        let lines = advice(&play);
        let jobs = play.jobs();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let routes = Router::new()
            .route("/{tag}/{job}", routing::post(run_job))
            .with_state(Arc::new(Mutex::new(play)));
        tokio::spawn(async move { axum::serve(listener, routes).await.ok() });
        narrator.say(&lines)?;
        let mut more = vec!["run a job (again); the answer is its log:".to_owned()];
        for (tag, names) in jobs {
            more.extend(
                names.iter().map(|name| format!("  curl -X POST http://{address}/{tag}/{name}")),
            );
        }
        narrator.say(&more)?;
    }
    narrator.say(&[String::new(), "everything stays up until Ctrl-C".into()])?;
    tokio::signal::ctrl_c()
        .await
        .map_err(|cause| DemoError::Start { what: "waiting for Ctrl-C", cause })
}

fn advice(play: &Play) -> Vec<String> {
    let cloud = &play.world().cloud;
    vec![
        String::new(),
        "--- what to try ".to_owned() + &"-".repeat(80),
        "the page, as users see it:".into(),
        format!("  curl {}/", cloud.load_balancer),
        "what runs, and every call that was made:".into(),
        format!("  curl {}/_sim/services", cloud.endpoint),
        format!("  curl {}/_sim/calls", cloud.endpoint),
        "any AWS tool, or this program at your shell:".into(),
        format!(
            "  export AWS_ENDPOINT_URL={} AWS_REGION={EXAMPLE_REGION} \
             AWS_ACCESS_KEY_ID={EXAMPLE_ACCESS_KEY} AWS_SECRET_ACCESS_KEY={EXAMPLE_SECRET_KEY}",
            cloud.endpoint
        ),
        format!("  aws ecs describe-services --cluster {EXAMPLE_CLUSTER} --services release"),
        "break something: the next two updates are throttled, the next tasks die:".into(),
        format!(
            "  curl {}/_sim/faults -d '{{\"action\": \"UpdateService\", \"kind\": \"throttle\", \"times\": 2}}'",
            cloud.endpoint
        ),
        format!("  curl {}/_sim/   (all of it)", cloud.endpoint),
    ]
}

async fn run_job(
    State(play): State<Kept>,
    Path((tag, job)): Path<(String, String)>,
) -> (StatusCode, String) {
    match play.lock().await.job(&tag, &job).await {
        Ok(report) => {
            let style = Style { open_all: false, color: false };
            let lines = log_view::lines(&report.record.trace_text(), style);
            (StatusCode::OK, lines.join("\n") + "\n")
        }
        Err(problem) => (StatusCode::NOT_FOUND, format!("{problem}\n")),
    }
}
