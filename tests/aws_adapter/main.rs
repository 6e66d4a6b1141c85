//! The AWS adapter against a server that answers by script: what goes over the wire, what is
//! sent again and what is not, and how failures are named.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod calls;
mod errors;
mod metrics;
mod named;
mod native;
mod recorder;
mod resend;
mod rights;
mod rules;
mod scaling;
mod signature;
mod simulator;
mod wire;

use ecs_canary::aws::{AwsAccess, AwsCloud, Patience, connect};
use recorder::{Recorder, Reply};
use serde_json::{Map, Value, json};
use std::time::Duration;

const KEY_ID: &str = "AKIDEXAMPLEEXAMPLE00";
const SECRET: &str = "wJalrXUtnFEMI-K7MDENG-bPxRfiCYEXAMPLEKEY";
const SESSION: &str = "IQoJb3JpZ2luX2VjEXAMPLETOKEN";

/// Inside a job, with keys, at `url`; waits are a thousand times shorter.
fn access(url: String) -> AwsAccess {
    let variables = [
        ("AWS_ACCESS_KEY_ID", KEY_ID),
        ("AWS_SECRET_ACCESS_KEY", SECRET),
        ("AWS_SESSION_TOKEN", SESSION),
        ("AWS_REGION", "eu-west-1"),
    ];
    AwsAccess {
        variables: variables.map(|(k, v)| (k.to_owned(), v.to_owned())).into(),
        endpoint_override: Some(url),
        inside_job: true,
        session_name: "group/project 1/2".to_owned(),
        clock_speed: 1000.0,
        ..AwsAccess::default()
    }
}

/// The same for endpoints that never answer: nobody waits ten seconds for that here.
fn impatient(access: AwsAccess) -> AwsAccess {
    let patience = Patience {
        connect: Duration::from_secs(2),
        read: Duration::from_millis(400),
        whole_read: Duration::from_millis(1000),
        change: Duration::from_millis(400),
    };
    AwsAccess { patience, ..access }
}

async fn cloud(recorder: &Recorder) -> AwsCloud {
    connect(&access(recorder.url())).await.unwrap()
}

/// 200 with this body.
fn ok(body: &Value) -> Reply {
    Reply::Json(200, body.to_string())
}

/// 400 with this code.
fn refusal(code: &str, message: &str) -> Reply {
    Reply::Json(400, json!({"__type": code, "message": message}).to_string())
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        other => panic!("not an object: {other}"),
    }
}
