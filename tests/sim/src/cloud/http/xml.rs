//! JSON values as the XML of Query services: lists are `<member>` elements.

use serde_json::Value;
use std::fmt::Write as _;

/// The members of an object as elements.
pub(super) fn members(value: &Value) -> String {
    let mut text = String::new();
    write(&mut text, value);
    text
}

fn write(text: &mut String, value: &Value) {
    match value {
        Value::Null => {}
        Value::Bool(flag) => text.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => {
            let _infallible = write!(text, "{number}");
        }
        Value::String(string) => text.push_str(&escape(string)),
        Value::Array(items) => items.iter().for_each(|item| element(text, "member", item)),
        Value::Object(members) => {
            for (name, member) in members.iter().filter(|(_, member)| !member.is_null()) {
                element(text, name, member);
            }
        }
    }
}

fn element(text: &mut String, name: &str, value: &Value) {
    let _infallible = write!(text, "<{name}>");
    write(text, value);
    let _infallible = write!(text, "</{name}>");
}

/// Text as XML content.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::members;
    use serde_json::json;

    #[test]
    fn lists_are_member_elements_and_text_is_escaped() {
        let value = json!({"Rules": [{"Priority": 1, "Name": "a<b"}], "Next": null, "On": true});
        assert_eq!(
            members(&value),
            "<Rules><member><Priority>1</Priority><Name>a&lt;b</Name></member></Rules>\
             <On>true</On>"
        );
    }
}
