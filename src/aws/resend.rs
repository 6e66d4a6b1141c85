//! Which failed attempts may be made again.

use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{
    ClassifyRetry, RetryAction, RetryClassifierPriority, RetryReason,
};
use aws_smithy_types::retry::ErrorKind;
use std::error::Error;
use std::sync::atomic::{AtomicU32, Ordering};

/// Forbids the SDK to send a change again after its answer was lost: it may have been made,
/// and only a look tells. Throttles, clean refusals and requests that never left this machine
/// may be sent again. One for each call.
#[derive(Debug)]
pub(super) struct AfterLostAnswer {
    allowed: AtomicU32,
}

impl AfterLostAnswer {
    /// For changes that make another thing when they are made twice, or write over what somebody
    /// else made in between.
    pub(super) fn never() -> Self {
        Self { allowed: AtomicU32::new(0) }
    }

    /// For changes that are the same made once or twice (stop, delete, a create with a
    /// client token): twice more, so that the wait stays short.
    pub(super) fn twice() -> Self {
        Self { allowed: AtomicU32::new(2) }
    }

    fn use_one(&self) -> bool {
        let one_less = |left: u32| left.checked_sub(1);
        self.allowed.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_ok()
    }
}

impl ClassifyRetry for AfterLostAnswer {
    fn classify_retry(&self, _: &InterceptorContext) -> RetryAction {
        RetryAction::NoActionIndicated
    }

    fn classify_retry_v2(&self, ctx: &InterceptorContext, previous: &RetryAction) -> RetryAction {
        if !previous.should_retry() || is_throttle(previous) || !is_lost(ctx) || self.use_one() {
            RetryAction::NoActionIndicated
        } else {
            RetryAction::RetryForbidden
        }
    }

    fn name(&self) -> &'static str {
        "after a lost answer"
    }

    /// Last, because the last word counts.
    fn priority(&self) -> RetryClassifierPriority {
        let last = RetryClassifierPriority::transient_error_classifier();
        RetryClassifierPriority::run_after(RetryClassifierPriority::run_after(last))
    }
}

fn is_throttle(action: &RetryAction) -> bool {
    let RetryAction::RetryIndicated(RetryReason::RetryableError { kind, .. }) = action else {
        return false;
    };
    *kind == ErrorKind::ThrottlingError
}

/// True when the change may have been made although the attempt failed.
fn is_lost(ctx: &InterceptorContext) -> bool {
    let Some(Err(error)) = ctx.output_or_error() else { return false };
    if let Some(connector) = error.as_connector_error() {
        return !never_sent(connector);
    }
    if error.is_timeout_error() || error.is_response_error() {
        return true;
    }
    // A refusal is 4xx. A 5xx, and a proxy's words in its place, say nothing.
    ctx.response().is_none_or(|response| !(400..500).contains(&response.status().as_u16()))
}

/// True when no connection came about.
pub(super) fn never_sent(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        let connecting = error
            .downcast_ref::<hyper_util::client::legacy::Error>()
            .is_some_and(hyper_util::client::legacy::Error::is_connect);
        if connecting {
            return true;
        }
        next = error.source();
    }
    false
}
