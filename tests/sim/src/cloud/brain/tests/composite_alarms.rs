//! Alarms that follow others.

use super::fixture::World;
use super::metrics::cloudwatch;
use serde_json::{Value, json};

#[test]
fn a_composite_alarm_follows_others_by_its_rule() {
    let mut world = World::new();
    for name in ["errors", "slow"] {
        world.cloud.set_alarm(name, false);
    }
    let put = |name: &str, rule: &str| json!({"AlarmName": name, "AlarmRule": rule});
    let mut ask = |action: &str, body: Value| cloudwatch(&mut world, action, body);
    ask("PutCompositeAlarm", put("users", "ALARM(errors) OR ALARM(\"slow\")")).unwrap();
    ask("PutCompositeAlarm", put("people", "ALARM(users) AND NOT ALARM(slow)")).unwrap();
    let mut states = |raised: &[&str]| {
        for name in ["errors", "slow"] {
            let state = if raised.contains(&name) { "ALARM" } else { "OK" };
            let body = json!({"AlarmName": name, "StateValue": state, "StateReason": "test"});
            ask("SetAlarmState", body).unwrap();
        }
        let found = ask("DescribeAlarms", json!({"AlarmTypes": ["CompositeAlarm"]})).unwrap();
        assert_eq!(found["MetricAlarms"], json!([]));
        let of =
            |at: usize| found["CompositeAlarms"][at]["StateValue"].as_str().unwrap().to_owned();
        (of(0), of(1))
    };
    let words = |people: &str, users: &str| (people.to_owned(), users.to_owned());
    assert_eq!(states(&[]), words("OK", "OK"));
    assert_eq!(states(&["errors"]), words("ALARM", "ALARM"));
    assert_eq!(states(&["errors", "slow"]), words("OK", "ALARM"));
    assert_eq!(states(&[]), words("OK", "OK"));
}

#[test]
fn a_composite_alarm_needs_a_rule_of_alarms_that_exist_and_keeps_them() {
    let mut world = World::new();
    world.cloud.set_alarm("errors", true);
    let mut ask = |action: &str, body: Value| cloudwatch(&mut world, action, body);
    let mut refused = |rule: &str| {
        let body = json!({"AlarmName": "users", "AlarmRule": rule});
        ask("PutCompositeAlarm", body).unwrap_err().message
    };
    assert!(refused("ALARM(errors) XOR ALARM(errors)").contains("XOR"));
    assert!(refused("ALARM(nobody)").contains("[nobody] in the alarm rule do not exist"));
    ask("PutCompositeAlarm", json!({"AlarmName": "users", "AlarmRule": "ALARM(errors)"})).unwrap();
    let plain = ask("DescribeAlarms", json!({})).unwrap();
    assert_eq!(plain["CompositeAlarms"], json!([]), "they come only when they are asked for");
    let alone = ask("DeleteAlarms", json!({"AlarmNames": ["errors"]})).unwrap_err();
    assert!(alone.message.contains("Cannot delete errors"));
    ask("DeleteAlarms", json!({"AlarmNames": ["errors", "users"]})).unwrap();
}
