//! Refusals of Elastic Load Balancing and their words.

use crate::cloud::brain::api_error::ApiError;

/// What was named is not there.
pub(super) fn not_found(what: &str) -> ApiError {
    let (code, words) = match what {
        "target group" => ("TargetGroupNotFound", "One or more target groups not found"),
        "load balancer" => ("LoadBalancerNotFound", "One or more load balancers not found"),
        "listener" => ("ListenerNotFound", "One or more listeners not found"),
        _ => ("RuleNotFound", "One or more rules not found"),
    };
    ApiError::client(code, words)
}

/// A member is wrong.
pub(super) fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::client("ValidationError", message)
}
