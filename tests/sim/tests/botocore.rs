//! A client that nobody here wrote reads every answer: botocore, with its own models of the
//! services. Skipped, with the reason, where Python or botocore is missing.

use ecs_sim::cloud::{SimCloud, SimOptions};
use std::process::Command;

#[tokio::test]
async fn every_answer_fits_botocores_models() {
    let has_botocore = Command::new("python3").args(["-c", "import botocore"]).output();
    if !has_botocore.is_ok_and(|output| output.status.success()) {
        println!("skipped: python3 with botocore is not installed");
        return;
    }
    let cloud = SimCloud::start(SimOptions::at_speed(600.0)).await.unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/botocore/check.py");
    let endpoint = cloud.endpoint.clone();
    let output = tokio::task::spawn_blocking(move || {
        Command::new("python3").arg(script).arg(endpoint).output().unwrap()
    })
    .await
    .unwrap();
    let talk = String::from_utf8_lossy(&output.stdout);
    let trouble = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{talk}\n{trouble}");
    assert!(cloud.unknown_actions().is_empty());
}
