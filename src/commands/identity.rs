//! `aws sts get-caller-identity`: whose rights the caller has, in the real command's words.

use super::{Caller, Console};
use crate::aws;
use crate::failure::{Exit, Failure};
use crate::model::{Event, Outcome, OutcomeKind};
use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Arguments of `aws sts get-caller-identity`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct IdentityArgs {
    /// json or text
    #[arg(long, value_name = "FORM", value_parser = ["json", "text"])]
    pub output: Option<String>,
    /// One field: Account, Arn or UserId
    #[arg(long, value_name = "FIELD", value_parser = ["Account", "Arn", "UserId"])]
    pub query: Option<String>,
    /// The AWS region
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
}

/// The region that is asked where nobody names one: the answer is the same everywhere.
const ANY_REGION: &str = "us-east-1";

pub(super) async fn execute(
    args: &IdentityArgs,
    caller: &Caller,
    console: Console<'_>,
) -> Result<Outcome, Failure> {
    let said = ["AWS_REGION", "AWS_DEFAULT_REGION"].iter().any(|n| caller.variable(n).is_some());
    let region = args.region.clone().or_else(|| (!said).then(|| ANY_REGION.to_owned()));
    let cloud = aws::connect(&caller.aws(region, None)?).await?;
    let identity = tokio::select! {
        identity = cloud.caller_identity() => identity?,
        () = console.cancel.reached(1) => {
            return Err(Failure::new(Exit::Cancelled, "cancelled"));
        }
    };
    let whole = json!({
        "UserId": identity.user_id,
        "Account": identity.account,
        "Arn": identity.arn,
    });
    console.reporter.emit(Event::Output { text: shown(args, &whole) });
    Ok(Outcome::new(OutcomeKind::Succeeded))
}

/// As the AWS command line prints it: JSON with four spaces, or words parted by tabs.
fn shown(args: &IdentityArgs, whole: &Value) -> String {
    let text = args.output.as_deref() == Some("text");
    let word = |name: &str| whole[name].as_str().unwrap_or_default().to_owned();
    match (args.query.as_deref(), text) {
        (Some(field), true) => word(field),
        (Some(field), false) => whole[field].to_string(),
        (None, true) => ["Account", "Arn", "UserId"].map(word).join("\t"),
        (None, false) => {
            let fields = ["UserId", "Account", "Arn"];
            let lines = fields.map(|name| format!("    \"{name}\": {}", whole[name]));
            format!("{{\n{}\n}}", lines.join(",\n"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: Option<&str>, output: Option<&str>) -> String {
        let whole = json!({"UserId": "U", "Account": "1", "Arn": "arn:x"});
        let owned = |text: Option<&str>| text.map(str::to_owned);
        shown(&IdentityArgs { output: owned(output), query: owned(query), region: None }, &whole)
    }

    #[test]
    fn the_answer_looks_as_the_real_command_prints_it() {
        let json = "{\n    \"UserId\": \"U\",\n    \"Account\": \"1\",\n    \"Arn\": \"arn:x\"\n}";
        assert_eq!(read(None, None), json);
        assert_eq!(read(None, Some("text")), "1\tarn:x\tU");
        assert_eq!(read(Some("Account"), Some("text")), "1");
        assert_eq!(read(Some("Arn"), None), "\"arn:x\"");
    }
}
