//! Something else than AWS answers: a captive portal, a proxy, a wrong endpoint. "No such
//! service" must not be read out of it.

use crate::world::World;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

/// A server that says the same to everybody, for as long as the test runs.
fn says(status: &'static str, kind: &'static str, body: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || answer(&stream, status, kind, body));
        }
    });
    format!("http://{address}")
}

fn answer(stream: &TcpStream, status: &str, kind: &str, body: &str) -> Option<()> {
    let (mut reader, mut writer) = (BufReader::new(stream), stream);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            let lower = line.to_ascii_lowercase();
            if let Some(value) = lower.strip_prefix("content-length:") {
                length = value.trim().parse().ok()?;
            }
            if line.trim().is_empty() {
                break;
            }
        }
        reader.read_exact(&mut vec![0; length]).ok()?;
        let head = format!(
            "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        writer.write_all((head + body).as_bytes()).ok()?;
    }
}

#[track_caller]
fn not_believed(commands: &[&[&str]], endpoint: &str, words: &[&str]) {
    let mut world = World::new();
    world.push("1.0.0");
    world.set("AWS_ENDPOINT_URL", endpoint);
    for command in commands {
        let ended = world.run(&[&["--json"], *command].concat()).code(51);
        let outcome = ended.json().pop().unwrap();
        let reason = outcome["reason"].as_str().unwrap();
        for word in words {
            assert!(reason.contains(word), "nothing says {word:?}: {reason}");
        }
        assert!(outcome["seconds"].as_f64().unwrap_or(0.0) < 120.0, "{outcome}");
        assert_eq!(world.changes(), [""; 0]);
    }
}

const COMMANDS: &[&[&str]] = &[
    &["deploy", "full"],
    &["deploy", "canary"],
    &["rollback"],
    &["scale", "full=1"],
    &["status"],
    &["plan"],
];

#[test]
fn an_empty_object() {
    let endpoint = says("200 OK", "application/x-amz-json-1.1", "{}");
    not_believed(COMMANDS, &endpoint, &["\"{}\"", "not one of ECS"]);
}

#[test]
fn another_service() {
    let endpoint = says("200 OK", "application/json", "{\"status\": \"ok\", \"services\": []}");
    not_believed(COMMANDS, &endpoint, &["not one of ECS", "\"status\""]);
}

#[test]
fn a_page_of_a_captive_portal() {
    let page = "<html>\n <head><title>Log in to the guest network</title></head></html>";
    let endpoint = says("200 OK", "text/html", page);
    not_believed(COMMANDS, &endpoint, &["HTTP status 200", "<html> <head><title>Log in"]);
    let endpoint = says("302 Found", "text/html", page);
    not_believed(&COMMANDS[..1], &endpoint, &["HTTP status 302", "<html>"]);
}

#[test]
fn a_service_of_another_tool_is_refused_by_the_name_of_that_tool() {
    // ECS names no task definition for it: its task sets have one each.
    let body = r#"{"services": [{
        "serviceName": "release", "serviceArn": "arn:aws:ecs:r:1:service/c/release",
        "status": "ACTIVE", "deploymentController": {"type": "EXTERNAL"}, "desiredCount": 3,
        "taskSets": [{"id": "ecs-svc/1", "status": "PRIMARY"}]}],
        "failures": [{"arn": "arn:aws:ecs:r:1:service/c/canary-release", "reason": "MISSING"}]}"#;
    let mut world = World::new();
    world.push("1.0.0");
    world.set("AWS_ENDPOINT_URL", &says("200 OK", "application/x-amz-json-1.1", body));
    let ended = world.run(&["deploy", "full"]).code(11);
    ended
        .says("service release is deployed by EXTERNAL")
        .says("nothing was changed")
        .says("release wants what another tool deployed");
}

#[test]
fn half_an_answer() {
    let endpoint = says("200 OK", "application/x-amz-json-1.1", "{\"services\": [{\"serv");
    not_believed(COMMANDS, &endpoint, &["HTTP status 200", "{\"services\""]);
}
