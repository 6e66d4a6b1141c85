//! Log groups of CloudWatch Logs.

use super::cloud::AwsCloud;
use super::exchange::Exchange;
use crate::model::{CallError, CallErrorKind};

/// A log group that a container writes to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogGroup {
    /// Its name.
    pub name: String,
    /// Its region; the connection's own when nobody says one.
    pub region: Option<String>,
}

impl AwsCloud {
    /// CreateLogGroup; false when it was there already. The same made once or twice, so that a
    /// lost answer may be asked for again.
    ///
    /// # Errors
    /// The call failed.
    pub async fn create_log_group(&self, group: &LogGroup) -> Result<bool, CallError> {
        let exchange = Exchange::new();
        let client = self.logs(group.region.as_deref());
        let call = client.create_log_group().log_group_name(&group.name);
        let answer = call.customize().interceptor(exchange.clone()).send().await;
        match self.checked("logs:CreateLogGroup", &exchange, answer) {
            Ok(_) => Ok(true),
            Err(error) if is_there(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// DescribeLogGroups: whether a group of exactly this name exists.
    ///
    /// # Errors
    /// The call failed.
    pub async fn log_group_exists(&self, group: &LogGroup) -> Result<bool, CallError> {
        let mut next = None;
        loop {
            let exchange = Exchange::new();
            let client = self.logs(group.region.as_deref());
            let call = client.describe_log_groups().log_group_name_prefix(&group.name);
            let call = call.set_next_token(next).customize().interceptor(exchange.clone());
            let answer = self.checked("logs:DescribeLogGroups", &exchange, call.send().await)?;
            let mut names = answer.log_groups.unwrap_or_default().into_iter();
            if names.any(|one| one.log_group_name.as_ref() == Some(&group.name)) {
                return Ok(true);
            }
            next = answer.next_token;
            if next.is_none() {
                return Ok(false);
            }
        }
    }
}

fn is_there(error: &CallError) -> bool {
    let there = error.code.as_deref() == Some("ResourceAlreadyExistsException");
    there && error.kind != CallErrorKind::NoAnswer
}
