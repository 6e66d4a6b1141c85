//! Who calls, and when. Owns what an action may know of its caller.

use super::api_error::ApiError;
use super::principals;
use super::time::SimTime;

/// The caller of one action.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// The moment of the call.
    pub(crate) now: SimTime,
    /// ARN of the user or role session.
    pub(crate) principal: String,
    /// May tag what it creates.
    pub(crate) may_tag: bool,
    /// May pass roles to tasks.
    pub(crate) may_pass_role: bool,
}

impl Caller {
    /// Refuses tags at creation for a caller that may not tag.
    pub(crate) fn check_tags(&self, has_tags: bool) -> Result<(), ApiError> {
        if has_tags && !self.may_tag {
            return Err(principals::denied("ecs", "TagResource", &self.principal));
        }
        Ok(())
    }

    /// Refuses roles of tasks for a caller that may not pass them.
    pub(crate) fn check_roles(&self, has_roles: bool) -> Result<(), ApiError> {
        if has_roles && !self.may_pass_role {
            let words = format!(
                "User: {} is not authorized to perform: iam:PassRole because no identity-based \
                 policy allows the iam:PassRole action",
                self.principal
            );
            return Err(ApiError::client("AccessDeniedException", words));
        }
        Ok(())
    }
}
